"""Small HTTP servers on loopback addresses, honest and otherwise, and canaries nobody may touch."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

Reply = Callable[[str, socket.socket], None]
"""Answers one request: the path asked for and the connection to answer on."""


def respond(
    connection: socket.socket, body: bytes = b"", status: str = "200 OK", headers: tuple[str, ...] = ()
) -> None:
    """An ordinary HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode() + body)


class Listener:
    """Accepts connections on one address and counts them. Each gets one answer and is closed."""

    def __init__(self, host: str, reply: Reply, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self._socket.listen(64)
        self._reply = reply
        self._tls = tls
        self.port: int = self._socket.getsockname()[1]
        self.hits = 0
        self.requests: list[bytes] = []
        self.closing = Event()
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request and (chunk := connection.recv(4096)):
                request += chunk
            self.requests.append(request)
            self._reply([*request.decode("latin-1").split(" ", 2), "", ""][1], connection)
            connection.close()

    def close(self) -> None:
        self.closing.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def listening(
    reply: Reply, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[Listener]:
    listener = Listener(host, reply, port, tls)
    try:
        yield listener
    finally:
        listener.close()


class ConnectionLog:
    """Every address this process tries to connect to, as the interpreter itself reports it."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self._on = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._on and event == "socket.connect" and isinstance(arguments[1], tuple):
            self.addresses.append(str(arguments[1][0]))

    def close(self) -> None:
        self._on = False
