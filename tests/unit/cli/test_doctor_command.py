"""What `omnireel doctor` finds out about a key, a server and the machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests.unit.cli.inside import Inside
from tests.unit.client.loopback import Answer, Loopback, Seen, enveloped, refused

from omnireel.cli.checkup_client import clock_findings

MODELS = json.dumps({"code": 0, "models": [{"slug": "kling/kling-video-o1"}]}).encode()


EVERYWHERE = "0.0.0.0"  # noqa: S104 - looked at, never listened on


def healthy() -> dict[str, Answer]:
    return {
        "/readyz": enveloped({"status": "ready", "checks": {"disk": {"ok": True}}}),
        "/api/v1/models": Answer(200, MODELS),
        "/api/v1/team/balance": enveloped({"balance": 12.5}),
    }


def play(server: Loopback, answers: dict[str, Answer]) -> None:
    def answer(seen: Seen) -> Answer:
        return answers.get(seen.path.partition("?")[0], refused(404, "Resource not found: nothing here"))

    server.script = [answer]


def findings(inside: Inside, *words: str, **environment: str) -> dict[str, tuple[str, str]]:
    found = json.loads(inside("doctor", "--json", *words, **environment).out)
    return {finding["check"]: (finding["state"], finding["detail"]) for finding in found}


def test_a_server_that_is_well_is_told_with_its_models_and_the_balance(
    inside: Inside, server: Loopback
) -> None:
    play(server, healthy())

    found = findings(inside)

    assert found["server"] == (
        "ok",
        f"{server.base_url} (OMNIREEL_BASE_URL) answers; models: kling/kling-video-o1",
    )
    assert found["key"][0] == "ok"
    assert found["key"][1].endswith("(OMNIREEL_API_KEY); the server takes it")
    assert found["balance"] == ("ok", "12.5000 USD")
    assert found["ready"] == ("ok", "disk")
    assert "clock" not in found


def test_a_key_the_server_refuses_is_bad(inside: Inside, server: Loopback) -> None:
    play(server, healthy() | {"/api/v1/models": refused(401, "Authentication failed: the key is revoked")})

    assert findings(inside)["key"][0] == "bad"
    assert inside("doctor").code == 1


def test_what_the_server_lacks_is_bad(inside: Inside, server: Loopback) -> None:
    checks = {"disk": {"ok": False, "reason": "the disk is full"}, "database": {"ok": True, "reason": ""}}
    body = json.dumps({"code": 503, "message": "Service unavailable", "data": {"checks": checks}})
    play(server, healthy() | {"/readyz": Answer(503, body.encode())})

    assert findings(inside)["ready"] == ("bad", "disk: the disk is full")


def test_another_services_server_is_no_fault(inside: Inside, server: Loopback) -> None:
    play(server, {"/api/v1/models": Answer(200, MODELS)})

    found = findings(inside)

    assert found["server"][0] == "ok"
    assert {"ready", "balance"} & set(found) == set()


@pytest.mark.parametrize(("hours", "words"), [(-1, "3600 s behind ours"), (1, "3600 s ahead of ours")])
def test_clocks_that_differ_are_pointed_out(hours: int, words: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    date = format_datetime(now + timedelta(hours=hours), usegmt=True)

    (found,) = clock_findings(date, now.timestamp())

    assert (found.state, words in found.detail) == ("note", True)


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 01 Mar 2026 00:00:30 GMT"])
def test_clocks_that_agree_or_are_not_told_are_not_mentioned(date: str) -> None:
    assert list(clock_findings(date, datetime(2026, 3, 1, tzinfo=UTC).timestamp())) == []


def test_a_missing_key_says_how_to_get_one(nowhere: Inside, server: Loopback) -> None:
    play(server, healthy())

    state, detail = findings(nowhere, "--base-url", server.base_url)["key"]

    assert state == "note"
    assert "omnireel auth login" in detail


def test_looking_makes_nothing(nowhere: Inside) -> None:
    nowhere("doctor")

    assert list(nowhere.folder.iterdir()) == []
    assert list(nowhere.home.iterdir()) == []


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_settings_that_will_disappoint_are_pointed_out(nowhere: Inside, taken_port: int) -> None:
    (nowhere.folder / "omnireel-data").mkdir(mode=0o755)

    found = findings(
        nowhere, OMNIREEL_HOST=EVERYWHERE, OMNIREEL_PORT=str(taken_port), OMNIREEL_PROT="1",
        OMNIREEL_WORKERS="200",
    )  # fmt: skip

    assert found["links"] == ("note", "links in answers would begin with http://0.0.0.0; set public_url")
    assert "is in use" in found["port"][1]
    assert found["settings"] == ("note", "OMNIREEL_PROT is set, and there is no such setting")
    assert found["machine"][0] == "note"
    assert found["privacy"][0] == "note"


def test_a_database_of_another_version_is_bad(nowhere: Inside) -> None:
    (nowhere.folder / "omnireel-data").mkdir()
    (nowhere.folder / "omnireel-data" / "omnireel.db").touch()

    state, detail = findings(nowhere)["database"]

    assert state == "bad"
    assert "omnireel db status" in detail
