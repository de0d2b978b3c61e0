"""What a dispatcher knows of a database that went away."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


class Outage:
    """Whether the database is away, or was so for so long that leases may have lapsed.

    While it is away nobody can renew a lease. After more than a `heartbeat` of that (seconds), nothing is to
    be taken from others for another heartbeat: by then every worker that lives has renewed what it holds, and
    an attempt outlives any outage shorter than its lease.
    """

    def __init__(self, heartbeat: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._heartbeat = heartbeat
        self._now = now
        self._since: float | None = None
        self._settled_at = 0.0

    @property
    def away(self) -> bool:
        return self._since is not None

    @property
    def settled(self) -> bool:
        """Whether others have had their time to renew, too."""
        return not self.away and self._now() >= self._settled_at

    def began(self) -> None:
        """The database did not answer."""
        if self._since is None:
            self._since = self._now()
            log.warning("database away")

    def over(self) -> None:
        """The database answered."""
        if self._since is None:
            return
        now = self._now()
        lasted = now - self._since
        if lasted > self._heartbeat:
            self._settled_at = now + self._heartbeat
        self._since = None
        log.warning("database back", seconds=round(lasted, 1))
