"""A network that carries every request and loses some of the answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class LossyWire:
    """Passes bytes on to a local port. Answers to the first `lose` requests with `marked` never arrive."""

    def __init__(self, target: int, marked: bytes, lose: int) -> None:
        self._target = target
        self._marked = marked
        self._left = lose
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.lost = 0

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _carry(self, near: socket.socket) -> None:
        losing = threading.Event()
        with suppress(OSError), near, socket.create_connection(("127.0.0.1", self._target)) as far:
            threading.Thread(target=self._carry_back, args=(far, near, losing), daemon=True).start()
            while block := near.recv(65536):
                if self._marked in block and self._left:
                    self._left -= 1
                    losing.set()
                far.sendall(block)

    def _carry_back(self, far: socket.socket, near: socket.socket, losing: threading.Event) -> None:
        with suppress(OSError):
            while block := far.recv(65536):
                if losing.is_set():
                    self.lost += 1
                    near.shutdown(socket.SHUT_RDWR)
                    return
                near.sendall(block)


@contextmanager
def lossy_wire(target: int, marked: bytes, lose: int) -> Iterator[LossyWire]:
    wire = LossyWire(target, marked, lose)
    thread = threading.Thread(target=wire.serve)
    thread.start()
    try:
        yield wire
    finally:
        wire.close()
        thread.join(10)
