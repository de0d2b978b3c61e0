"""How many requests a team may send: a fixed window of one minute, counted in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from omnireel.clock import Clock

WINDOW = 60
"""Seconds. Windows begin with the minute, for every team alike."""


@dataclass(frozen=True)
class Allowance:
    """What a team has left. `reset` is when the next window begins, in unix seconds."""

    limit: int
    used: int
    reset: int
    now: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> Mapping[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": str(self.reset),
        }

    @property
    def retry_after(self) -> int:
        """Seconds until asking again can help."""
        return max(1, self.reset - self.now)


class RequestLimiter:
    """Counts requests. Only the present window is remembered, so a minute's teams bound the memory."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = Lock()
        self._window = 0
        self._used: Counter[str] = Counter()

    def count(self, team: str) -> Allowance:
        """Count one request of this team."""
        now = int(self._clock.now().timestamp())
        window = now - now % WINDOW
        with self._lock:
            # Never backwards: a clock that is set back must not open a second window.
            if window > self._window:
                self._window, self._used = window, Counter()
            self._used[team] += 1
            return Allowance(self._per_minute, self._used[team], self._window + WINDOW, now)
