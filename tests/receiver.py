"""A receiver of webhooks on a loopback address, which keeps what it is sent and answers as told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread

Say = Callable[["Received"], tuple[int, Mapping[str, str]]]
"""From what came to a status and headers."""


@dataclass(frozen=True)
class Received:
    """One request. Header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def ok(_: Received) -> tuple[int, Mapping[str, str]]:
    return 204, {}


class Receiver:
    """What came, in the order in which it came."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[Received] = []
        self.say: Say = ok
        self._news = Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def take(self, request: Received) -> tuple[int, Mapping[str, str]]:
        with self._news:
            self.received.append(request)
            self._news.notify_all()
        return self.say(request)

    def wait(self, count: int, seconds: float = 60) -> list[Received]:
        """What came, once it is so much."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return list(self.received)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:
            # The sender died in the middle of it: no receiver takes that for a message.
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, extra = self.server.receiver.take(Received(self.path, headers, body))
        self.send_response(status)
        for name, value in {"Content-Length": "0", **extra}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keeps the tests' output clean."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.receiver = Receiver(server.server_address[1])
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.receiver
        finally:
            server.shutdown()
            thread.join()
