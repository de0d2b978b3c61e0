"""A real HTTP server on the loopback whose answers a test scripts, faults included."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "omr_live_test"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to send. `cut` closes the connection after that many bytes of the body; `slow` waits first."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    slow: float = 0.0


Script = Answer | Callable[[Seen], Answer]


@dataclass
class Loopback:
    """Plays `script` answer by answer (the last one repeats) and keeps what was asked."""

    base_url: str
    script: list[Script] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, seen: Seen) -> Answer:
        with self.lock:
            self.seen.append(seen)
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return step(seen) if callable(step) else step


def enveloped(data: object, *, status: int = 200, **headers: str) -> Answer:
    body = json.dumps({"code": 0, "message": "success", "data": data}).encode()
    return Answer(status, body, {"Content-Type": "application/json", "X-Request-ID": "req-1"} | headers)


def refused(status: int, message: str, **headers: str) -> Answer:
    body = json.dumps({"code": status, "message": message}).encode()
    return Answer(status, body, {"Content-Type": "application/json", "X-Request-ID": "req-1"} | headers)


def receipt(task_id: str = "task-t2v-abc") -> dict[str, object]:
    return {"status": "pending", "task_id": task_id, "model_id": "kling-video-o1"}


def closed_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving() -> Iterator[Loopback]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _play(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = loopback.answer(Seen(self.command, self.path, headers, body))
            time.sleep(answer.slow)
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])
            self.close_connection = answer.cut is not None

        def do_GET(self) -> None:
            self._play()

        def do_POST(self) -> None:
            self._play()

        def do_DELETE(self) -> None:
            self._play()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is part of some tests."""

    server = Server(("127.0.0.1", 0), Handler)
    loopback = Loopback(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


HANG_UP = Answer(status=0)
"""Close the connection without a word."""
