"""One bridge process, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Final

import structlog

from omnireel.execution.cluster.messages import Opening, Order, Report

GOODBYE_SECONDS: Final = 8.0
_PROGRAM: Final = "omnireel.execution.cluster.bridge"
_LONGEST_LINE: Final = 1000

log = structlog.get_logger(__name__)


class Session:
    """A running bridge. Create it on a thread that lives as long: the kernel ends one with the other."""

    def __init__(self, opening: Opening) -> None:
        self._pipe, theirs = Pipe()
        try:
            self._process = _start(theirs)
        except BaseException:
            self._pipe.close()
            raise
        finally:
            theirs.close()
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._connected = False
        # A pipe that nobody empties must hold up neither a poll nor the news.
        for target, words in ((self._write, (opening,)), (_repeat, (self._process.stderr,))):
            Thread(target=target, args=words, name="ray-bridge-words", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, order: Order) -> None:
        """Never waits."""
        self._orders.put(order)

    def reports(self) -> Iterator[Report]:
        """What the bridge says, until it ends."""
        with suppress(EOFError, OSError):
            while True:
                report: Report = self._pipe.recv()
                self._connected = True
                yield report

    def hang_up(self) -> None:
        """Ask it to end; returns at once."""
        self._orders.put(None)
        if not self._connected:
            # It waits for a cluster and hears nothing; it holds nothing either.
            self._process.kill()

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> str:
        """See that it has ended; how it did."""
        self.hang_up()
        try:
            status = self._process.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._pipe.close()
        return f"status {status}" if status >= 0 else f"signal {-status}"

    def _write(self, opening: Opening) -> None:
        with suppress(OSError):
            self._pipe.send(opening)
            while (order := self._orders.get()) is not None:
                self._pipe.send(order)
            _shut(self._pipe)


def _start(theirs: Connection[Any, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", _PROGRAM, str(theirs.fileno()), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(os.environ),
        pass_fds=(theirs.fileno(),),
        start_new_session=True,
    )


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Ours without what only the server may know: whoever finds Ray finds its processes."""
    hidden = ("OMNIREEL_", "AWS_", "PG")
    return {name: value for name, value in ours.items() if not name.startswith(hidden)}


def _shut(pipe: Connection[Any, Any]) -> None:
    """End what we say, so that the other side's reading ends."""
    import socket

    with socket.socket(fileno=os.dup(pipe.fileno())) as end:
        end.shutdown(socket.SHUT_WR)


def _repeat(stderr: IO[bytes]) -> None:
    for line in stderr:
        log.warning("ray_said", line=line.decode(errors="replace").strip()[:_LONGEST_LINE])
    stderr.close()
