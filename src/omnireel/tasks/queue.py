"""What those who wait in the queue, and those who run, may be told.

A waiting task's place is the number of tasks that would go before it, were nothing submitted any more: all of
a higher priority, its own team's that are older, and of every other team as many, because teams take turns.
Its own team's are counted, up to two thousand; beyond that the place is told by where the task lies between
the oldest and the newest of its line. What others have waiting is counted now and then, for all who ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    ScalarSelect,
    Select,
    String,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from omnireel.models import Task, TaskStatus
from omnireel.tasks import estimate
from omnireel.tasks.rows import to_task
from omnireel.tasks.tables import PENDING, PROCESSING, SUCCEEDED, task
from omnireel.tasks.tables import team as teams

_TEAM: Final = bindparam("team_", type_=String)
_RECENT: Final = 20
_KEPT_SECONDS: Final = 1.0
_KEPT_TIMES: Final = 100
"""A count is kept for so many times as long as it took."""
_MOST_COUNTED: Final = 2000


@dataclass(frozen=True)
class Line:
    """The waiting tasks of one team and priority. `oldest` and `newest` are its ends in submit order."""

    team: str
    priority: int
    length: int
    oldest: int
    newest: int

    def before(self, seq: int) -> int:
        """About how many of them are older, were they submitted evenly."""
        span = self.newest - self.oldest
        share = (seq - self.oldest) / span if span else 1.0
        return round(self.length * min(max(share, 0.0), 1.0))


class Tally:
    """How many tasks of each team wait, as of a second ago or so. Any thread may ask."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counting = Lock()
        self._lines: tuple[Line, ...] = ()
        self._good_until = float("-inf")

    def lines(self, connection: Connection) -> tuple[Line, ...]:
        """Every line there is."""
        # While somebody counts, the others make do with what was counted last.
        if self._now() >= self._good_until and self._counting.acquire(blocking=not self._lines):
            try:
                self._count(connection)
            finally:
                self._counting.release()
        return self._lines

    def _count(self, connection: Connection) -> None:
        began = self._now()
        if began < self._good_until:
            return
        self._lines = _count_lines(connection)
        ended = self._now()
        self._good_until = ended + max(_KEPT_SECONDS, _KEPT_TIMES * (ended - began))


@dataclass(frozen=True)
class Ahead:
    """Waiting tasks of the same team: of a higher priority, and of the same one but older."""

    higher: int
    older: int


@dataclass(frozen=True)
class Lanes:
    """How many tasks run at once now, and how many of a team may; None for any number."""

    running: int
    limit: int | None

    def eta(self, place: int, ahead: Ahead, typical: float | None) -> float | None:
        """Seconds until a waiting task is done, or None when nothing is known."""
        whole = estimate.until_done(place, self.running, typical)
        if whole is None or self.limit is None:
            return whole
        own = estimate.until_done(ahead.higher + ahead.older + 1, min(self.limit, self.running), typical)
        return None if own is None else max(whole, own)


