from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update
from structlog.testing import capture_logs

from omnireel.clock import ManualClock
from omnireel.errors import InvalidRequest, NotFound, Unavailable
from omnireel.models import MediaKind, MediaRef, TaskStatus, VideoRequest
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.balances import Balances
from omnireel.tasks.database import writing
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.service import Admission, TaskService
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.tables import team
from omnireel.testing.fake_engine import FakeEngine

IMAGE = MediaRef(MediaKind.IMAGE, "blob:inputs/a.png")
VIDEO = MediaRef(MediaKind.VIDEO, "https://example.com/a.mp4")


class FullDisk:
    """Bytes left on a disk that a test may fill."""

    def __init__(self) -> None:
        self.free = 10**12

    def __call__(self) -> int:
        return self.free


@pytest.fixture
def disk() -> FullDisk:
    return FullDisk()


@pytest.fixture
def store(engine: Engine, clock: ManualClock) -> SqlTaskStore:
    return SqlTaskStore(engine, clock=clock)


@pytest.fixture
def service(
    engine: Engine, store: SqlTaskStore, disk: FullDisk, clock: ManualClock, tmp_path: Path
) -> TaskService:
    return TaskService(
        store,
        {"fake": FakeEngine(), "other": FakeEngine()},
        LocalBlobs(tmp_path / "blobs", base_url="http://x", secret=b"s", clock=clock),
        default="fake",
        balance_of=Balances(engine).of,
        free_disk=disk,
        admission=Admission(max_queued=3, min_free_disk=1000),
    )


def a_request(prompt: str = "a pond", **more: Any) -> VideoRequest:
    return VideoRequest("kling/kling-video-o1", prompt, **more)


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (a_request(), "t2v"),
        (a_request(images=(IMAGE,)), "i2v"),
        (a_request(images=(IMAGE,), videos=(VIDEO,), duration=None), "v2v"),
    ],
)
def test_a_task_id_says_its_kind_and_cannot_be_guessed(
    service: TaskService, request_: VideoRequest, kind: str
) -> None:
    first, second = (service.submit("team", request_, request_id="r") for _ in range(2))
    assert re.fullmatch(rf"task-{kind}-[0-9A-Za-z]{{22}}", first.task_id)
    assert first.task_id != second.task_id


def test_a_submitted_task_is_pending_and_its_owners_alone(service: TaskService) -> None:
    task = service.submit("team", a_request(), request_id="req-9")
    assert (task.status, task.request_id, task.queue_position) == (TaskStatus.PENDING, "req-9", None)
    waiting = replace(task, queue_position=1)
    assert service.get("team", task.task_id) == waiting
    assert waiting.status is TaskStatus.PENDING
    assert service.list("team").tasks == (waiting,)
    assert service.list("other").tasks == ()
    for ask in (service.get, service.cancel):
        with pytest.raises(NotFound):
            ask("other", task.task_id)
    assert service.cancel("team", task.task_id).status is TaskStatus.CANCELED


def test_every_attempt_gets_the_seed_that_was_asked_for(service: TaskService, store: SqlTaskStore) -> None:
    service.submit("team", a_request(seed=0), request_id="r")
    for _ in range(3):
        claim = store.claim("worker")
        assert claim is not None
        assert claim.seed == 0
        store.release(claim)


def test_tasks_without_a_seed_draw_their_own(service: TaskService, store: SqlTaskStore) -> None:
    for _ in range(3):
        service.submit("team", a_request(), request_id="r")
    claims = [store.claim("worker") for _ in range(3)]
    assert len({claim.seed for claim in claims if claim is not None}) == 3


def test_an_engine_that_refuses_queues_nothing(service: TaskService, store: SqlTaskStore) -> None:
    with pytest.raises(InvalidRequest, match="told to refuse"):
        service.submit("team", a_request("fake:refuse"), request_id="r")
    assert store.waiting() == 0


def test_an_unknown_engine_is_refused_with_those_there_are(service: TaskService) -> None:
    with pytest.raises(InvalidRequest, match="must be one of fake, other"):
        service.submit("team", a_request(engine="nothing"), request_id="r")


def test_a_full_queue_says_when_to_come_back(service: TaskService, store: SqlTaskStore) -> None:
    for _ in range(3):
        service.submit("team", a_request(), request_id="r")
    with pytest.raises(Unavailable, match="queue is full") as refused:
        service.submit("team", a_request(), request_id="r")
    assert refused.value.retry_after > 0
    store.claim("worker")
    service.submit("team", a_request(), request_id="r")


def test_a_full_disk_says_when_to_come_back(service: TaskService, disk: FullDisk) -> None:
    disk.free = 999
    with pytest.raises(Unavailable, match="disk is almost full"):
        service.submit("team", a_request(), request_id="r")
    disk.free = 1000
    service.submit("team", a_request(), request_id="r")


def test_the_balance_is_what_is_stored_and_tasks_cost_nothing(service: TaskService, engine: Engine) -> None:
    assert service.balance("nobody") == Decimal(0)
    KeyStore(engine).create("key", "team")
    with writing(engine) as connection:
        connection.execute(update(team).values(balance=Decimal("12.3456")))
    task = service.submit("team", a_request(), request_id="r")
    assert service.balance("team") == Decimal("12.3456")
    assert task.charged == "0.0000"


def test_the_log_names_the_task_and_not_the_prompt(service: TaskService) -> None:
    with capture_logs() as lines:
        task = service.submit("team", a_request("a secret plan"), request_id="req-7")
    assert [(line["event"], line["task"], line["request_id"]) for line in lines] == [
        ("task submitted", task.task_id, "req-7")
    ]
    assert "secret plan" not in str(lines)
