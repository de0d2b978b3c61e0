"""Every error's way onto the wire: one table, one envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match

from omnireel.errors import (
    AuthenticationFailed,
    IdempotencyConflict,
    InsufficientBalance,
    InvalidRequest,
    NotFound,
    OmnireelError,
    QuotaExceeded,
    Unavailable,
)
from omnireel.telemetry.redaction import redact

LONGEST_PATH = 120
"""Characters of a path that a message may repeat."""


class Problem(Exception):
    """An answer that is no success. `category` and `detail` make its message, `headers` go along."""

    def __init__(
        self, status: int, category: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{category}: {detail}")
        self.status = status
        self.headers = dict(headers or {})


def internal_error() -> Problem:
    """Says nothing of what went wrong inside; the request's id finds it in the log."""
    return Problem(
        500, "Internal error", "something failed here; quote this answer's X-Request-ID to the operator"
    )


def problem_response(problem: Problem) -> Response:
    """The envelope every error comes in: `{"code", "message"}` and no `data`."""
    return Response(problem_body(problem), problem.status, problem.headers, media_type="application/json")


def problem_body(problem: Problem) -> bytes:
    # Callers put keys and signed links in the strangest places, and answers end in their logs.
    message = redact(str(problem)).encode(errors="replace").decode()
    return msgspec.json.encode({"code": problem.status, "message": message})


def install_problem_handlers(app: FastAPI) -> None:
    """Have every error that leaves a route answered in the envelope."""
    for kind in (Problem, OmnireelError, RequestValidationError, HTTPException, ClientDisconnect):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    return problem_response(_problem_of(request, error))


def _problem_of(request: Request, error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case InvalidRequest():
            return Problem(400, error.category, str(error))
        case AuthenticationFailed():
            return Problem(401, "Authentication failed", str(error), {"WWW-Authenticate": "Bearer"})
        case InsufficientBalance():
            return Problem(402, "Insufficient balance", str(error))
        case IdempotencyConflict():
            return Problem(422, "Idempotency conflict", str(error))
        case QuotaExceeded():
            return Problem(413, "Payload too large", str(error))
        case NotFound():
            return Problem(404, "Resource not found", str(error))
        case Unavailable():
            return Problem(503, "Service unavailable", str(error), {"Retry-After": str(error.retry_after)})
        case RequestValidationError():
            return _bad_parameter(error.errors())
        case HTTPException():
            return _framework_refusal(request, error)
        case ClientDisconnect():
            return Problem(400, "Invalid format", "the connection ended before the body did")
    return internal_error()


def _bad_parameter(faults: Sequence[Mapping[str, Any]]) -> Problem:
    """The framework's first complaint about a query or path parameter, without the value at fault."""
    fault = faults[0]
    kind, name, words = str(fault["type"]), fault["loc"][-1], str(fault["msg"])
    if kind == "missing":
        return Problem(400, "Invalid parameters", f"parameter '{name}' is required")
    wrong_type = kind.endswith(("_parsing", "_type")) or kind in {"finite_number", "timezone_aware"}
    category = "Invalid format" if wrong_type else "Value out of range"
    return Problem(400, category, f"parameter '{name}': {words[:1].lower()}{words[1:]}")


def _framework_refusal(request: Request, error: HTTPException) -> Problem:
    if error.status_code == 404:
        return Problem(404, "Resource not found", f"there is nothing at {_shown_path(request)}")
    if error.status_code == 405:
        allowed = ", ".join(_allowed_methods(request))
        detail = f"{request.method} does not go with {_shown_path(request)}; allowed: {allowed}"
        return Problem(405, "Method not allowed", detail, {"Allow": allowed})
    if error.status_code < 500:
        return Problem(400, "Invalid format", "the request could not be read")
    return internal_error()


def _shown_path(request: Request) -> str:
    path = request.url.path
    return f"'{path}'" if len(path) <= LONGEST_PATH and path.isprintable() else "this path"


def _allowed_methods(request: Request) -> list[str]:
    """Every method that some route takes at this path; the framework names those of one route only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)
