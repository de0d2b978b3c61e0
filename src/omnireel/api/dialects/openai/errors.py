"""OpenAI's error envelope: `{"error": {"message", "type", "param", "code"}}`.

Types and codes are those that the `openai` package and its documentation know; where they have none, ours are
named alike. Statuses are kept but for three: who may not do it gets 403, who cannot pay 429 as there, and a
key that came with another request 400.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from omnireel.api.problems import Problem, fit_to_tell
from omnireel.errors import (
    IdempotencyConflict,
    InsufficientBalance,
    InvalidRequest,
    NotPermitted,
    OmnireelError,
)

_INVALID: Final = "invalid_request_error"
_SERVER: Final = "server_error"
_BY_STATUS: Final = {
    400: (_INVALID, None),
    401: (_INVALID, "invalid_api_key"),
    404: (_INVALID, "not_found"),
    405: (_INVALID, "method_not_allowed"),
    409: ("idempotency_error", "request_in_progress"),
    413: (_INVALID, "payload_too_large"),
    415: (_INVALID, "unsupported_media_type"),
    416: (_INVALID, "range_not_satisfiable"),
    429: ("requests", "rate_limit_exceeded"),
    503: (_SERVER, "service_unavailable"),
}
_ABOUT: Final = {
    400: "The request cannot be accepted as sent; `param` names the field. Also an Idempotency-Key that came "
    "with another request.",
    401: "The key is missing, unknown, revoked or expired.",
    403: "The key may not do this.",
    404: "Unknown, expired or another team's.",
    409: "The first request with this Idempotency-Key is still being answered; see Retry-After.",
    413: "The body or the file is too large.",
    415: "The body is neither JSON nor a form.",
    416: "Range not satisfiable.",
    429: "Too many requests; see Retry-After. Or `insufficient_quota`: the team cannot pay.",
    500: "Something failed here.",
    503: "No room just now; see Retry-After.",
}


class OpenAIError(BaseModel):
    message: str
    type: str
    param: Annotated[str | None, Field(description="The field at fault.")]
    code: str | None


class OpenAIErrorAnswer(BaseModel):
    """Every error on these paths."""

    error: OpenAIError


def openai_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its documentation."""
    return {
        status: {"model": OpenAIErrorAnswer, "description": _ABOUT[status]} for status in (*statuses, 500)
    }


def openai_envelope(problem: Problem, _request_id: str) -> Response:
    """A problem as an OpenAI client reads it."""
    status, kind, code = _sort_of(problem)
    cause = problem.cause
    error = OpenAIError(
        message=fit_to_tell(problem.detail),
        type=kind,
        param=cause.field if isinstance(cause, InvalidRequest) else None,
        code=problem.code or code,
    )
    headers = dict(problem.headers)
    if isinstance(cause, InsufficientBalance):
        # The package tries 429 again, and nothing is gained by that here.
        headers["x-should-retry"] = "false"
    return JSONResponse(OpenAIErrorAnswer(error=error).model_dump(), status, headers)


def _sort_of(problem: Problem) -> tuple[int, str, str | None]:
    """Status, type and code."""
    match problem.cause:
        case NotPermitted():
            return 403, _INVALID, "insufficient_permissions"
        case InsufficientBalance():
            return 429, "insufficient_quota", "insufficient_quota"
        case IdempotencyConflict():
            return 400, "idempotency_error", "idempotency_key_reused"
        case OmnireelError() | None:
            pass
    kind, code = _BY_STATUS.get(problem.status, (_SERVER if problem.status >= 500 else _INVALID, None))
    return problem.status, kind, code
