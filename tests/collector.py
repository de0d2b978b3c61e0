"""An OpenTelemetry collector on a loopback address that keeps the spans it is sent."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector:
    """What came, decoded and as it was."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.spans: list[Span] = []
        self.bodies: list[bytes] = []
        self.services: set[str] = set()
        self._news = Condition()

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        with self._news:
            self.bodies.append(body)
            for of_resource in request.resource_spans:
                attributes = {item.key: item.value.string_value for item in of_resource.resource.attributes}
                self.services.add(attributes.get("service.name", ""))
                for of_scope in of_resource.scope_spans:
                    self.spans += of_scope.spans
            self._news.notify_all()

    def wait(self, name: str, seconds: float = 30) -> Span:
        """The first span of this name, once it has come."""
        with self._news:
            found = self._news.wait_for(lambda: [span for span in self.spans if span.name == name], seconds)
        assert found, [span.name for span in self.spans]
        return found[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    collector: Collector


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
        if good:
            gzipped = self.headers.get("Content-Encoding") == "gzip"
            self.server.collector.take(gzip.decompress(body) if gzipped else body)
        self.send_response(200 if good else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet."""


@contextmanager
def collecting() -> Iterator[Collector]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.collector = Collector(server.server_address[1])
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.collector
        finally:
            server.shutdown()
