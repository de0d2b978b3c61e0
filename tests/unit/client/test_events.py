"""A task's news over a real socket, from servers that stream, stumble, or cannot stream."""

from __future__ import annotations

import json
import time

import pytest
from tests.unit.client.loopback import HANG_UP, KEY, Answer, Loopback, enveloped, receipt, refused

from omnireel import AuthenticationError, Client, NotFoundError, ServerError, Timeout
from omnireel.client import _events

STREAM = {"Content-Type": "text/event-stream; charset=utf-8"}
TASK = "task-t2v-abc"


def event(kind: str, name: str, **facts: object) -> bytes:
    data = json.dumps({**receipt(), "status": "processing", **facts})
    return f"id: {name}\nevent: {kind}\ndata: {data}\n\n".encode()


FIRST = event("status", "1", progress=0.0)
SECOND = event("progress", "2", progress=0.5)
LAST = event("terminal", "3", status="success")


def test_events_come_one_by_one_and_end_with_the_task(server: Loopback, client: Client) -> None:
    server.script = [Answer(200, b": hello\n\n" + FIRST + SECOND + LAST, STREAM)]

    events = list(client.tasks.events(TASK))

    assert [(found.type, found.event_id) for found in events] == [
        ("status", "1"),
        ("progress", "2"),
        ("terminal", "3"),
    ]
    assert events[1].task.progress == 0.5
    (seen,) = server.seen
    assert (seen.path, seen.headers["accept"]) == (f"/api/v1/tasks/{TASK}/events", "text/event-stream")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert "last-event-id" not in seen.headers


@pytest.mark.parametrize(
    "fault",
    [
        Answer(200, FIRST + SECOND, STREAM),
        Answer(200, FIRST + SECOND + LAST, STREAM, cut=len(FIRST + SECOND) + 20),
    ],
)
def test_a_stream_that_is_cut_is_taken_up_where_it_was(
    server: Loopback, client: Client, fault: Answer
) -> None:
    server.script = [fault, HANG_UP, refused(503, "Service unavailable: x"), Answer(200, LAST, STREAM)]

    events = list(client.tasks.events(TASK))

    assert [found.event_id for found in events] == ["1", "2", "3"]
    assert [seen.headers.get("last-event-id") for seen in server.seen] == [None, "2", "2", "2"]


def test_another_iterator_goes_on_after_the_last_event_of_the_first(server: Loopback, client: Client) -> None:
    server.script = [Answer(200, FIRST + SECOND, STREAM), Answer(200, LAST, STREAM)]
    with client.tasks.events(TASK) as events:
        next(events)
        left_at = events.last_event_id

    (last,) = client.tasks.events(TASK, last_event_id=left_at)

    assert left_at == "1"
    assert server.seen[-1].headers["last-event-id"] == "1"
    assert last.type == "terminal"


def test_nothing_more_to_tell_is_the_end(server: Loopback, client: Client) -> None:
    server.script = [Answer(204)]

    assert list(client.tasks.events(TASK, last_event_id="3")) == []


@pytest.mark.parametrize(
    "answer",
    [
        refused(404, "Resource not found: there is nothing at this path"),
        refused(405, "Method not allowed: x"),
        Answer(200, b"<html>", {"Content-Type": "text/html"}),
        Answer(200, b"data: {}\n\nevent: status\ndata: not JSON\n\n", STREAM),
    ],
)
def test_a_server_that_cannot_stream_is_asked(server: Loopback, client: Client, answer: Answer) -> None:
    server.script = [answer, enveloped(receipt() | {"status": "failed"})]

    (event,) = client.tasks.events(TASK)

    assert (event.type, event.task.status, event.event_id) == ("terminal", "failed", None)
    assert [seen.path for seen in server.seen[1:]] == [f"/api/v1/tasks/{TASK}"]


def test_asking_again_and_again_tells_only_what_is_new(server: Loopback, client: Client) -> None:
    server.script = [
        refused(404, "Resource not found: there is nothing at this path"),
        enveloped(receipt()),
        enveloped(receipt() | {"status": "processing", "progress": 0.1}),
        enveloped(receipt() | {"status": "processing", "progress": 0.1}),
        enveloped(receipt() | {"status": "processing", "progress": 0.4}),
        enveloped(receipt() | {"status": "failed"}),
    ]

    events = list(client.tasks.events(TASK))

    assert [(found.type, found.task.status, found.task.progress) for found in events] == [
        ("status", "pending", None),
        ("status", "processing", 0.1),
        ("progress", "processing", 0.4),
        ("terminal", "failed", None),
    ]


def test_a_task_that_is_not_there_is_told_whether_or_not_the_server_streams(
    server: Loopback, client: Client
) -> None:
    server.script = [refused(404, "Resource not found: no such task")]

    with pytest.raises(NotFoundError, match="no such task"):
        next(client.tasks.events(TASK))


def test_a_wrong_key_is_told_at_once(server: Loopback, client: Client) -> None:
    server.script = [refused(401, "Authentication failed: unknown key")]

    with pytest.raises(AuthenticationError):
        next(client.tasks.events(TASK))

    assert len(server.seen) == 1


def test_a_task_that_goes_on_beyond_the_time_is_named(server: Loopback, client: Client) -> None:
    server.script = [Answer(200, FIRST, STREAM)]
    events = client.tasks.events(TASK, timeout=0.5)

    with pytest.raises(Timeout) as caught:
        list(events)

    assert caught.value.task_id == TASK
    assert events.last_event_id == "1"


def test_a_silent_stream_is_taken_for_cut(
    server: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_events, "IDLE_SECONDS", 0.2)
    server.script = [Answer(200, FIRST, STREAM, slow=0.6), Answer(200, FIRST + LAST, STREAM)]

    assert [found.event_id for found in client.tasks.events(TASK)] == ["1", "3"]


def test_a_server_that_stays_away_is_told_in_the_end(
    server: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_events, "OUTAGE_SECONDS", 0.5)
    server.script = [refused(503, "Service unavailable: the disk is full")]

    with pytest.raises(ServerError, match="the disk is full"):
        next(client.tasks.events(TASK))


def test_the_pause_that_a_server_asks_for_is_kept(server: Loopback, client: Client) -> None:
    server.script = [
        refused(429, "Rate limit exceeded: x", **{"Retry-After": "1"}),
        Answer(200, LAST, STREAM),
    ]
    began = time.monotonic()

    assert len(list(client.tasks.events(TASK))) == 1
    assert time.monotonic() - began >= 1.0
