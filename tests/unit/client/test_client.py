from __future__ import annotations

import time
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path

import pytest
from tests.unit.client.loopback import (
    HANG_UP,
    KEY,
    Answer,
    Loopback,
    closed_port,
    enveloped,
    receipt,
    refused,
)

from omnireel import (
    Client,
    ConnectionFailed,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknown,
    RateLimitError,
    ServerError,
    Task,
    TaskCanceled,
    TaskFailed,
    Timeout,
)

DONE = receipt() | {
    "status": "success",
    "result": {"resources": [{"url": "http://h/a.mp4", "type": "video", "role": "primary", "format": "mp4"}]},
}


def test_a_submit_carries_the_options_the_wire_knows(
    server: Loopback, client: Client, tmp_path: Path
) -> None:
    server.script = [enveloped(receipt())]
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"\0\0\0\x18ftypmp42")

    task = client.videos.create(
        "clay", images=["https://h/a.png"], video=clip, mode="std", multi_shot=True, sound=False, seed=3
    )

    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/api/v1/kling/kling-video-o1/async")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["content-type"] == "application/json"
    assert seen.json == {
        "prompt": "clay",
        "images": ["https://h/a.png"],
        "videos": ["AAAAGGZ0eXBtcDQy"],
        "mode": "std",
        "multi_shot": True,
        "shot_type": "intelligence",
        "sound": "off",
        "seed": 3,
    }
    assert task.task_id == "task-t2v-abc"


def test_every_submit_carries_an_idempotency_key_of_its_own(server: Loopback, client: Client) -> None:
    server.script = [enveloped(receipt())]

    client.videos.create("a fox")
    client.videos.create("a fox")

    keys = {seen.headers["idempotency-key"] for seen in server.seen}
    assert len(keys) == 2
    assert all(16 <= len(key) <= 255 for key in keys)


def test_a_video_too_large_for_the_request_is_uploaded_first(
    server: Loopback, client: Client, tmp_path: Path
) -> None:
    clip = tmp_path / 'my "clip".mp4'
    clip.write_bytes(b"0123456789" * 4_000_000)
    server.script = [enveloped({"url": server.base_url + "/files/uploads/1/clip.mp4"}), enveloped(receipt())]

    client.videos.create("clay", video=clip)

    upload, submit = server.seen
    assert (upload.method, upload.path) == ("POST", "/api/v1/media/files")
    assert submit.json["videos"] == [server.base_url + "/files/uploads/1/clip.mp4"]
    message = message_from_bytes(
        b"Content-Type: " + upload.headers["content-type"].encode() + b"\r\n\r\n" + upload.body, policy=HTTP
    )
    (part,) = message.iter_parts()
    assert part.get_filename() == "my %22clip%22.mp4"
    assert part.get_payload(decode=True) == clip.read_bytes()


def test_an_upload_is_never_sent_twice(server: Loopback, client: Client, tmp_path: Path) -> None:
    server.script = [refused(503, "Service unavailable: x")]
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"0" * 40_000_000)

    with pytest.raises(ServerError):
        client.videos.create("clay", video=clip)

    assert len(server.seen) == 1


def test_an_upload_that_was_not_even_looked_at_is_sent_again(server: Loopback, client: Client) -> None:
    stored = enveloped({"file_id": "file-1", "url": "https://host/a.png"})
    server.script = [refused(429, "Rate limit exceeded: x", **{"Retry-After": "0"}), stored]

    assert client.files.upload(b"a picture").file_id == "file-1"
    assert [b"a picture" in seen.body for seen in server.seen] == [True, True]


def test_a_prompt_alone_sends_a_prompt_alone(server: Loopback, client: Client) -> None:
    server.script = [enveloped(receipt())]

    client.videos.create("a fox \ud83e in snow 雪", model="kling/kling-v3-omni-video")

    (seen,) = server.seen
    assert seen.path == "/api/v1/kling/kling-v3-omni-video/async"
    assert seen.json == {"prompt": "a fox \ud83e in snow 雪"}


