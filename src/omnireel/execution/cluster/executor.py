"""Attempts as processes on the nodes of a Ray cluster."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final

import structlog

from omnireel.errors import Unavailable
from omnireel.execution import scratch
from omnireel.execution.base import Attempt
from omnireel.execution.cluster.handle import RayHandle
from omnireel.execution.cluster.link import Link
from omnireel.execution.cluster.messages import (
    Alive,
    Begin,
    Ended,
    Opening,
    Report,
    Room,
    Said,
    Shape,
    Terms,
)
from omnireel.execution.scratch import Scratch

FRESH_SECONDS: Final = 15.0
"""How long what was free may be believed to be."""

log = structlog.get_logger(__name__)


class RayExecutor:
    """Runs attempts wherever the cluster that `RAY_ADDRESS` names has room, `most` of them at once.

    Clips come into folders under `scratch_root`. `shape_of` says what an attempt with an engine takes;
    `usual` is the shape that room is measured in. `waiting` attempts more than there is room for may wait in
    Ray, where its autoscaler sees them. `spread` puts attempts on as many nodes as there are, else on as few.
    `grace` is in seconds.
    """

    def __init__(
        self,
        scratch_root: Path,
        terms: Terms,
        *,
        shape_of: Callable[[str], Shape],
        usual: Shape,
        most: int,
        waiting: int = 0,
        spread: bool = True,
        grace: float = 5.0,
    ) -> None:
        self._root = scratch_root.resolve()
        self._shape_of = shape_of
        self._most = most
        self._waiting = waiting
        self._numbers = count(1)
        self._handles: dict[int, RayHandle] = {}
        self._starting = 0
        self._room = 0
        self._measured = float("-inf")
        self._lock = Lock()
        self._link = Link(Opening(terms, usual, spread, grace), self._hear, self._lose)
        self._link.open()

    @property
    def bridge(self) -> int | None:
        """The process number of what connects us; None while nothing does."""
        return self._link.pid

    def capacity(self) -> int:
        """Zero while the cluster does not say what it has free."""
        with self._lock:
            if time.monotonic() - self._measured > FRESH_SECONDS:
                return 0
            running = sum(handle.running for handle in self._handles.values()) + self._starting
            places = min(
                self._most - len(self._handles) - self._starting, self._room + self._waiting - running
            )
            return max(0, places)

    def start(self, attempt: Attempt) -> RayHandle:
        """Begin an attempt; what goes wrong from here on is its ending, waiting for a node included.

        Raises Unavailable when the most there may be are there, when the cluster is not connected, and when
        the disk has no room for a scratch folder.
        """
        with self._lock:
            if len(self._handles) + self._starting >= self._most:
                raise Unavailable(f"all {self._most} places for attempts are taken")
            self._starting += 1
        try:
            return self._begin(attempt)
        finally:
            with self._lock:
                self._starting -= 1

    def prepare(self, engine: str) -> None:
        """Nothing: each node prepares its engines itself, before the first attempt there."""

    def close(self) -> None:
        with self._lock:
            handles = list(self._handles.values())
        for handle in handles:
            handle.close()
        self._link.close()

    def _begin(self, attempt: Attempt) -> RayHandle:
        try:
            place = scratch.create(self._root)
        except OSError as error:
            raise Unavailable(f"no scratch folder can be made: {error}") from error
        handle = RayHandle(next(self._numbers), attempt, place, self._link.send, self._release)
        with self._lock:
            self._handles[handle.number] = handle
        try:
            self._link.send(self._order(handle, attempt, place))
        except BaseException as error:
            handle.close()
            if isinstance(error, ConnectionError):
                raise Unavailable(str(error)) from error
            raise
        return handle

    def _order(self, handle: RayHandle, attempt: Attempt, place: Scratch) -> Begin:
        return Begin(handle.number, attempt, self._shape_of(attempt.engine), place.parts.work)

    def _release(self, handle: RayHandle) -> None:
        with self._lock:
            self._handles.pop(handle.number, None)

    def _hear(self, report: Report) -> None:
        match report:
            case Room(places=places):
                self._measure(places)
            case Alive(number=number) | Said(number=number) | Ended(number=number):
                with self._lock:
                    handle = self._handles.get(number)
                if handle is not None:
                    handle.hear(report)

    def _measure(self, places: int) -> None:
        with self._lock:
            first = self._measured == float("-inf")
            self._room, self._measured = places, time.monotonic()
        if first:
            log.info("ray_connected", places=places)

    def _lose(self, how: str) -> None:
        """The bridge is gone, and with it every host it had."""
        with self._lock:
            self._room, self._measured = 0, float("-inf")
            handles = list(self._handles.values())
        for handle in handles:
            handle.lose(f"the connection to the cluster ended ({how})")
