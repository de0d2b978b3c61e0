"""How many requests a team may send: a fixed window of one minute, counted for all processes together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from omnireel.clock import Clock, SystemClock
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.counts import WINDOW, Count, RequestCounts


@dataclass(frozen=True)
class Allowance:
    """What a team has left."""

    limit: int
    count: Count

    @property
    def exceeded(self) -> bool:
        return self.count.used > self.limit

    @property
    def headers(self) -> Mapping[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.count.used)),
            "X-RateLimit-Reset": str(self.count.ends),
        }

    @property
    def retry_after(self) -> int:
        """Seconds until asking again can help."""
        return max(1, self.count.ends - self.count.now)


class RequestLimiter:
    """Holds each team to its requests per minute.

    While the common count cannot be written, because a disk is full for instance, each process goes by what
    it has seen itself: results stay within reach when nothing can be written.
    """

    def __init__(self, per_minute: int, counts: RequestCounts, clock: Clock | None = None) -> None:
        self._per_minute = per_minute
        self._counts = counts
        self._seen = _Seen(clock or SystemClock())

    def count(self, team: str) -> Allowance:
        """Count one request of this team."""
        try:
            found = self._counts.count(team)
        except DatabaseAway:
            found = self._seen.count(team)
        return Allowance(self._per_minute, found)


class _Seen:
    """What one process counts for itself in one minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._minute = 0
        self._used = Counter[str]()

    def count(self, team: str) -> Count:
        now = int(self._clock.now().timestamp())
        with self._lock:
            if now // WINDOW != self._minute:
                self._minute, self._used = now // WINDOW, Counter()
            self._used[team] += 1
            return Count(self._used[team], (self._minute + 1) * WINDOW, now)
