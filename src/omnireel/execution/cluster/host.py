"""An actor on a node: holds a local executor with one place and lends it to one attempt after the other.

So everything that guards an attempt on one machine (box, limits, kernels, kill rules) guards it here. The
calls are short or bounded; Ray runs them on several threads.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from importlib import import_module
from threading import Lock
from typing import Any, cast

from omnireel.execution.base import Attempt
from omnireel.execution.cluster.carrying import CHUNK, files_of
from omnireel.execution.cluster.host_log import HostLog
from omnireel.execution.cluster.messages import HostReport, News, Terms
from omnireel.execution.cluster.work import NodeExecutor, Work

WATCH_SECONDS = 1.0
"""How long a question for news may wait for some."""


class AttemptHost:
    """The actor. Raises RuntimeError when the node has another version of the program."""

    def __init__(self, terms: Terms, threads: int) -> None:
        import ray

        from omnireel.version import __version__

        if terms.version != __version__:
            raise RuntimeError(f"the node has omnireel {__version__}, its dispatcher {terms.version}")
        self._log = HostLog()
        self._executor = _opener(terms.node)(terms.settings, threads)
        self._node: str = ray.get_runtime_context().get_node_id()
        self._work: Work | None = None
        self._engine = ""
        self._early: dict[int, bool] = {}
        self._lock = Lock()

    def begin(self, number: int, attempt: Attempt) -> str:
        """Start an attempt; the name of the machine. What goes wrong from here on is its ending."""
        with self._lock:
            if self._work is not None:
                self._work.close()
            self._engine = attempt.engine
            self._log.forget()
            self._work = Work(number, attempt, self._executor, self._log)
            # Calls may overtake each other.
            if number in self._early:
                self._work.stop(hand_over=self._early[number])
            self._early.clear()
            self._work.open()
        return socket.gethostname()

    def watch(self, number: int, seen: int) -> News:
        """What is known of it once there is more than `seen`, or after a second."""
        return self._at(number).news(seen, WATCH_SECONDS)

    def stop(self, number: int, *, hand_over: bool) -> None:
        with self._lock:
            if self._work is not None and self._work.number == number:
                self._work.stop(hand_over=hand_over)
            else:
                self._early[number] = hand_over

    def confirm(self, number: int, note: str) -> None:
        self._at(number).confirm(note)

    def read(self, number: int, part: str, offset: int) -> bytes:
        """A piece of a finished file. Raises LookupError, OSError."""
        path = dict(files_of(self._at(number).clip))[part]
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(CHUNK)

    def release(self, number: int) -> None:
        """End it when it still runs, and forget its files. Once is enough."""
        with self._lock:
            if self._work is None or self._work.number != number:
                return
            self._work.close()
            self._work = None

    def report(self) -> HostReport:
        with self._lock:
            work = self._work
        machine = socket.gethostname()
        if work is None:
            return HostReport(self._node, machine, self._engine, "", 0, 0.0, 0.0)
        told = work.attempt
        return HostReport(
            self._node, machine, told.engine, told.task_id, told.number, work.progress, work.began
        )

    def _at(self, number: int) -> Work:
        with self._lock:
            if self._work is None or self._work.number != number:
                raise LookupError("this host knows nothing of the attempt any more")
            return self._work


def _opener(name: str) -> Callable[[Any, int], NodeExecutor]:
    module, _, function = name.partition(":")
    return cast("Callable[[Any, int], NodeExecutor]", getattr(import_module(module), function))
