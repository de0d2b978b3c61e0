"""An S3 server on loopback: the protocol as it is, kept in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count

from moto.server import ThreadedMotoServer

from omnireel.storage.s3_troubles import Bucket

REGION = "us-east-1"


class S3Server:
    """The server, and buckets in it."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        self.host, self.port = self._server.get_host_and_port()
        self._numbers = count(1)

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    def new_bucket(self, prefix: str = "") -> Bucket:
        """An empty bucket."""
        name = f"bucket-{next(self._numbers)}"
        self._ask("PUT", f"/{name}")
        return self.named(name, prefix)

    def named(self, name: str, prefix: str = "") -> Bucket:
        """A bucket by this name, whether there is one or not."""
        return Bucket(name, prefix, self.endpoint, REGION)

    @contextmanager
    def suspicious(self) -> Iterator[None]:
        """Meanwhile the server looks at who asks, and knows nobody."""
        self._ask("POST", "/moto-api/reset-auth", b"0")
        try:
            yield
        finally:
            self._ask("POST", "/moto-api/reset-auth", b"inf")

    def close(self) -> None:
        self._server.stop()

    def _ask(self, method: str, path: str, body: bytes = b"") -> None:
        connection = HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
        finally:
            connection.close()
