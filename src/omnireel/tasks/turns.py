"""Whose task is begun next: by priority, then the team with the fewest running, then who waits longest.

A team waits since it last began a task, so that a single worker, beside whom nothing runs, goes from team to
team as well. Teams that began none, or at the same time, go by the age of their tasks.

A team never runs more than its limit. What runs is counted from the rows, so nothing can get out of step: a
task counts while it is `processing`, also when its worker has not been heard of. Taking over what a dead
worker left adds nothing to that number, so no limit forbids it; nor does it count against its team's turn.

Where several write at once, the number is counted and added to by one at a time, team by team: each claim
holds its team's turn until it commits. A claim that finds a team's turn taken goes on to another team of the
same priority, and waits only when there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Row,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.dml import ReturningUpdate

from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.tables import PENDING, PROCESSING, task
from omnireel.tasks.tables import team as teams

Seconds = ColumnElement[float]
Taken = Row[*tuple[Any, ...]]
Begin = Callable[[Select[int]], ReturningUpdate[tuple[Any, ...]]]

_TEAM: Final = bindparam("team_", type_=String)
_PRIORITY: Final = bindparam("priority_", type_=Integer)


@dataclass(frozen=True)
class Rules:
    """What a claim goes by. `limit` is for teams that have none of their own; None allows any number."""

    now: Seconds
    max_attempts: int
    limit: int | None = None


@dataclass(frozen=True)
class Turn:
    """A team's best task. `fresh` when it waits, and was not left behind by a worker."""

    team: str
    priority: int
    fresh: bool
    limit: int | None


@dataclass(frozen=True)
class Busy:
    """Nothing was taken, and perhaps there is something: others were just claiming it.

    `team` is one whose turn is worth waiting for.
    """

    team: str | None = None


class Turns:
    """Claims by these rules. The statements are put together once: that takes longer than to run them.

    `begin` makes an update of the tasks a query names into one that begins them; it names the worker and the
    token as parameters `worker_` and `token_`.
    """

    def __init__(self, rules: Rules, begin: Begin) -> None:
        self._next = next_turns(rules)
        self._waiting = begin(waiting_task(rules))
        self._limited = begin(waiting_task(rules, limited=True))
        self._abandoned = begin(_best().where(_abandoned(rules)))

    def take_next(self, connection: Connection, worker: str, token: str) -> Taken | Busy | None:
        """Take the next task there is. None when there is none to be taken."""
        turns = [Turn(*row) for row in connection.execute(self._next)]
        drawn = {"worker_": worker, "token_": token}
        for _, equal in groupby(turns, key=lambda turn: turn.priority):
            taken = self._take_one_of(connection, list(equal), drawn)
            if taken is not None:
                return taken
        return Busy() if turns else None

    def _take_one_of(
        self, connection: Connection, turns: list[Turn], drawn: Mapping[str, str]
    ) -> Taken | Busy | None:
        take_turn = dialect_of(connection).take_turn
        passed = []
        for turn in turns:
            if turn.fresh and not take_turn(connection, turn.team):
                passed.append(turn)
            elif (taken := self._take(connection, turn, drawn)) is not None:
                return taken
        for turn in passed:
            if turn.limit is not None:
                return Busy(turn.team)
            # Nothing is counted here, so two may do it side by side.
            if (taken := self._take(connection, turn, drawn)) is not None:
                return taken
        return None

    def _take(self, connection: Connection, turn: Turn, drawn: Mapping[str, str]) -> Taken | None:
        values = {**drawn, "team_": turn.team, "priority_": turn.priority}
        if not turn.fresh:
            return connection.execute(self._abandoned, values).one_or_none()
        if turn.limit is None:
            return connection.execute(self._waiting, values).one_or_none()
        return connection.execute(self._limited, {**values, "limit_": turn.limit}).one_or_none()


def next_turns(rules: Rules) -> Select[str, int, bool, int | None]:
    """The best task of each team that may begin one, and every one left behind; in their order."""
    found = union_all(_fresh(rules), _left_behind(rules)).subquery()
    running = _running(rules.now)
    limit = _limit(rules)
    joined = found.outerjoin(running, running.c.team == found.c.team)
    joined = joined.outerjoin(teams, teams.c.team == found.c.team)
    free = or_(limit.is_(None), func.coalesce(running.c.all, 0) < limit)
    return (
        select(found.c.team, found.c.priority, found.c.fresh, limit)
        .select_from(joined)
        .where(found.c.seq.is_not(None), or_(found.c.fresh == literal_column("0"), free))
        .order_by(found.c.priority.desc(), func.coalesce(running.c.alive, 0), _last_begun(found), found.c.seq)
    )


