"""uvicorn, hardened: a deadline and a size for request headers, and no plain-text refusals."""

from __future__ import annotations

import asyncio
from secrets import token_hex
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from omnireel.api.problems import Problem, problem_body

HEADER_SECONDS = 10.0
"""From the connection, or from a request's first byte, to the end of its headers."""
HEADER_BYTES = 32 * 1024
HEADER_COUNT = 100
_KEEP_ALIVE = 15
_BACKLOG = 512
MOST_CONNECTIONS = 800
"""Below the 1,024 open files that a process commonly gets."""
_REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class GuardedProtocol(HttpToolsProtocol):
    """One connection. Whoever sends too many header bytes, or too slowly, is answered once and cut off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_headers = True
        self._answering = False
        self._header_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            retry = {"Retry-After": "5"}
            self._refuse(Problem(503, "Service unavailable", "too many connections are open", retry))
        else:
            self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_headers:
            self._header_bytes += len(data)
            self._start_deadline()
        super().data_received(data)
        if self._in_headers and self._header_bytes > HEADER_BYTES:
            self._refuse_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        size = sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > HEADER_COUNT or size > HEADER_BYTES:
            self._refuse_headers()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._stop_deadline()
        if not self.transport.is_closing():
            self._answering = True
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stop_deadline()
        self._in_headers = True
        self._header_bytes = 0

    def on_response_complete(self) -> None:
        self._answering = bool(self.pipeline)
        super().on_response_complete()
        if not self._in_headers:
            # Answered before the body's end: its sender gets a little time to finish, not for ever.
            self._start_deadline()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Problem(400, "Invalid format", "this is not a valid HTTP request"))

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self._answering:
            # Stray bytes behind a request that is still being answered must not cut its answer short.
            self._start_deadline()
        elif not self._in_headers:
            self.transport.close()
        else:
            self._refuse(Problem(408, "Request timeout", f"no headers within {HEADER_SECONDS:g} seconds"))

    def _refuse_headers(self) -> None:
        self._refuse(
            Problem(431, "Headers too large", f"at most {HEADER_COUNT} headers, {HEADER_BYTES} bytes")
        )

    def _refuse(self, problem: Problem) -> None:
        if self.transport.is_closing():
            return
        body = problem_body(problem)
        more = "".join(f"{name.lower()}: {value}\r\n" for name, value in problem.headers.items())
        head = (
            f"HTTP/1.1 {problem.status} {_REASONS[problem.status]}\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            f"x-request-id: req-{token_hex(12)}\r\n"
            f"{more}connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def server_config(
    app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, drain_seconds: int | None = None
) -> uvicorn.Config:
    """How to serve the application. Logging is left to whoever starts the process."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=drain_seconds,
    )