@pytest.mark.parametrize(
    "fault",
    [
        HANG_UP,
        Answer(200, b'{"code":0,"data":{}}', cut=5),
        refused(500, "x"),
        refused(503, "x"),
        refused(502, "x"),
    ],
)
def test_a_submit_is_never_sent_twice_where_nobody_promises_to_know_it_again(
    server: Loopback, client: Client, fault: Answer
) -> None:
    server.script = [fault]

    with pytest.raises(OutcomeUnknown):
        client.videos.create("fox")

    assert [seen.method for seen in server.seen].count("POST") == 1


def test_a_submit_the_server_never_answers_is_an_unknown_outcome(server: Loopback) -> None:
    server.script = [Answer(slow=3)]
    with Client(server.base_url, KEY, timeout=0.3) as client, pytest.raises(OutcomeUnknown):
        client.videos.create("fox")


def test_a_rate_limited_submit_is_refused_not_repeated(server: Loopback, client: Client) -> None:
    server.script = [refused(429, "Rate limit exceeded: 600 a minute", **{"Retry-After": "3"})]

    with pytest.raises(RateLimitError) as caught:
        client.videos.create("fox")

    assert caught.value.retry_after == 3
    assert len(server.seen) == 1


def test_a_bad_request_repeats_the_servers_words(server: Loopback, client: Client) -> None:
    server.script = [refused(400, "Value out of range: parameter 'duration' must be 5 or 10, got 7")]

    with pytest.raises(InvalidRequestError, match="must be 5 or 10, got 7") as caught:
        client.videos.create("fox", duration=7)

    assert (caught.value.status, caught.value.request_id, caught.value.type) == (
        400,
        "req-1",
        "invalid_request",
    )


def test_a_server_that_is_not_there_is_a_failed_connection_and_not_an_unknown_outcome() -> None:
    with Client(f"http://127.0.0.1:{closed_port()}", KEY) as client, pytest.raises(ConnectionFailed):
        client.videos.create("fox")


def test_a_question_that_is_never_answered_can_be_looked_for_in_the_servers_log(server: Loopback) -> None:
    server.script = [HANG_UP]
    with Client(server.base_url, KEY, retries=1) as client, pytest.raises(ConnectionFailed) as caught:
        client.tasks.get("t")

    first, last = (seen.headers["x-request-id"] for seen in server.seen)
    assert first != last
    assert caught.value.request_id == last


@pytest.mark.parametrize(
    "fault",
    [
        refused(429, "x", **{"Retry-After": "0"}),
        refused(500, "x"),
        refused(502, "x"),
        refused(503, "x"),
        refused(504, "x"),
        HANG_UP,
        Answer(200, b"x" * 100, cut=10),
    ],
)
def test_a_question_is_asked_again_after_a_passing_fault(
    server: Loopback, client: Client, fault: Answer
) -> None:
    server.script = [fault, enveloped(receipt())]

    assert client.tasks.get("task-t2v-abc").task_id == "task-t2v-abc"
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 405])
def test_a_refused_question_is_not_asked_again(server: Loopback, client: Client, status: int) -> None:
    server.script = [refused(status, "no")]

    with pytest.raises(Exception, match="no"):
        client.tasks.get("t")

    assert len(server.seen) == 1


def test_retry_after_is_waited_out(server: Loopback, client: Client) -> None:
    server.script = [refused(429, "x", **{"Retry-After": "1"}), enveloped(receipt())]
    started = time.monotonic()

    client.tasks.get("t")

    assert time.monotonic() - started >= 1.0


def test_a_retry_after_beyond_the_deadline_ends_the_call_at_once(server: Loopback, client: Client) -> None:
    server.script = [refused(429, "Rate limit exceeded: x", **{"Retry-After": "3600"})]

    with pytest.raises(RateLimitError):
        client.tasks.get("t")

    assert len(server.seen) == 1


def test_a_lasting_fault_is_told_after_a_few_tries(server: Loopback, client: Client) -> None:
    server.script = [refused(500, "Internal error: quote req-1")]

    with pytest.raises(ServerError, match="quote req-1") as caught:
        client.tasks.get("t")

    assert caught.value.retryable
    assert len(server.seen) == 4


def test_a_cancel_is_repeated_since_twice_is_the_same_as_once(server: Loopback, client: Client) -> None:
    server.script = [refused(503, "x"), HANG_UP, enveloped(receipt() | {"status": "canceled"})]

    assert client.tasks.cancel("task-t2v-abc").status == "canceled"

    assert [(seen.method, seen.path) for seen in server.seen] == [
        ("POST", "/api/v1/tasks/task-t2v-abc/cancel")
    ] * 3


