"""How many requests each team has sent this minute, counted by one statement for all processes together.

A row per team: the first request of a later minute begins it anew, so there is nothing to sweep.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Engine, Float, Insert, bindparam, case, literal_column, or_
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from omnireel.clock import Clock
from omnireel.tasks.database import alone, writing
from omnireel.tasks.dialect import DatabaseNow, WholePart, dialect_of
from omnireel.tasks.tables import request_count

WINDOW: Final = 60
"""Seconds. Windows begin with the minute, for every team alike."""

_MOST_AHEAD: Final = 120
"""Minutes. A clock set back by less opens no second window; by more, the earlier time was a mistake."""

_WARM_UP: Final = 120
"""Writes after which SQLite's log has been round once and stays as long as it is."""


@dataclass(frozen=True)
class Count:
    """What a team has used of a window, this request included. Times in unix seconds."""

    used: int
    ends: int
    now: int


class RequestCounts:
    """The counts of all teams. Any thread of any process may count at any time.

    Time is the database's own unless a `clock` is handed in; machines that share a database need its clock.
    """

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock
        now = DatabaseNow() if clock is None else bindparam("now", type_=Float(53))
        self._count = _counting(engine, now)
        # Who finds SQLite's lock taken sleeps; threads of one process can do better.
        self._turn: AbstractContextManager[object] = Lock() if dialect_of(engine).embedded else nullcontext()

    @classmethod
    def of(cls, database: Engine, clock: Clock | None = None) -> Self:
        """The counts that go with a database."""
        engine = dialect_of(database).beside(database)
        if engine is not database:
            with writing(engine) as connection:
                connection.execute(CreateTable(request_count, if_not_exists=True))
        counts = cls(engine, clock)
        # The file takes the room that it needs now: polls shall be answered while the disk is full.
        for _ in range(_WARM_UP if engine is not database else 0):
            counts.count("")
        return counts

    def count(self, team: str) -> Count:
        """Count one request of this team. Raises DatabaseAway at once: nobody waits to be counted."""
        given = (
            {"team": team} if self._clock is None else {"team": team, "now": self._clock.now().timestamp()}
        )
        with self._turn, alone(self._engine) as connection:
            row = connection.execute(self._count, given).one()
        return Count(row.used, (row.minute + 1) * WINDOW, int(row.now))

    def close(self) -> None:
        self._engine.dispose()


def _counting(engine: Engine, now: ColumnElement[float]) -> Insert:
    first = {"team": bindparam("team"), "minute": WholePart(now / literal_column("60.0")), "used": 1}
    counting = dialect_of(engine).insert_or_change(request_count, _counted).values(first)
    return counting.returning(request_count.c.minute, request_count.c.used, now.label("now"))


def _counted(new: ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]) -> Mapping[str, Any]:
    before = request_count.c
    fresh = or_(new.minute > before.minute, new.minute < before.minute - _MOST_AHEAD)
    return {
        "minute": case((fresh, new.minute), else_=before.minute),
        "used": case((fresh, 1), else_=before.used + 1),
    }
