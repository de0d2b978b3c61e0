"""The outermost layer: a request id on every answer, rate headers where known, no fault that gets past.

What there is to tell of a request is told here: one log line, its numbers, its span.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from secrets import token_hex
from typing import Any, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from omnireel.api.once import PROMISED
from omnireel.api.problems import Envelopes, internal_error
from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.tracing import Kind, Span, accepted

_log = structlog.get_logger()
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER: Final = "other"
_API: Final = "/api/v1/"


class Edge:
    """Wraps the application. Puts `request_id` into the request's state before anything else looks at it.

    While `stopping`, no connection is kept after its answer: whoever asks again is to reach another server.
    """

    def __init__(
        self, app: ASGIApp, instruments: Instruments, envelopes: Envelopes, stopping: Callable[[], bool]
    ) -> None:
        self._app = app
        self._instruments = instruments
        self._envelopes = envelopes
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        if scope["path"].startswith(_API):
            state["promise"] = PROMISED
        answer = _Answer(send, state, self._stopping)
        began = time.perf_counter()
        parent = accepted(Headers(scope=scope).get("traceparent", ""))
        clear_contextvars()
        bind_contextvars(request_id=state["request_id"])
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        with self._instruments.tracer.span(method, parent=parent, kind=Kind.SERVER) as span:
            try:
                await self._answer(scope, receive, answer)
            finally:
                self._tell(method, _route(scope), answer.status, time.perf_counter() - began, span)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            _log.exception("request failed", route=_route(scope))
            if answer.started:
                # Too late for an envelope; the server cuts the connection so that nobody thinks this whole.
                raise
            request_id = scope["state"]["request_id"]
            response = self._envelopes.respond(scope["path"], internal_error(), request_id)
            await response(scope, receive, answer.send)

    def _tell(self, method: str, route: str, status: int, seconds: float, span: Span) -> None:
        metrics = self._instruments.metrics
        metrics.requests.labels(method, route, status).inc()
        metrics.request_seconds.labels(method, route).observe(seconds)
        span.rename(f"{method} {route}")
        known = {f"omnireel.{name}": str(fact) for name, fact in get_contextvars().items()}
        span.tell({"http.request.method": method, "http.route": route, "http.response.status_code": status})
        span.tell(known)
        if status >= 500:
            span.fail(str(status))
        _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


class _Answer:
    """One answer on its way out."""

    def __init__(self, send: Send, state: dict[str, Any], stopping: Callable[[], bool]) -> None:
        self._send = send
        self._state = state
        self._stopping = stopping
        self.status = 0
        """0 while nothing was answered: the caller may have hung up."""

    @property
    def started(self) -> bool:
        return self.status > 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._state["request_id"]
            headers.setdefault("X-Content-Type-Options", "nosniff")
            if self._stopping():
                headers["Connection"] = "close"
            headers.update(self._state.get("rate_headers", {}) | self._state.get("promise", {}))
        await self._send(message)


def _route(scope: Scope) -> str:
    """The template of the path, so that neither ids nor what strangers try can end in logs and numbers."""
    return getattr(scope.get("route"), "path", "unmatched")


def _request_id(scope: Scope) -> str:
    """The caller's own id when it is a sane one, else a new one."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _SANE_ID.fullmatch(sent) else f"req-{token_hex(12)}"
