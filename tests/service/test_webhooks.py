"""Webhooks over the whole service: asked for, signed, delivered, listed, resent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from tests.loopback import listening
from tests.receiver import Receiver, receiving
from tests.service.house import BASE, O1, House, open_house

import omnireel
from omnireel.api.task_answer import poll_body
from omnireel.clock import Clock, ManualClock, SystemClock
from omnireel.media.post import post, post_policy
from omnireel.models import Failed, TaskStatus
from omnireel.signatures import new_secret
from omnireel.tasks.courier import Courier
from omnireel.tasks.delivery import AttemptFault, Result

LOCAL = post_policy(allow_private=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def local(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house for local work, on each database."""
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_house(tmp_path, webhook_policy=LOCAL, database_url=url) as house:
        yield house


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@contextmanager
def delivering(house: House, clock: Clock | None = None) -> Iterator[None]:
    """A courier at work."""
    courier = Courier(
        house.deliveries,
        house.secrets,
        render=lambda team, task_id: poll_body(
            house.store.get(team, task_id),
            lambda key: house.blobs.sign(key, house.values.link_lifetime),
        ),
        post=partial(post, policy=LOCAL),
        clock=clock or SystemClock(),
        look=0.05,
        drain=0.0,
    )
    stop = Event()
    thread = Thread(target=courier.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def submit(house: House, url: str) -> str:
    answer = house.client().post(O1, json={"prompt": "a cat"}, headers={"X-Webhook-URL": url})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["task_id"])


def fail_one(house: House, url: str) -> str:
    task_id = submit(house, url)
    assert house.store.finish(house.claim(), Failed("engine_failed", "no"))
    return task_id


def listed(house: House, query: str = "") -> list[dict[str, Any]]:
    answer = house.client().get(f"/api/v1/webhooks/deliveries{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"]["items"])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def secret_of(house: House) -> str:
    return str(house.client().get("/api/v1/webhooks/secret").json()["data"]["secret"])


def test_the_body_is_the_polls_answer_byte_for_byte(tmp_path: Path, receiver: Receiver) -> None:
    clock = ManualClock()
    with open_house(tmp_path, webhook_policy=LOCAL, clock=clock) as house, delivering(house, clock):
        task_id = submit(house, receiver.url)
        house.succeed(house.claim(), b"a video", tmp_path)
        (came,) = receiver.wait(1)
        poll = house.client().get(f"/api/v1/tasks/{task_id}")
    assert came.body == poll.content
    assert b"signature=" in came.body
    assert came.headers["content-type"] == poll.headers["content-type"]
    assert came.headers["x-modellix-event"] == "prediction.task.succeeded"
    assert came.headers["x-modellix-task-id"] == task_id
    assert came.headers["x-modellix-retry-count"] == "0"
    assert came.headers["x-modellix-delivery-id"] == came.headers["webhook-id"]


def test_a_webhook_is_signed_delivered_and_logged(local: House, receiver: Receiver) -> None:
    secret = secret_of(local)
    task_id = fail_one(local, receiver.url)
    (waiting,) = listed(local)
    assert (waiting["status"], waiting["attempts"]) == ("pending", [])
    with delivering(local):
        (came,) = receiver.wait(1)
        until(lambda: listed(local)[0]["status"] == "delivered")
    assert Webhook(secret).verify(came.body, dict(came.headers))["data"]["status"] == "failed"
    event = omnireel.webhooks.unwrap(came.body, came.headers, secret)
    assert (event.type, event.task.task_id) == ("prediction.task.failed", task_id)
    assert event.task.status is TaskStatus.FAILED
    (delivery,) = listed(local, f"?task_id={task_id}")
    assert delivery.keys() == {
        "delivery_id", "task_id", "event", "url", "status", "created_at", "attempts",
    }  # fmt: skip
    assert (delivery["delivery_id"], delivery["url"]) == (event.delivery_id, receiver.url)
    (attempt,) = delivery["attempts"]
    assert attempt.keys() == {"number", "at", "status_code", "latency_ms"}
    assert listed(local, "?task_id=task-t2v-other") == []


