"""A host's log: on the node as everywhere, and kept for the dispatcher, whose log it ends in too."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

import structlog

from omnireel.execution.cluster.messages import Line
from omnireel.logs import configure_logs

MOST: Final = 200
"""Lines kept for a dispatcher that does not ask."""
_LONGEST: Final = 8000
_KNOWN: Final = frozenset({"event", "level", "task", "attempt", "trace_id"})
"""What the dispatcher says itself."""


class HostLog:
    """The lines of this process, each with the version of the news that it came with."""

    def __init__(self) -> None:
        self._lines: deque[tuple[int, Line]] = deque(maxlen=MOST)
        self._undated: deque[Line] = deque(maxlen=MOST)
        self._lock = Lock()
        configure_logs("json")
        *facts, renderer = structlog.get_config()["processors"]
        structlog.configure(processors=[*facts, self._keep, renderer])

    @property
    def fresh(self) -> bool:
        """Whether there are lines that no news came with."""
        return bool(self._undated)

    def date(self, version: int) -> None:
        """What was logged until now belongs to this version of the news."""
        with self._lock:
            self._lines.extend((version, line) for line in self._undated)
            self._undated.clear()

    def since(self, seen: int, version: int) -> tuple[Line, ...]:
        with self._lock:
            return tuple(line for dated, line in self._lines if seen < dated <= version)

    def forget(self) -> None:
        """The next attempt counts its versions anew."""
        with self._lock:
            self._lines.clear()

    def _keep(
        self, logger: structlog.types.WrappedLogger, name: str, event: structlog.types.EventDict
    ) -> structlog.types.EventDict:
        facts = {key: str(value)[:_LONGEST] for key, value in event.items() if key not in _KNOWN}
        facts["node_time"] = facts.pop("timestamp", "")
        with self._lock:
            self._undated.append(Line(str(event.get("level", "info")), str(event["event"])[:_LONGEST], facts))
        return event