class Teller:
    """Shows tasks as their owner sees them: with their place in the queue and how long they may take.

    `limit` is how many of a team's tasks may run at once where the team has no limit of its own.
    """

    def __init__(self, now: ColumnElement[float], limit: int | None) -> None:
        self._present = _present(now)
        self._limit = limit
        self._tally = Tally()

    def show(self, connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[Task, ...]:
        """`rows` are of one team."""
        waiting = [row for row in rows if row.status == TaskStatus.PENDING]
        going = waiting or any(row.status == TaskStatus.PROCESSING for row in rows)
        if not going:
            return tuple(to_task(row, position=None, eta=None) for row in rows)
        typical = {kind: _measured(connection, kind)[0] for kind in {row.workload for row in rows}}
        team = rows[0].team
        moment, running, own = connection.execute(self._present, {"team_": team}).one()
        lanes = Lanes(running, self._limit if own is None else own)
        places = self._places(connection, team, waiting, lanes, typical) if waiting else {}

        def shown(row: Row[*tuple[Any, ...]]) -> Task:
            if row.status == TaskStatus.PROCESSING:
                eta = estimate.remaining(row.progress, moment - row.started_at, typical[row.workload])
                return to_task(row, position=None, eta=eta)
            place, eta = places.get(row.seq, (None, None))
            return to_task(row, position=place, eta=eta)

        return tuple(map(shown, rows))

    def _places(
        self,
        connection: Connection,
        team: str,
        waiting: Sequence[Row[*tuple[Any, ...]]],
        lanes: Lanes,
        typical: Mapping[str, float | None],
    ) -> dict[int, tuple[int, float | None]]:
        """Each waiting task's place, 1 being next, and the seconds until it is done, by submit order."""
        ahead = _ahead(connection, team, [row.seq for row in waiting])
        lines = self._tally.lines(connection)
        own = [line for line in lines if line.team == team]
        others = [line for line in lines if line.team != team]

        def placed(row: Row[*tuple[Any, ...]]) -> tuple[int, float | None]:
            mine = _beyond_counting(row, ahead[row.seq], own)
            place = 1 + mine.higher + mine.older + _ahead_of_others(row, mine, others)
            return place, lanes.eta(place, mine, typical[row.workload])

        return {row.seq: placed(row) for row in waiting}


def forecast(connection: Connection, workload: str) -> estimate.Forecast:
    """For a task of this kind, were it submitted now with the usual priority."""
    ahead = select(func.count()).where(PENDING, task.c.priority >= 0)
    waiting = connection.execute(ahead).scalar_one()
    seconds, samples = _measured(connection, workload)
    return estimate.Forecast(seconds, samples, waiting + 1)


def _ahead_of_others(row: Row[*tuple[Any, ...]], mine: Ahead, others: Sequence[Line]) -> int:
    higher = sum(line.length for line in others if line.priority > row.priority)
    equal = (line for line in others if line.priority == row.priority)
    return higher + sum(min(line.length, mine.older + int(line.oldest < row.seq)) for line in equal)


def _beyond_counting(row: Row[*tuple[Any, ...]], counted: Ahead, own: Sequence[Line]) -> Ahead:
    """What was counted, or where that is the most that is counted, what the lengths of the lines say."""
    higher, older = counted.higher, counted.older
    if higher >= _MOST_COUNTED:
        higher = max(higher, sum(line.length for line in own if line.priority > row.priority))
    if older >= _MOST_COUNTED:
        older = max(older, sum(line.before(row.seq) for line in own if line.priority == row.priority))
    return Ahead(higher, older)


def _ahead(connection: Connection, team: str, seqs: Sequence[int]) -> dict[int, Ahead]:
    """Each task is counted from the one before it, so that a page costs little more than its first."""
    counted: dict[int, Ahead] = {}
    sums: dict[int, Ahead] = {}
    for seq, priority, higher, older in connection.execute(_AHEAD, {"team_": team, "seqs_": seqs}):
        so_far = sums.get(priority, Ahead(higher, 0))
        counted[seq] = sums[priority] = Ahead(so_far.higher, so_far.older + older)
    return counted


def _steps() -> Select[int, int, int, int]:
    """Of each task: its number, its priority; of a page's first how many are higher; how many since the last.

    Put together once: that takes longer than to count. Parameters: `team_` and `seqs_`.
    """
    before = func.lag(task.c.seq).over(partition_by=task.c.priority, order_by=task.c.seq)
    asked = select(task.c.seq, task.c.priority, func.coalesce(before, 0).label("before"))
    page = asked.where(task.c.seq.in_(bindparam("seqs_", expanding=True))).subquery()
    between, above = task.alias(), task.alias()
    older = _waiting(between).where(
        between.c.priority == page.c.priority, between.c.seq >= page.c.before, between.c.seq < page.c.seq
    )
    higher = _waiting(above).where(above.c.priority > page.c.priority)
    first = case((page.c.before == 0, _number(higher, page)), else_=0)
    return select(page.c.seq, page.c.priority, first, _number(older, page)).order_by(page.c.seq)


def _waiting(rows: FromClause) -> Select[int]:
    return select(rows.c.seq).where(rows.c.team == _TEAM, rows.c.status == literal_column("'pending'"))


def _number(wanted: Select[int], page: FromClause) -> ScalarSelect[int]:
    """How many rows these are, as far as they are counted."""
    counted = wanted.correlate(page).limit(_MOST_COUNTED).subquery()
    return select(func.count()).select_from(counted).scalar_subquery()


def _present(now: ColumnElement[float]) -> Select[float, int, int | None]:
    """The time, how many tasks run, and the limit of the team `team_`."""
    running = select(func.count()).where(PROCESSING).scalar_subquery()
    own = select(teams.c.running_limit).where(teams.c.team == _TEAM).scalar_subquery()
    return select(now, running, own)


def _count_lines(connection: Connection) -> tuple[Line, ...]:
    counted = select(task.c.team, task.c.priority, func.count(), func.min(task.c.seq), func.max(task.c.seq))
    counted = counted.where(PENDING)
    rows = connection.execute(counted.group_by(task.c.team, task.c.priority))
    return tuple(Line(*row) for row in rows)


def _measured(connection: Connection, workload: str) -> tuple[float | None, int]:
    """Mean seconds of the newest successes of the same kind, None when there are none, and their number."""
    recent = (
        select((task.c.completed_at - task.c.started_at).label("seconds"))
        .where(task.c.workload == workload, SUCCEEDED)
        .order_by(task.c.completed_at.desc())
        .limit(_RECENT)
        .subquery()
    )
    mean, number = connection.execute(select(func.avg(recent.c.seconds), func.count(recent.c.seconds))).one()
    return mean, number


_AHEAD: Final = _steps()