def test_after_a_rotation_either_secret_verifies(local: House, receiver: Receiver) -> None:
    old = secret_of(local)
    rotated = local.client().post("/api/v1/webhooks/secret/rotate").json()["data"]
    assert rotated["secret"] == secret_of(local) != old
    assert "previous_until" in rotated
    fail_one(local, receiver.url)
    with delivering(local):
        (came,) = receiver.wait(1)
    for secret in (old, rotated["secret"]):
        Webhook(secret).verify(came.body, dict(came.headers))
    other = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(came.body, dict(came.headers))


def test_the_old_secret_stops_signing_after_a_day(tmp_path: Path) -> None:
    clock = ManualClock()
    with open_house(tmp_path, clock=clock) as house:
        old = house.secrets.current("default")
        new = house.secrets.rotate("default")
        assert house.secrets.signing("default") == (new.secret, old.secret)
        assert house.secrets.signing("other") == (house.secrets.current("other").secret,)
        clock.advance(seconds=24 * 3600)
        assert house.secrets.signing("default") == (new.secret,)
        assert house.secrets.current("default").previous_until is None


def test_secrets_that_retired_are_forgotten(tmp_path: Path) -> None:
    clock = ManualClock()
    with open_house(tmp_path, clock=clock) as house:
        for _ in range(20):
            newest = house.secrets.rotate("default")
            clock.advance(seconds=24 * 3600)
        assert house.secrets.signing("default") == (newest.secret,)
        again = house.secrets.rotate("default")
        assert house.secrets.signing("default") == (again.secret, newest.secret)


def test_secrets_cannot_be_piled_up(house: House) -> None:
    statuses = [house.client().post("/api/v1/webhooks/secret/rotate").status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 400, 400]


def test_a_failed_delivery_is_tried_again_with_the_same_id_and_bytes(
    local: House, receiver: Receiver
) -> None:
    receiver.say = lambda _: (503, {"Retry-After": "100000"})
    fail_one(local, receiver.url)
    with delivering(local):
        receiver.wait(1)
        until(lambda: "next_attempt_at" in listed(local)[0])
        (delivery,) = listed(local)
        assert delivery["attempts"][0]["error"] == "server_error"
        receiver.say = lambda _: (200, {})
        answer = local.client().post(f"/api/v1/webhooks/deliveries/{delivery['delivery_id']}/resend")
        assert answer.json()["data"]["status"] == "pending"
        first, second = receiver.wait(2)
        until(lambda: listed(local)[0]["status"] == "delivered")
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.headers["x-modellix-retry-count"] == "1"


def test_a_receiver_that_hangs_keeps_nobody_waiting(local: House, receiver: Receiver) -> None:
    with listening(lambda path, connection: time.sleep(30)) as hanging:
        dead = f"http://127.0.0.1:{hanging.port}/"
        for number in range(60):
            fail_one(local, dead if number < 10 else receiver.url)
        with delivering(local):
            receiver.wait(50, seconds=10)
            assert 1 <= hanging.hits <= 2


def test_an_address_that_is_gone_is_sent_nothing_more(local: House, receiver: Receiver) -> None:
    receiver.say = lambda _: (410, {})
    fail_one(local, receiver.url)
    with delivering(local):
        until(lambda: listed(local)[0]["status"] == "disabled")
        fail_one(local, receiver.url)
        assert [delivery["status"] for delivery in listed(local)] == ["disabled", "disabled"]
    assert len(receiver.received) == 1


def test_a_task_that_was_deleted_before_the_first_attempt_is_not_told(
    local: House, receiver: Receiver
) -> None:
    fail_one(local, receiver.url)
    with delivering_nothing(local):
        until(lambda: listed(local)[0]["status"] == "rejected")
    assert listed(local)[0]["attempts"][0]["error"] == "task_gone"


