"""W2: kill -9 before, during and after deliveries. Nothing that ended goes untold; the ids stay the same."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from tests.receiver import Received, Receiver, receiving
from tests.system.test_server import Server

pytestmark = [pytest.mark.system, pytest.mark.slow]


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
