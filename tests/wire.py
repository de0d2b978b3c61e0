"""A wire to a server on this machine that can be cut and mended."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

_PIECE = 64 * 1024
_CONNECT_SECONDS = 5.0


class Wire:
    """Listens on `port` and carries what comes to `to`, a port of 127.0.0.1, and back."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._cut = False
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and from now on every new one."""
        with self._lock:
            self._cut = True
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        with self._lock:
            self._cut = False

    def close(self) -> None:
        self._door.close()
        self.cut()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        there = "127.0.0.1", self._to
        with near, suppress(OSError), socket.create_connection(there, _CONNECT_SECONDS) as far:
            far.settimeout(None)
            with self._lock:
                if self._cut:
                    return
                self._open |= {near, far}
            back = Thread(target=_pour, args=(far, near), daemon=True)
            back.start()
            _pour(near, far)
            back.join()
            with self._lock:
                self._open -= {near, far}


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def wire(to: int) -> Iterator[Wire]:
    made = Wire(to)
    try:
        yield made
    finally:
        made.close()