@contextmanager
def delivering_nothing(house: House) -> Iterator[None]:
    """A courier of another team's eyes: it finds none of the tasks."""
    courier = Courier(
        house.deliveries,
        house.secrets,
        render=lambda team, task_id: poll_body(house.store.get("nobody", task_id), str),
        post=partial(post, policy=LOCAL),
        clock=SystemClock(),
        look=0.05,
    )
    stop = Event()
    thread = Thread(target=courier.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("", "must start with"),
        ("http://hooks.example/", "must start with https://"),
        ("https://127.0.0.1/", "public internet"),
        ("https://hooks.example:22/", "port must be one of"),
        ("https://me:secret@hooks.example/", "no user or password"),
        ("https://h\u00fcks.example/", "must be ASCII"),
    ],
)
def test_a_bad_address_is_refused_at_submit(house: House, url: str, detail: str) -> None:
    header: Mapping[bytes, bytes] = {b"X-Webhook-URL": url.encode("latin-1")}
    answer = house.client().post(O1, json={"prompt": "a cat"}, headers=header)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid parameters: header 'X-Webhook-URL' ")
    assert detail in answer.json()["message"]
    assert "secret" not in answer.text
    assert house.store.waiting() == 0


def test_two_addresses_are_refused(house: House) -> None:
    headers = [("X-Webhook-URL", "https://a.example/"), ("X-Webhook-URL", "https://b.example/")]
    answer = house.client().post(O1, json={"prompt": "a cat"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_pages_and_strangers(house: House) -> None:
    for _ in range(3):
        fail_one(house, "https://hooks.example/")
    page = house.client().get("/api/v1/webhooks/deliveries?limit=2").json()["data"]
    assert (len(page["items"]), page["has_more"]) == (2, True)
    rest = listed(house, f"?cursor={page['next_cursor']}")
    assert len(rest) == 1
    shown = house.client().get(f"/api/v1/webhooks/deliveries/{rest[0]['delivery_id']}")
    assert shown.json()["data"] == rest[0]
    other = house.client(house.keys.create("k", team="other").secret)
    assert other.get("/api/v1/webhooks/deliveries").json()["data"]["items"] == []
    assert other.get(f"/api/v1/webhooks/deliveries/{rest[0]['delivery_id']}").status_code == 404
    resent = other.post(f"/api/v1/webhooks/deliveries/{rest[0]['delivery_id']}/resend")
    assert (resent.status_code, resent.json()["message"]) == (
        404, "Resource not found: no such webhook delivery",
    )  # fmt: skip
    assert other.get("/api/v1/webhooks/secret").json() != house.client().get("/api/v1/webhooks/secret").json()


def test_the_sdk_asks_lists_resends_and_rotates(house: House) -> None:
    with omnireel.Client(BASE, house.key, http=house.stranger()) as sdk:
        task = sdk.videos.create("a cat", webhook_url="https://hooks.example/")
        assert house.store.finish(house.claim(), Failed("engine_failed", "no"))
        page = sdk.webhooks.deliveries(task_id=task.task_id)
        (delivery,) = page.deliveries
        assert (delivery.status, delivery.url, page.next_cursor) == (
            "pending",
            "https://hooks.example/",
            None,
        )
        due = house.deliveries.claim()
        assert due is not None
        house.deliveries.settle(due, Result(AttemptFault.REJECTED, 0.2, 404))
        resent = sdk.webhooks.resend(delivery.delivery_id)
        (attempt,) = resent.attempts
        assert (attempt.number, attempt.status_code, attempt.error) == (1, 404, "rejected")
        assert (resent.status, attempt.latency_ms) == ("pending", 200)
        old = sdk.webhooks.secret()
        assert old == secret_of(house)
        assert sdk.webhooks.rotate_secret() != old
        with pytest.raises(omnireel.NotFoundError):
            sdk.webhooks.resend("msg_unknown")
        for url in ("http://hooks.example/", "https://h\u00fcks.example/", "https://x\r\nX: y"):
            with pytest.raises(omnireel.InvalidRequestError):
                sdk.videos.create("a cat", webhook_url=url)


def test_the_header_is_published(house: House) -> None:
    parameters = house.app.openapi()["paths"][O1]["post"]["parameters"]
    assert "X-Webhook-URL" in [parameter["name"] for parameter in parameters]
