"""How many requests a team may send: a fixed window of one minute, counted for all processes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from omnireel.tasks.counts import Count, RequestCounts


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
    """Holds each team to its requests per minute."""

    def __init__(self, per_minute: int, counts: RequestCounts) -> None:
        self._per_minute = per_minute
        self._counts = counts

    def count(self, team: str) -> Allowance:
        """Count one request of this team. Raises DatabaseAway."""
        return Allowance(self._per_minute, self._counts.count(team))
