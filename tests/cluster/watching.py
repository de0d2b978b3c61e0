"""What became of tasks, by their rows: which attempt was seen when, and how each ended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sqlalchemy import Engine, select, text

from omnireel.tasks.tables import task

LOOK_SECONDS = 0.1


@dataclass
class Watched:
    """Looks at the rows of some tasks until all have ended."""

    database: Engine
    names: Collection[str]
    seen: dict[tuple[str, int], float] = field(default_factory=dict)
    """When each attempt was first seen, seconds of the monotonic clock."""
    status: dict[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> int:
        return sum(status not in ("pending", "processing") for status in self.status.values())

    def look(self) -> None:
        of = task.c
        with self.database.connect() as connection:
            rows = connection.execute(select(of.task_id, of.status, of.attempt)).all()
        now = time.monotonic()
        for name, status, attempt in rows:
            self.status[name] = status
            if status != "pending":
                self.seen.setdefault((name, attempt), now)

    def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Look again and again. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {seconds:g} s: {Counter(self.status.values())}")
            time.sleep(LOOK_SECONDS)
            self.look()

    def running(self) -> dict[str, int]:
        """The attempts that run now, by their tasks."""
        newest = dict(sorted(self.seen))
        return {name: newest[name] for name, status in self.status.items() if status == "processing"}

    def endings(self) -> Counter[str]:
        """How often each task was ended, by the database's own count."""
        with self.database.connect() as connection:
            return Counter(connection.execute(text("SELECT task_id FROM ending")).scalars())
