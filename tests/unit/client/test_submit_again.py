"""A submit whose answer is lost, at servers that know an Idempotency-Key again and at others."""

from __future__ import annotations

from dataclasses import replace
from socket import create_server
from threading import Event, Timer

import pytest
from tests.unit.client.loopback import (
    HANG_UP,
    KEY,
    Answer,
    Loopback,
    Script,
    Seen,
    closed_port,
    enveloped,
    receipt,
    refused,
)

from omnireel import Client, InvalidRequestError, OutcomeUnknown, RateLimitError, Task

PROMISE = {"X-Idempotency-Seconds": "604800"}
PLAIN_VALID = enveloped({"is_valid": True})
VALID = replace(PLAIN_VALID, headers={**PLAIN_VALID.headers, **PROMISE})
ACCEPTED = enveloped(receipt())


def play(submits: list[Answer], others: Answer) -> Script:
    """Answers each submit with the next of these (the last one repeats), and all other calls alike."""

    def answer(seen: Seen) -> Answer:
        if seen.method != "POST":
            return others
        return submits.pop(0) if len(submits) > 1 else submits[0]

    return answer


def sent(server: Loopback) -> list[str]:
    """The keys of the submits that came."""
    return [seen.headers["idempotency-key"] for seen in server.seen if seen.method == "POST"]


@pytest.mark.parametrize(
    "fault",
    [
        HANG_UP,
        Answer(200, b'{"code":0,"data":{}}', cut=5),
        Answer(502, b"<html>bad gateway"),
        refused(500, "Internal error: x", **PROMISE),
        refused(503, "Service unavailable: draining", **PROMISE, **{"Retry-After": "0"}),
        refused(429, "Rate limit exceeded: x", **PROMISE, **{"Retry-After": "0"}),
        refused(409, "Idempotency conflict: still being answered", **PROMISE, **{"Retry-After": "0"}),
    ],
)
def test_it_is_sent_again_under_the_same_key_where_that_makes_no_second_video(
    server: Loopback, client: Client, fault: Answer
) -> None:
    server.script = [play([fault, ACCEPTED], VALID)]

    assert client.videos.create("fox").task_id == "task-t2v-abc"

    first, second = sent(server)
    assert first == second
    bodies = {seen.body for seen in server.seen if seen.method == "POST"}
    assert len(bodies) == 1


def test_what_a_server_has_promised_is_remembered(server: Loopback, client: Client) -> None:
    server.script = [play([HANG_UP, ACCEPTED], VALID)]
    client.key_is_valid()
    server.seen.clear()

    client.videos.create("fox")

    assert [seen.method for seen in server.seen] == ["POST", "POST"]


def test_a_server_that_promises_nothing_is_sent_it_once(server: Loopback, client: Client) -> None:
    server.script = [play([HANG_UP], PLAIN_VALID)]

    with pytest.raises(OutcomeUnknown) as caught:
        client.videos.create("fox")

    assert sent(server) == [caught.value.idempotency_key]
    assert [seen.path for seen in server.seen][1:] == ["/api/v1/apikey/validate"]


def test_a_submit_that_is_lost_every_time_stays_unknown(server: Loopback) -> None:
    server.script = [play([HANG_UP], VALID)]
    with Client(server.base_url, KEY, retries=2) as client, pytest.raises(OutcomeUnknown):
        client.videos.create("fox")

    assert len(sent(server)) == 3


def test_a_later_refusal_for_the_moment_does_not_tell_what_became_of_the_first(
    server: Loopback, client: Client
) -> None:
    limited = refused(429, "Rate limit exceeded: x", **PROMISE, **{"Retry-After": "3600"})
    server.script = [play([HANG_UP, limited], VALID)]

    with pytest.raises(OutcomeUnknown, match="Rate limit exceeded"):
        client.videos.create("fox")


def test_a_later_refusal_for_good_tells_that_nothing_was_made(server: Loopback, client: Client) -> None:
    server.script = [play([HANG_UP, refused(400, "Value out of range: no", **PROMISE)], VALID)]

    with pytest.raises(InvalidRequestError, match="Value out of range"):
        client.videos.create("fox")


def test_a_limit_that_holds_beyond_the_deadline_is_told_at_once(server: Loopback, client: Client) -> None:
    server.script = [refused(429, "Rate limit exceeded: x", **PROMISE, **{"Retry-After": "3600"})]

    with pytest.raises(RateLimitError) as caught:
        client.videos.create("fox")

    assert caught.value.retry_after == 3600


def test_without_retries_it_is_sent_once(server: Loopback) -> None:
    server.script = [play([refused(503, "Service unavailable: x", **PROMISE)], VALID)]
    with Client(server.base_url, KEY, retries=0) as client, pytest.raises(OutcomeUnknown):
        client.videos.create("fox")

    assert len(server.seen) == 1


def test_the_callers_own_key_is_sent_and_goes_on_where_an_outcome_was_unknown(
    server: Loopback, client: Client
) -> None:
    server.script = [play([HANG_UP, ACCEPTED], PLAIN_VALID)]
    with pytest.raises(OutcomeUnknown) as caught:
        client.videos.create("fox")

    task: Task = client.videos.create("fox", idempotency_key=caught.value.idempotency_key)

    assert task.task_id == "task-t2v-abc"
    assert len(set(sent(server))) == 1


@pytest.mark.parametrize("key", ["k" * 256, "ключ", "a\r\nX: y"])
def test_a_key_that_no_header_can_carry_is_refused_before_anything_is_sent(client: Client, key: str) -> None:
    with pytest.raises(InvalidRequestError, match="idempotency_key"):
        client.videos.create("fox", idempotency_key=key)


def test_a_server_that_was_away_for_a_moment_is_sent_it_when_it_is_back() -> None:
    """A connection that never opened has made nothing, whatever the server promises."""
    port = closed_port()
    back = Timer(0.6, lambda: listen(port))
    answered = Event()

    def listen(port: int) -> None:
        with create_server(("127.0.0.1", port)) as listener:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                body = ACCEPTED.body
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                connection.sendall(head.encode() + body)
            answered.set()

    back.start()
    with Client(f"http://127.0.0.1:{port}", KEY) as client:
        assert client.videos.create("fox").task_id == "task-t2v-abc"
    back.join()
    assert answered.is_set()
