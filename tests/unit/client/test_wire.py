from __future__ import annotations

import json

import pytest

from omnireel.client import _wire
from omnireel.client.errors import (
    APIError,
    AuthenticationError,
    InsufficientBalanceError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknown,
    RateLimitError,
    ServerError,
)
from omnireel.models import TaskStatus

FINISHED = {
    "status": "success",
    "task_id": "task-v2v-1",
    "model_id": "kling-video-o1",
    "created_at": "2026-01-02T03:04:05Z",
    "duration": 12500,
    "result": {
        "resources": [
            {
                "url": "https://host/files/a/clip.mp4?signature=1",
                "type": "video",
                "role": "primary",
                "format": "mp4",
                "width": 1280,
                "height": 720,
                "duration": 5.0,
                "fps": 24,
                "size": 1000,
                "sha256": "AB" * 32,
            },
            {"url": "https://host/files/a/clip.jpg", "type": "image", "role": "poster", "format": "jpg"},
        ],
        "metadata": {"engine": "studio", "seed": 7, "warnings": ["no sound"]},
    },
    "billing": {"amount": "0.0000"},
}


def reply(status: int, document: object, **headers: str) -> _wire.Reply:
    return _wire.Reply(status, headers, json.dumps(document).encode())


def success(data: object) -> _wire.Reply:
    return reply(200, {"code": 0, "message": "success", "data": data})


def test_a_finished_task_is_read_with_its_files_and_remarks() -> None:
    task = _wire.read_task(success(FINISHED))

    assert task.status is TaskStatus.SUCCESS
    assert task.processing_seconds == 12.5
    assert (task.engine, task.seed, task.warnings, task.charged) == ("studio", 7, ("no sound",), "0.0000")
    video, poster = task.resource("primary"), task.resource("poster")
    assert video is not None
    assert (video.width, video.height, video.size, video.sha256) == (1280, 720, 1000, "ab" * 32)
    assert poster is not None
    assert poster.size is None
    assert task.created_at is not None
    assert task.created_at.isoformat() == "2026-01-02T03:04:05+00:00"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("succeeded", TaskStatus.SUCCESS),
        ("completed", TaskStatus.SUCCESS),
        ("error", TaskStatus.FAILED),
        ("cancelled", TaskStatus.CANCELED),
        ("queued", TaskStatus.PENDING),
        ("rendering", TaskStatus.PROCESSING),
    ],
)
def test_other_services_words_for_a_status_are_understood(word: str, status: TaskStatus) -> None:
    assert _wire.read_task(success({"task_id": "t", "status": word})).status is status


def test_wrongly_typed_optional_fields_are_left_out_rather_than_trusted() -> None:
    task = _wire.read_task(
        success(
            {"task_id": "t", "status": "processing", "progress": "half", "result": [], "eta_seconds": True}
        )
    )

    assert (task.progress, task.resources, task.eta_seconds) == (None, (), None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (402, InsufficientBalanceError),
        (403, AuthenticationError),
        (404, NotFoundError),
        (405, InvalidRequestError),
        (413, InvalidRequestError),
        (415, InvalidRequestError),
        (429, RateLimitError),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_each_status_becomes_its_error_with_the_servers_words(status: int, kind: type[APIError]) -> None:
    answer = reply(status, {"code": status, "message": "Category: detail"}, **{"x-request-id": "r9"})

    with pytest.raises(kind, match=r"^Category: detail$") as caught:
        _wire.read_task(answer)

    assert (caught.value.status, caught.value.request_id) == (status, "r9")


def test_a_rate_limit_says_when_to_come_back() -> None:
    error = _wire.error_in(reply(429, {"message": "Rate limit exceeded: slow down"}, **{"retry-after": "7"}))

    assert isinstance(error, RateLimitError)
    assert error.retry_after == 7


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_retry_after_that_is_no_number_of_seconds_is_ignored(value: str) -> None:
    assert _wire.retry_after(value) is None


def test_a_retry_after_that_is_a_date_is_measured_by_the_servers_own_clock() -> None:
    date = {"date": "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}

    assert _wire.asked_pause(date) == 30
    assert _wire.asked_pause({**date, "date": "Wed, 21 Oct 2026 07:29:00 GMT"}) == 0
    assert _wire.asked_pause({**date, "date": "today"}) is None
    assert _wire.asked_pause({"retry-after": date["retry-after"]}) is None
    assert _wire.asked_pause({"retry-after": "soon", "date": date["date"]}) is None
    assert (_wire.asked_pause({"retry-after": "7"}), _wire.asked_pause({})) == (7, None)


@pytest.mark.parametrize(
    ("status", "headers", "content", "promised"),
    [
        (200, {"x-idempotency-seconds": "604800"}, b"", True),
        (503, {"x-idempotency-seconds": "604800"}, b"", True),
        (200, {}, b'{"code": 0, "message": "success"}', False),
        (404, {}, b'{"code": 404, "message": "Resource not found: x"}', False),
        (503, {}, b'{"code": 503, "message": "Service unavailable: a gate says so"}', None),
        (404, {}, b"<html>", None),
        (200, {}, b"[1]", None),
    ],
)
def test_a_promise_is_learned_only_from_those_who_can_make_it(
    status: int, headers: dict[str, str], content: bytes, *, promised: bool | None
) -> None:
    assert _wire.promise_in(_wire.Reply(status, headers, content)) is promised


@pytest.mark.parametrize(
    "content",
    [
        b"<html>bad gateway</html>",
        b"",
        b"[]",
        b'{"code": 0}',
        b'{"code": 0, "data": []}',
        b'{"code": 1}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_no_envelope_is_a_server_error(content: bytes) -> None:
    with pytest.raises(ServerError):
        _wire.read_task(_wire.Reply(200, {}, content))


@pytest.mark.parametrize("status", [200, 202, 302, 409, 500, 502, 503])
def test_a_submit_answer_that_neither_accepts_nor_refuses_is_an_unknown_outcome(status: int) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        _wire.read_receipt(_wire.Reply(status, {}, b"<html>"))

    assert not caught.value.retryable


@pytest.mark.parametrize("status", sorted(_wire.REFUSED))
def test_a_refused_submit_is_never_an_unknown_outcome(status: int) -> None:
    with pytest.raises(APIError) as caught:
        _wire.read_receipt(reply(status, {"code": status, "message": "no"}))

    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_task_id_cannot_lead_to_another_path() -> None:
    assert _wire.show("../models?x#y").path == "/api/v1/tasks/..%2Fmodels%3Fx%23y"


@pytest.mark.parametrize("model", ["kling-video-o1", "/x", "kling/", ""])
def test_a_model_without_provider_and_name_is_refused_before_anything_is_sent(model: str) -> None:
    with pytest.raises(InvalidRequestError, match="provider/name"):
        _wire.submit(model, {}, "key")


def test_what_happens_twice_when_sent_twice_is_not_repeatable() -> None:
    assert _wire.show("t").repeatable
    assert _wire.cancel("t").repeatable
    assert _wire.delete("t").repeatable
    assert _wire.estimate("a/b", {}).repeatable
    assert not _wire.submit("a/b", {}, "key").repeatable
    assert not _wire.upload("a.png", b"x").repeatable
    assert not _wire.resend("d").repeatable
    assert not _wire.rotate_webhook_secret().repeatable
