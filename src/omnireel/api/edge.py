"""The outermost layer: a request id on every answer, rate headers where known, no fault that gets past."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omnireel.api.problems import internal_error, problem_response

_log = structlog.get_logger()
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


class Edge:
    """Wraps the application. Puts `request_id` into the request's state before anything else looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        answer = _Answer(send, state)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            _log.exception("request failed", request_id=state["request_id"], path=scope["path"])
            if answer.started:
                # Too late for an envelope; the server cuts the connection so that nobody thinks this whole.
                raise
            await problem_response(internal_error())(scope, receive, answer.send)


class _Answer:
    """One answer on its way out."""

    def __init__(self, send: Send, state: dict[str, Any]) -> None:
        self._send = send
        self._state = state
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._state["request_id"]
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.update(self._state.get("rate_headers", {}))
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The caller's own id when it is a sane one, else a new one."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _SANE_ID.fullmatch(sent) else f"req-{token_hex(12)}"
