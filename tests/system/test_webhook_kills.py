"""W2: kill -9 before, during and after deliveries. Nothing that ended goes untold; the ids stay the same."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from tests.receiver import Received, Receiver, receiving
from tests.system.test_server import Server

from omnireel.models import Failed
from omnireel.tasks.database import open_database
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.delivery import Delivery, DeliveryStatus
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask
from omnireel.testing.task_store import a_request

pytestmark = [pytest.mark.system, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
EVENTS_A_KILL = 8


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path: Path, database_place: str) -> Iterator[Server]:
    running = LocalServer(tmp_path / "data", database_place)
    yield running
    running.close()


class LocalServer(Server):
    """A server on a database, which may send to loopback addresses."""

    def __init__(self, folder: Path, place: str) -> None:
        super().__init__(folder)
        self._place = {"OMNIREEL_DATABASE": place} if place.startswith("postgresql") else {}

    def start(self, *flags: str, **more: str) -> None:
        super().start("--allow-private-network", *flags, **more, **self._place)


def submit(server: Server, url: str) -> str:
    headers = {"Authorization": f"Bearer {server.key}", "X-Webhook-URL": url}
    path = "/api/v1/kling/kling-video-o1"
    answer = server.http.post(server.origin + path, headers=headers, json={"prompt": "a fox fake:frames=2"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["task_id"])


def secret_of(server: Server) -> str:
    return str(server.call("GET", "/api/v1/webhooks/secret").json()["data"]["secret"])


def test_a_server_killed_in_the_middle_of_a_delivery_delivers_again_under_the_same_id(
    server: Server, receiver: Receiver
) -> None:
    def kill(_: Received) -> tuple[int, Mapping[str, str]]:
        if len(receiver.received) == 1:
            server.kill()
        return 200, {}

    receiver.say = kill
    server.start()
    secret = secret_of(server)
    task_id = submit(server, receiver.url)
    receiver.wait(1)
    time.sleep(0.2)
    server.start()
    first, second = receiver.wait(2)

    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    assert (first.headers["x-modellix-retry-count"], second.headers["x-modellix-retry-count"]) == ("0", "1")
    assert Webhook(secret).verify(second.body, dict(second.headers))["data"]["task_id"] == task_id


def test_a_server_killed_between_the_outcome_and_its_delivery_delivers_later(
    server: Server, receiver: Receiver
) -> None:
    server.start(OMNIREEL_CRASH_POINT="before_delivery")
    task_id = submit(server, receiver.url)
    assert server.wait() == -9
    assert receiver.received == []

    server.start()
    (came,) = receiver.wait(1)
    assert server.task(task_id)["status"] == "success"
    assert came.headers["x-modellix-task-id"] == task_id
    assert came.headers["x-modellix-event"] == "prediction.task.succeeded"


@pytest.mark.parametrize(
    "kills", [8, pytest.param(500, marks=[pytest.mark.endurance, pytest.mark.timeout(7200)])]
)
def test_couriers_killed_at_random_lose_nothing(database_place: str, receiver: Receiver, kills: int) -> None:
    engine = open_database(database_place)
    store, deliveries = SqlTaskStore(engine), Deliveries(engine)
    receiver.say = _slowly
    events = EVENTS_A_KILL * kills
    for number in range(events):
        store.add(NewTask(f"t{number}", "team", a_request(), "fake", 7, webhook_url=receiver.url))
        claim = store.claim("worker")
        assert claim is not None
        assert store.finish(claim, Failed("engine_failed", "no"))
    chance = random.Random(5)
    for _ in range(kills):
        with _postman(database_place) as victim:
            time.sleep(chance.uniform(0.0, 0.5))
            victim.kill()
    with _postman(database_place) as last:
        deadline = time.monotonic() + max(60, events // 10)
        while {delivery.status for delivery in told_of(deliveries)} != {DeliveryStatus.DELIVERED}:
            assert time.monotonic() < deadline, told_of(deliveries)
            time.sleep(0.1)
        last.kill()
    expected = {delivery.delivery_id for delivery in told_of(deliveries)}
    engine.dispose()

    bodies = defaultdict(set)
    for came in receiver.received:
        bodies[came.headers["webhook-id"]].add((came.headers["x-modellix-task-id"], came.body))
    assert bodies.keys() == expected
    assert all(len(told) == 1 for told in bodies.values())
    assert len({task_id for told in bodies.values() for task_id, _ in told}) == events


def told_of(deliveries: Deliveries) -> tuple[Delivery, ...]:
    page = deliveries.list("team", limit=100)
    told = page.deliveries
    while page.next_cursor is not None:
        page = deliveries.list("team", limit=100, cursor=page.next_cursor)
        told += page.deliveries
    return told


def _slowly(_: Received) -> tuple[int, Mapping[str, str]]:
    time.sleep(0.03)
    return 200, {}


def _postman(place: str) -> subprocess.Popen[str]:
    postman = subprocess.Popen(
        [sys.executable, "-m", "tests.system.postman", place],
        cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert postman.stdout is not None
    assert postman.stdout.readline() == "ready\n"
    return postman
