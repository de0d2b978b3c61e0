"""`/metrics` on an address of its own, so that it never stands where strangers ask."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from threading import BoundedSemaphore, Thread
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

PATH: Final = "/metrics"
_SECONDS: Final = 10.0
"""A scraper that is slower than this is cut off."""
_AT_ONCE: Final = 8


class Exposition:
    """Answers scrapes of a registry on threads of its own until closed. Raises OSError for a taken port."""

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        self._server = _Server(registry, host, port)
        self._thread = Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self.registry = registry
        self.room = BoundedSemaphore(_AT_ONCE)
        super().__init__((host, port), _Scrape)


class _Scrape(BaseHTTPRequestHandler):
    timeout = _SECONDS
    server: _Server

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self._answer(HTTPStatus.NOT_FOUND, b"metrics are at /metrics\n", "text/plain")
        elif self.server.room.acquire(blocking=False):
            try:
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                self._answer(HTTPStatus.OK, encode(self.server.registry), content_type)
            finally:
                self.server.room.release()
        else:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"too many scrapes at once\n", "text/plain")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Scrapes are not worth a line."""

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