def test_a_deletion_whose_answer_was_lost_is_not_a_failure(server: Loopback, client: Client) -> None:
    server.script = [HANG_UP, refused(404, "Resource not found: no such task")]

    client.tasks.delete("task-t2v-abc")


def test_a_deletion_of_what_never_was_is_a_failure(server: Loopback, client: Client) -> None:
    server.script = [refused(404, "Resource not found: no such task")]

    with pytest.raises(NotFoundError):
        client.tasks.delete("task-t2v-abc")


def test_an_endless_answer_is_given_up(server: Loopback, client: Client) -> None:
    server.script = [Answer(200, b" " * (9 * 1024 * 1024))]

    with pytest.raises(ServerError, match="longer than"):
        client.models.list()


def test_redirects_are_not_followed_with_the_key(server: Loopback, client: Client) -> None:
    server.script = [Answer(302, headers={"Location": server.base_url + "/elsewhere"})]

    with pytest.raises(ServerError):
        client.tasks.get("t")

    assert len(server.seen) == 1


def test_waiting_shows_each_step_and_ends_with_the_result(server: Loopback, client: Client) -> None:
    server.script = [
        enveloped(receipt()),
        enveloped(receipt() | {"queue_position": 2}),
        enveloped(receipt() | {"status": "processing", "progress": 0.5, "eta_seconds": 3}),
        enveloped(DONE),
    ]
    steps: list[Task] = []

    result = client.videos.create_and_wait("fox", timeout=30, on_update=steps.append)

    assert [step.status for step in steps] == ["pending", "pending", "processing", "success"]
    assert steps[2].progress == 0.5
    assert result.url == "http://h/a.mp4"


def test_waiting_rides_out_a_server_that_restarts(server: Loopback, client: Client) -> None:
    server.script = [HANG_UP, refused(503, "x"), HANG_UP, HANG_UP, refused(502, "x"), enveloped(DONE)]

    assert client.tasks.wait("t", timeout=30).task.status == "success"


def test_waiting_past_the_limit_names_the_task_to_resume(server: Loopback, client: Client) -> None:
    server.script = [enveloped(receipt())]

    with pytest.raises(Timeout) as caught:
        client.tasks.wait("task-t2v-abc", timeout=1)

    assert caught.value.task_id == "task-t2v-abc"


def test_waiting_for_no_time_looks_once(server: Loopback, client: Client) -> None:
    server.script = [enveloped(receipt())]

    with pytest.raises(Timeout):
        client.tasks.wait("t", timeout=0)

    assert len(server.seen) == 1


def test_a_server_that_never_holds_the_question_is_not_hammered(server: Loopback, client: Client) -> None:
    server.script = [enveloped(receipt())]

    with pytest.raises(Timeout):
        client.tasks.wait("t", timeout=2)

    assert len(server.seen) <= 4


def test_a_failed_task_raises_its_own_type(server: Loopback, client: Client) -> None:
    error = {"type": "invalid_media", "message": "the video is truncated", "retryable": False}
    server.script = [enveloped(receipt() | {"status": "failed", "error": error})]

    with pytest.raises(TaskFailed, match="truncated") as caught:
        client.tasks.wait("t")

    assert (caught.value.type, caught.value.retryable) == ("invalid_media", False)


def test_a_canceled_task_raises_that_it_was(server: Loopback, client: Client) -> None:
    server.script = [enveloped(receipt() | {"status": "canceled"})]

    with pytest.raises(TaskCanceled):
        client.tasks.wait("t")


def test_the_catalogue_is_read_from_the_top_level(server: Loopback, client: Client) -> None:
    model = {
        "slug": "kling/kling-video-o1",
        "provider": "kling",
        "model_id": "kling-video-o1",
        "type": "video",
    }
    server.script = [
        Answer(200, b'{"code":0,"message":"success","models":[%s]}' % str(model).replace("'", '"').encode())
    ]

    assert [found.slug for found in client.models.list()] == ["kling/kling-video-o1"]


def test_the_balance_is_exact(server: Loopback, client: Client) -> None:
    server.script = [enveloped({"balance": 12.3456})]

    assert str(client.balance()) == "12.3456"
