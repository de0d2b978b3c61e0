"""Who waits for a place, so that those who need much are not passed by for ever by those who need little."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Final

from omnireel.execution.cluster.fit import fitting
from omnireel.execution.cluster.messages import Shape

PATIENCE_SECONDS: Final = 10.0
"""How long somebody waits before nobody new is let in."""


class Waiting:
    """Attempts that no node has room for yet. `usual` is the shape that room is counted in: who waits with
    it is overtaken by nobody.
    """

    def __init__(self, usual: Shape, now: Callable[[], float] = time.monotonic) -> None:
        self._usual = usual
        self._since: dict[object, tuple[Shape, float]] = {}
        self._lock = Lock()
        self._now = now

    @contextmanager
    def here(self, shape: Shape) -> Iterator[None]:
        """Inside, somebody waits."""
        ticket = object()
        with self._lock:
            self._since[ticket] = shape, self._now()
        try:
            yield
        finally:
            with self._lock:
                del self._since[ticket]

    def overtaken(self, nodes: Iterable[Mapping[str, float]]) -> bool:
        """Whether somebody has waited for long who would fit onto an empty one of these nodes."""
        with self._lock:
            long = {
                shape
                for shape, since in self._since.values()
                if shape != self._usual and self._now() - since > PATIENCE_SECONDS
            }
        return any(fitting(shape, node) for node in nodes for shape in long)
