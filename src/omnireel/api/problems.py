"""Every error's way onto the wire: one table, one envelope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
    """An answer that is no success. `category` and `detail` make its message, `headers` go along.

    `cause` is the error that it tells of, where a room raised one; `code` a dialect's own word for it.
    """

    def __init__(
        self,
        status: int,
        category: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        *,
        cause: OmnireelError | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(f"{category}: {detail}")
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.cause = cause
        self.code = code


Envelope = Callable[[Problem, str], Response]
"""Puts a problem into somebody's words; the text is the request's id."""


def internal_error() -> Problem:
    """Says nothing of what went wrong inside; the request's id finds it in the log."""
    return Problem(
        500, "Internal error", "something failed here; quote this answer's X-Request-ID to the operator"
    )


@dataclass(frozen=True)
class Envelopes:
    """In whose words a problem is told: by the path asked for, else in the service's own.

    Of the paths in `by_path` the first counts that is the one asked for or leads to it.
    """

    by_path: tuple[tuple[str, Envelope], ...] = ()

    def respond(self, path: str, problem: Problem, request_id: str) -> Response:
        for prefix, envelope in self.by_path:
            if path == prefix or path.startswith(f"{prefix}/"):
                return envelope(problem, request_id)
        return Response(problem_body(problem), problem.status, problem.headers, media_type="application/json")


def problem_body(problem: Problem) -> bytes:
    """The envelope of our own: `{"code", "message"}` and no `data`."""
    return msgspec.json.encode({"code": problem.status, "message": fit_to_tell(str(problem))})


def fit_to_tell(message: str) -> str:
    """A message as it may leave the house."""
    # Callers put keys and signed links in the strangest places, and answers end in their logs.
    return redact(message).encode(errors="replace").decode()


def install_problem_handlers(app: FastAPI, envelopes: Envelopes) -> None:
    """Have every error that leaves a route answered in an envelope."""

    async def answer(request: Request, error: Exception) -> Response:
        problem = _problem_of(request, error)
        return envelopes.respond(request.url.path, problem, request.state.request_id)

    for kind in (Problem, OmnireelError, RequestValidationError, HTTPException, ClientDisconnect):
        app.add_exception_handler(kind, answer)


def _problem_of(request: Request, error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case InvalidRequest():
            return Problem(400, error.category, str(error), cause=error)
        case AuthenticationFailed():
            scheme = {"WWW-Authenticate": "Bearer"}
            return Problem(401, "Authentication failed", str(error), scheme, cause=error)
        case InsufficientBalance():
            return Problem(402, "Insufficient balance", str(error), cause=error)
        case IdempotencyConflict():
            return Problem(422, "Idempotency conflict", str(error), cause=error)
        case QuotaExceeded():
            return Problem(413, "Payload too large", str(error), cause=error)
        case NotFound():
            return Problem(404, "Resource not found", str(error), cause=error)
        case Unavailable():
            wait = {"Retry-After": str(error.retry_after)}
            return Problem(503, "Service unavailable", str(error), wait, cause=error)
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
