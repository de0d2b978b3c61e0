"""Who works on tasks, by their own reports. Nothing is decided by it: leases alone tell whose a task is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, literal, select, update

from omnireel.clock import Clock
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import DatabaseNow, insert_once
from omnireel.tasks.tables import worker

FORGOTTEN: Final = timedelta(days=1)
"""A worker that was not heard of for so long is taken off the roll."""


@dataclass(frozen=True)
class Crew:
    """The workers that have reported lately. `slots` is how many tasks they may run at once."""

    workers: int
    slots: int


class Workers:
    """The roll. Time is the database's own unless a `clock` is handed in."""

    def __init__(self, engine: Engine, *, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock

    def report(self, name: str, slots: int) -> None:
        """This worker lives. Raises DatabaseAway."""
        now = self._now()
        again = update(worker).where(worker.c.worker == name).values(seen_at=now, slots=slots)
        with writing(self._engine) as connection:
            if not connection.execute(again).rowcount:
                first = {"worker": name, "slots": slots, "started_at": now, "seen_at": now}
                connection.execute(insert_once(connection, worker).values(first))

    def leave(self, name: str) -> None:
        """This worker takes no more tasks. Raises DatabaseAway."""
        with writing(self._engine) as connection:
            connection.execute(delete(worker).where(worker.c.worker == name))

    def crew(self, within: timedelta) -> Crew:
        """Who has reported within this time. Raises DatabaseAway."""
        with reading(self._engine) as connection:
            return crew(connection, self._now() - within.total_seconds())

    def sweep(self) -> int:
        """Forget those not heard of for a day; how many those were."""
        old = delete(worker).where(worker.c.seen_at < self._now() - FORGOTTEN.total_seconds())
        with writing(self._engine) as connection:
            return connection.execute(old).rowcount

    def _now(self) -> ColumnElement[float]:
        return DatabaseNow() if self._clock is None else literal(self._clock.now().timestamp())


def crew(connection: Connection, since: ColumnElement[float]) -> Crew:
    """Who has reported since then."""
    wanted = select(func.count(), func.coalesce(func.sum(worker.c.slots), 0)).where(worker.c.seen_at >= since)
    workers, slots = connection.execute(wanted).one()
    return Crew(workers, slots)