def in_time(now: Seconds, rows: FromClause = task) -> ColumnElement[bool]:
    """Tasks whose caller still wants them."""
    return or_(rows.c.deadline.is_(None), rows.c.deadline > now)


def lapsed(now: Seconds) -> ColumnElement[bool]:
    """Tasks whose worker has not renewed its lease in time."""
    return and_(PROCESSING, task.c.lease_until < now)


def waiting_task(rules: Rules, *, limited: bool = False) -> Select[int]:
    """A team's best task that waits, unless it is `limited` and its limit is reached by now.

    Parameters: `team_`, `priority_`, and `limit_`.
    """
    running = task.alias()
    number = select(func.count()).select_from(running).where(running.c.team == _TEAM, _is_running(running))
    free = [number.scalar_subquery() < bindparam("limit_", type_=Integer)] if limited else []
    return _best().where(PENDING, task.c.not_before <= rules.now, in_time(rules.now), *free)


def _best() -> Select[int]:
    """Rows that another worker is just claiming are passed over."""
    return (
        select(task.c.seq)
        .where(task.c.team == _TEAM, task.c.priority >= _PRIORITY)
        .order_by(*_in_order(task))
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _abandoned(rules: Rules) -> ColumnElement[bool]:
    # One that should stop is taken over only to call off what it remembers.
    wanted = or_(task.c.cancel_requested.is_(False), task.c.note != "")
    return and_(lapsed(rules.now), task.c.attempt < rules.max_attempts, wanted, in_time(rules.now))


def _left_behind(rules: Rules) -> Select[str, int, int, int]:
    fresh = literal_column("0", Integer).label("fresh")
    return select(task.c.team, task.c.priority, task.c.seq, fresh).where(_abandoned(rules))


def _fresh(rules: Rules) -> Select[str, int, int, int]:
    waiting = _waiting_teams()
    fresh = literal_column("1", Integer).label("fresh")
    best = (_of_the_best(waiting, column, rules.now).label(column) for column in ("priority", "seq"))
    return select(waiting.c.team, *best, fresh).where(waiting.c.team.is_not(None))


def _of_the_best(waiting: CTE, column: str, now: Seconds) -> ScalarSelect[Any]:
    """A column of the task that a team would begin first."""
    first = task.alias()
    due = and_(first.c.team == waiting.c.team, _is_waiting(first), first.c.not_before <= now)
    ordered = select(first.c[column]).where(due, in_time(now, first))
    return ordered.order_by(*_in_order(first)).limit(1).scalar_subquery()


def _waiting_teams() -> CTE:
    """The teams with waiting tasks, one look into the index for each; and a NULL."""
    first, later = task.alias(), task.alias()
    begin = select(first.c.team).where(_is_waiting(first)).order_by(*_in_order(first)).limit(1)
    found = select(begin.scalar_subquery().label("team")).cte("waiting", recursive=True)
    after = select(later.c.team).where(_is_waiting(later), later.c.team > found.c.team)
    following = after.order_by(*_in_order(later)).limit(1).scalar_subquery()
    return found.union_all(select(following).where(found.c.team.is_not(None)))


def _in_order(rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The whole order of the index of those who wait, so that no other one is thought to serve as well."""
    return rows.c.team, rows.c.priority.desc(), rows.c.seq


def _running(now: Seconds) -> CTE:
    """How many tasks of each team run, and how many of them with a worker that is alive."""
    alive = func.count().filter(task.c.lease_until >= now).label("alive")
    counted = select(task.c.team, func.count().label("all"), alive).where(PROCESSING)
    return counted.group_by(task.c.team).cte("running")


def _last_begun(found: FromClause) -> ColumnElement[float]:
    """When the team last began a task that is still known; 0 when it did not."""
    begun = task.alias()
    newest = select(begun.c.started_at).where(begun.c.team == found.c.team, begun.c.started_at.is_not(None))
    return func.coalesce(newest.order_by(begun.c.started_at.desc()).limit(1).scalar_subquery(), 0.0)


def _limit(rules: Rules) -> ColumnElement[int | None]:
    if rules.limit is None:
        return teams.c.running_limit
    return func.coalesce(teams.c.running_limit, literal(rules.limit))


def _is_waiting(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.status == literal_column("'pending'")


def _is_running(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.status == literal_column("'processing'")
