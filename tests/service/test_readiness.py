"""`/readyz`: which part lacks what."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import pytest
from sqlalchemy import text
from tests.service.house import open_house

from omnireel.api.checks import PROBE, current_schema, free_disk, live_worker, storable, writable
from omnireel.clock import ManualClock, SystemClock
from omnireel.errors import NotFound, Unavailable
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.database import open_database, writing
from omnireel.tasks.workers import Workers

LATELY = timedelta(seconds=30)


def test_every_check_is_shown_with_its_reason_also_when_others_fail(tmp_path: Path) -> None:
    database = open_database(tmp_path / "watched.db")
    clock = ManualClock()
    workers = Workers(database, clock=clock)
    workers.report("a", 2)
    blobs = LocalBlobs(tmp_path / "watched", base_url="http://x", secret=b"s", clock=SystemClock())
    checks = {
        "database": writable(database),
        "schema": current_schema(database),
        "storage": storable(blobs),
        "disk": free_disk(tmp_path, 1),
        "worker": live_worker(workers, LATELY),
    }
    with open_house(tmp_path, checks=checks) as house:
        ready = house.stranger().get("/readyz")
        clock.advance(seconds=31)
        with writing(database) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        unready = house.stranger().get("/readyz")
        house.draining.set()
        draining = house.stranger().get("/readyz").json()["data"]["checks"]
        document = house.app.openapi()

    assert ready.status_code == 200
    assert {name: check["ok"] for name, check in ready.json()["data"]["checks"].items()} == dict.fromkeys(
        ("serving", *checks), True
    )
    assert (unready.status_code, unready.json()["code"]) == (503, 503)
    assert unready.json()["message"].startswith("Service unavailable: the database has schema 9999")
    shown = unready.json()["data"]["checks"]
    assert [name for name, check in shown.items() if not check["ok"]] == ["schema", "worker"]
    assert shown["worker"]["reason"] == "no worker has reported for 30 seconds"
    assert shown["disk"]["reason"].endswith(" bytes free")
    assert int(unready.headers["Retry-After"]) == 10
    assert draining["serving"] == {"ok": False, "reason": "the server is stopping"}
    for answer in (ready, unready):
        content = document["paths"]["/readyz"]["get"]["responses"][str(answer.status_code)]["content"]
        schema = {**content["application/json"]["schema"], "components": document["components"]}
        jsonschema_rs.validate(schema, answer.json())
    database.dispose()


def test_a_balancer_leaves_out_the_check_for_workers(tmp_path: Path) -> None:
    def nobody() -> str:
        raise Unavailable("no worker has reported")

    with open_house(tmp_path, checks={"database": lambda: "writable", "worker": nobody}) as house:
        whole, part = (house.stranger().get(path) for path in ("/readyz", "/readyz?exclude=worker"))
        unknown = house.stranger().get("/readyz?exclude=worker&exclude=wroker")

    assert (whole.status_code, part.status_code) == (503, 200)
    assert list(part.json()["data"]["checks"]) == ["serving", "database"]
    assert (unknown.status_code, unknown.json()["message"]) == (
        400,
        "Invalid parameters: there is no check 'wroker' to exclude; there are database, worker",
    )


def test_a_server_that_is_leaving_takes_requests_but_keeps_no_connection(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        before = house.client().get("/api/v1/tasks")
        house.leaving.set()
        ready, task_id = house.stranger().get("/readyz"), house.submit()
        after = house.client().get(f"/api/v1/tasks/{task_id}")

    assert "Connection" not in before.headers
    assert (ready.status_code, after.status_code) == (503, 200)
    assert after.headers["Connection"] == "close"


def test_storage_that_takes_nothing_is_not_ready_and_is_not_tried_at_every_look(tmp_path: Path) -> None:
    now = [0.0]
    root = tmp_path / "blobs"
    blobs = LocalBlobs(root, base_url="http://x", secret=b"s", clock=SystemClock())
    check = storable(blobs, clock=lambda: now[0])
    assert check() == "writable"
    (root / ".incoming").rmdir()
    assert check() == "writable"
    now[0] += 15
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"^files cannot be stored \(FileNotFoundError\)$"):
            check()
    (root / ".incoming").mkdir()
    now[0] += 15
    assert check() == "writable"
    with pytest.raises(NotFound):
        blobs.path(PROBE)


def test_a_worker_of_ones_own_says_why_it_does_not_work_yet(tmp_path: Path) -> None:
    database = open_database(tmp_path / "omnireel.db")
    workers = Workers(database)

    def preparing() -> str:
        raise Unavailable("preparing the engine")

    with_own = live_worker(workers, LATELY, preparing)
    with pytest.raises(Unavailable, match=r"^preparing the engine$"):
        with_own()
    workers.report("somebody else", 1)
    assert with_own() == "1 live, 1 tasks at once"
    database.dispose()
