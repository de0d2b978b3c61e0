"""Kling's error envelope: `{"code", "message", "request_id"}`, with the codes of Kling's published table.

Statuses are those of that table. For what is not in it (a body too large or of the wrong type, a submit by
the same Idempotency-Key under way) the honest status stays, with the code of the nearest kin.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from omnireel.api.problems import Problem, fit_to_tell
from omnireel.errors import (
    AuthenticationFailed,
    IdempotencyConflict,
    InsufficientBalance,
    InvalidRequest,
    NotPermitted,
)

NO_AUTHORIZATION: Final = 1001
BAD_AUTHORIZATION: Final = 1002
NOT_YET_VALID: Final = 1003
NO_LONGER_VALID: Final = 1004
_RESOURCES_USED_UP: Final = 1102
_NO_ACCESS: Final = 1103
_BAD_REQUEST: Final = 1200
_BAD_PARAMETER: Final = 1201
_BAD_METHOD: Final = 1202
_NO_SUCH_RESOURCE: Final = 1203
_TOO_FAST: Final = 1302
_INTERNAL: Final = 5000
_UNAVAILABLE: Final = 5001

_BY_STATUS: Final = {
    400: (400, _BAD_PARAMETER),
    401: (401, BAD_AUTHORIZATION),
    404: (404, _NO_SUCH_RESOURCE),
    405: (404, _BAD_METHOD),
    413: (413, _BAD_PARAMETER),
    429: (429, _TOO_FAST),
    503: (503, _UNAVAILABLE),
}
_ABOUT: Final = {
    400: "1200 or 1201: the request cannot be accepted as sent.",
    401: "1000 to 1004: the key or token is missing, no good, not good yet or no longer.",
    403: "1103: the key may not do this.",
    404: "1203: unknown, expired or another team's. 1202: this method does not go with the path.",
    409: "1200: the first request with this Idempotency-Key is still being answered; see Retry-After.",
    413: "1201: the body is too large.",
    415: "1200: the body is not JSON.",
    429: "1302: too many requests; see Retry-After. 1102: the team cannot pay.",
    500: "5000: something failed here.",
    503: "5001: no room just now; see Retry-After.",
}


class KlingErrorAnswer(BaseModel):
    """Every error on these paths."""

    code: Annotated[int, Field(description="Not the HTTP status: a code of Kling's.")]
    message: str
    request_id: str


def kling_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its documentation."""
    return {status: {"model": KlingErrorAnswer, "description": _ABOUT[status]} for status in (*statuses, 500)}


def kling_envelope(problem: Problem, request_id: str) -> Response:
    """A problem as a Kling client reads it."""
    status, code = _sort_of(problem)
    answer = KlingErrorAnswer(code=code, message=fit_to_tell(problem.detail), request_id=request_id)
    return JSONResponse(answer.model_dump(), status, problem.headers)


class TokenRefused(AuthenticationFailed):
    """A token is no good. `code` says in Kling's way why."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def _sort_of(problem: Problem) -> tuple[int, int]:
    """Status and code."""
    match problem.cause:
        case TokenRefused() as refused:
            return 401, refused.code
        case NotPermitted():
            return 403, _NO_ACCESS
        case InsufficientBalance():
            return 429, _RESOURCES_USED_UP
        case IdempotencyConflict():
            return 400, _BAD_PARAMETER
        case InvalidRequest() as error if error.field is None:
            return 400, _BAD_REQUEST
    return _BY_STATUS.get(problem.status, (problem.status, _other(problem.status)))


def _other(status: int) -> int:
    return _INTERNAL if status >= 500 else _BAD_REQUEST
