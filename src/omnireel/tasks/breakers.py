"""Circuit breakers: an engine that cannot be reached is left alone for a while, then tried with one task.

Each process learns for itself, from its own attempts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from omnireel.errors import EngineLost, EngineUnavailable

TROUBLE: Final = frozenset({EngineLost.type, EngineUnavailable.type})
"""Failures that say something about the engine, and not about what it was asked."""


@dataclass
class _State:
    failures: int = 0
    closed_until: float = 0.0
    pause: float = 0.0
    reason: str = ""


class Breakers:
    """After `threshold` failures in a row an engine is left alone for `pause` seconds, then for twice as long
    each time, at most `longest`. In between it gets one attempt, which decides.

    `now` is a clock in seconds that never goes back.
    """

    def __init__(
        self,
        *,
        threshold: int = 3,
        pause: float = 30.0,
        longest: float = 600.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._pause = pause
        self._longest = longest
        self._now = now
        self._states: dict[str, _State] = {}

    def objection(self, engine: str) -> str | None:
        """Why the engine should not be given an attempt now. None allows one, and counts it as begun."""
        state = self._states.get(engine)
        if state is None or state.failures < self._threshold:
            return None
        left = state.closed_until - self._now()
        if left > 0:
            return f"left alone for {left:.0f} s after {state.failures} failures, the last: {state.reason}"
        # One attempt at a time: whoever comes while it runs waits for another pause.
        state.closed_until = self._now() + state.pause
        return None

    def succeeded(self, engine: str) -> None:
        """It works, or at least answers."""
        self._states.pop(engine, None)

    def failed(self, engine: str, reason: str) -> None:
        """It could not be reached, or went away."""
        state = self._states.setdefault(engine, _State())
        state.failures += 1
        state.reason = reason
        if state.failures >= self._threshold:
            state.pause = min(self._longest, 2 * state.pause or self._pause)
            state.closed_until = self._now() + state.pause
