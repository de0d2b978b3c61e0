"""The process between an executor and Ray.

Ray ends the process that it lives in when it loses the cluster's head for a minute, and waits inside calls
for as long. Neither may happen to a server. So Ray lives here: when this process dies or falls silent, its
attempts are lost, the executor starts another, and Ray ends the hosts of the one that is gone.

Started as `python -m omnireel.execution.cluster.bridge DESCRIPTOR PARENT`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Any, Final

import structlog

from omnireel.execution.cluster.errand import Errand
from omnireel.execution.cluster.fit import fitting
from omnireel.execution.cluster.hosts import Hosts
from omnireel.execution.cluster.joining import free_by_node, join, total_by_node
from omnireel.execution.cluster.messages import (
    Begin,
    Confirm,
    Drop,
    Ended,
    Opening,
    Order,
    Report,
    Room,
    Stop,
)
from omnireel.logs import configure_logs
from omnireel.media.syscalls import die_with_parent

log = structlog.get_logger(__name__)

ROOM_SECONDS: Final = 0.5
"""Between looks at what is free."""
GOODBYE_SECONDS: Final = 5.0


class Bridge:
    """Does what the executor says, and tells it what happens."""

    def __init__(self, pipe: Connection[Report, Any], opening: Opening) -> None:
        self._pipe = pipe
        self._opening = opening
        self._hosts = Hosts(opening)
        self._errands: dict[int, Errand] = {}
        self._lock = Lock()

    def run(self) -> None:
        """Until the executor goes away."""
        Thread(target=self._look, name="room", daemon=True).start()
        while True:
            try:
                order = self._pipe.recv()
            except (EOFError, OSError):
                return
            self._do(order)

    def _do(self, order: Order) -> None:
        if isinstance(order, Begin):
            errand = Errand(order, self._hosts, self._opening.grace, self._tell)
            self._errands[order.number] = errand
            errand.open()
        elif (known := self._errands.get(order.number)) is not None:
            self._pass_on(order, known)

    def _pass_on(self, order: Stop | Confirm | Drop, errand: Errand) -> None:
        match order:
            case Stop(hand_over=hand_over):
                errand.stop(hand_over=hand_over)
            case Confirm(note=note):
                errand.confirm(note)
            case Drop():
                errand.drop()

    def _tell(self, report: Report) -> None:
        if isinstance(report, Ended):
            self._errands.pop(report.number, None)
        with self._lock:
            try:
                self._pipe.send(report)
            except OSError:
                # Nobody is left to work for.
                os._exit(0)

    def _look(self) -> None:
        while True:
            try:
                self._hosts.expire()
                self._tell(Room(self._places()))
            except Exception:
                # What was told grows old, and then nothing new is begun.
                log.exception("room_unknown")
            time.sleep(ROOM_SECONDS)

    def _places(self) -> int:
        if self._hosts.waiting.overtaken(total_by_node().values()):
            return 0
        free = sum(fitting(self._opening.usual, node) for node in free_by_node().values())
        return self._hosts.placed + free


def main() -> None:
    """Never returns."""
    descriptor, parent = int(sys.argv[1]), int(sys.argv[2])
    die_with_parent(parent)
    pipe: Connection[Report, Any] = Connection(descriptor)
    opening: Opening = pipe.recv()
    configure_logs("json", "warning")
    try:
        join()
    except (ConnectionError, RuntimeError, ValueError) as error:
        # One line: it is tried again and again.
        sys.exit(f"no cluster to join: {str(error).partition(chr(10))[0]}")
    # Who is told to stop, with all its processes, first lets its attempts end; and Ray has handlers.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    Bridge(pipe, opening).run()
    _leave()


def _leave() -> None:
    import ray

    def give_up() -> None:
        time.sleep(GOODBYE_SECONDS)
        os._exit(1)

    Thread(target=give_up, daemon=True).start()
    ray.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
