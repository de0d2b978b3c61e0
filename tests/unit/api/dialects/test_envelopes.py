"""Every problem there is, in everybody's words."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from omnireel.api.dialects.envelopes import ENVELOPES
from omnireel.api.openapi import CATEGORIES
from omnireel.api.problems import Problem
from omnireel.errors import (
    AuthenticationFailed,
    IdempotencyConflict,
    InsufficientBalance,
    InvalidFormat,
    InvalidRequest,
    NotFound,
    NotPermitted,
    OmnireelError,
    QuotaExceeded,
    Unavailable,
)
from omnireel.tasks.keys import new_secret

OPENAI, KLING, OURS = "/v1/videos/x", "/v1/videos/omni-video/x", "/api/v1/tasks/x"


def told(path: str, problem: Problem) -> tuple[int, dict[str, Any]]:
    answer = ENVELOPES.respond(path, problem, "req-1")
    return answer.status_code, json.loads(bytes(answer.body))


def raised(status: int, cause: OmnireelError) -> Problem:
    return Problem(status, "Category", str(cause), cause=cause)


@pytest.mark.parametrize(
    ("problem", "openai", "kling"),
    [
        (
            raised(400, InvalidRequest("no", field="seconds")),
            (400, "invalid_request_error", None),
            (400, 1201),
        ),
        (raised(400, InvalidFormat("the body is empty")), (400, "invalid_request_error", None), (400, 1200)),
        (
            raised(401, AuthenticationFailed("no")),
            (401, "invalid_request_error", "invalid_api_key"),
            (401, 1002),
        ),
        (
            raised(401, NotPermitted("no")),
            (403, "invalid_request_error", "insufficient_permissions"),
            (403, 1103),
        ),
        (
            raised(402, InsufficientBalance(Decimal(1), Decimal(0))),
            (429, "insufficient_quota", "insufficient_quota"),
            (429, 1102),
        ),
        (raised(404, NotFound("no")), (404, "invalid_request_error", "not_found"), (404, 1203)),
        (
            Problem(405, "Method not allowed", "no"),
            (405, "invalid_request_error", "method_not_allowed"),
            (404, 1202),
        ),
        (
            Problem(409, "Idempotency conflict", "no"),
            (409, "idempotency_error", "request_in_progress"),
            (409, 1200),
        ),
        (
            raised(422, IdempotencyConflict("no")),
            (400, "idempotency_error", "idempotency_key_reused"),
            (400, 1201),
        ),
        (
            raised(413, QuotaExceeded(3, used=2, quota=4)),
            (413, "invalid_request_error", "payload_too_large"),
            (413, 1201),
        ),
        (
            Problem(415, "Unsupported media type", "no"),
            (415, "invalid_request_error", "unsupported_media_type"),
            (415, 1200),
        ),
        (
            Problem(416, "Range not satisfiable", "no"),
            (416, "invalid_request_error", "range_not_satisfiable"),
            (416, 1200),
        ),
        (Problem(429, "Rate limit exceeded", "no"), (429, "requests", "rate_limit_exceeded"), (429, 1302)),
        (Problem(500, "Internal error", "no"), (500, "server_error", None), (500, 5000)),
        (raised(503, Unavailable("no")), (503, "server_error", "service_unavailable"), (503, 5001)),
    ],
    ids=lambda value: str(value) if isinstance(value, Problem) else "",
)
def test_a_problem_has_its_place_in_every_envelope(
    problem: Problem, openai: tuple[int, str, str | None], kling: tuple[int, int]
) -> None:
    status, body = told(OPENAI, problem)
    assert (status, body["error"]["type"], body["error"]["code"]) == openai
    status, body = told(KLING, problem)
    assert (status, body["code"], body["message"], body["request_id"]) == (*kling, problem.detail, "req-1")
    status, body = told(OURS, problem)
    assert (status, body) == (problem.status, {"code": problem.status, "message": str(problem)})


def test_no_status_of_ours_is_without_words_elsewhere() -> None:
    for status in CATEGORIES:
        for path in (OPENAI, KLING):
            answered, body = told(path, Problem(int(status), "Category", "no"))
            assert answered >= 400
            assert body


def test_the_path_decides_whose_words_are_used() -> None:
    problem = Problem(404, "Resource not found", "no")
    ours = {"code": 404, "message": "Resource not found: no"}

    for path in ("/v1", "/v1/", "/v1/models", "/v1/videos", "/v1/videos/omni-videos", "/v1/videos/omni"):
        assert told(path, problem)[1].keys() == {"error"}
    for path in ("/v1/videos/omni-video", "/v1/videos/omni-video/", "/v1/videos/omni-video/a/b"):
        assert told(path, problem)[1]["code"] == 1203
    for path in ("/", "/v1x", "/v10/videos", "/api/v1/videos", "/V1/videos"):
        assert told(path, problem)[1] == ours


def test_a_dialects_own_word_goes_before_the_table() -> None:
    problem = Problem(404, "Resource not found", "no", code="model_not_found")

    assert told(OPENAI, problem)[1]["error"]["code"] == "model_not_found"


def test_no_key_leaves_the_house_in_a_message() -> None:
    key = new_secret()

    for path in (OPENAI, KLING, OURS):
        assert key not in json.dumps(told(path, Problem(400, "Category", f"the key {key} is no id"))[1])
