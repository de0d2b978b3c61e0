"""The queue, which is the rows nobody has claimed: who is next, and what those who wait may be told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from omnireel.models import Task, TaskStatus
from omnireel.tasks import estimate
from omnireel.tasks.rows import to_task
from omnireel.tasks.tables import LIVE, task

PENDING = task.c.status == TaskStatus.PENDING
PROCESSING = task.c.status == TaskStatus.PROCESSING

_RECENT = 20


def next_due(now: ColumnElement[float], max_attempts: int) -> Select[int]:
    """The task to be claimed next. Rows that another worker is just claiming are passed over."""
    left_behind = and_(lapsed(now), task.c.attempt < max_attempts, task.c.cancel_requested.is_(False))
    return (
        select(task.c.seq)
        .where(LIVE, in_time(now), or_(and_(PENDING, task.c.not_before <= now), left_behind))
        .order_by(task.c.priority.desc(), task.c.seq)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def in_time(now: ColumnElement[float]) -> ColumnElement[bool]:
    """Tasks whose caller still wants them."""
    return or_(task.c.deadline.is_(None), task.c.deadline > now)


def lapsed(now: ColumnElement[float]) -> ColumnElement[bool]:
    """Tasks whose worker has not renewed its lease in time."""
    return and_(PROCESSING, task.c.lease_until < now)


def show(connection: Connection, row: Row[*tuple[Any, ...]], now: ColumnElement[float]) -> Task:
    """A task as its owner sees it: with its place in the queue and how long it may take."""
    match TaskStatus(row.status):
        case TaskStatus.PENDING:
            position, lanes = _place(connection, row)
            eta = estimate.until_done(position, lanes, _typical(connection, row.workload))
            return to_task(row, position=position, eta=eta)
        case TaskStatus.PROCESSING:
            elapsed = connection.execute(select(now - row.started_at)).scalar_one()
            eta = estimate.remaining(row.progress, elapsed, _typical(connection, row.workload))
            return to_task(row, position=None, eta=eta)
        case _:
            return to_task(row, position=None, eta=None)


def _place(connection: Connection, row: Row[*tuple[Any, ...]]) -> tuple[int, int]:
    """A waiting task's place, 1 being next, and how many tasks run at once now."""
    before = or_(task.c.priority > row.priority, and_(task.c.priority == row.priority, task.c.seq < row.seq))
    counts = select(
        func.count().filter(PENDING, before).label("ahead"),
        func.count().filter(PROCESSING).label("running"),
    )
    found = connection.execute(counts.where(LIVE)).one()
    return found.ahead + 1, found.running


def forecast(connection: Connection, workload: str) -> estimate.Forecast:
    """For a task of this kind, were it submitted now with the usual priority."""
    ahead = select(func.count()).where(LIVE, PENDING, task.c.priority >= 0)
    waiting = connection.execute(ahead).scalar_one()
    seconds, samples = _measured(connection, workload)
    return estimate.Forecast(seconds, samples, waiting + 1)


def _typical(connection: Connection, workload: str) -> float | None:
    return _measured(connection, workload)[0]


def _measured(connection: Connection, workload: str) -> tuple[float | None, int]:
    """Mean seconds of the newest successes of the same kind, None when there are none, and their number."""
    recent = (
        select((task.c.completed_at - task.c.started_at).label("seconds"))
        .where(task.c.workload == workload, task.c.status == TaskStatus.SUCCESS)
        .order_by(task.c.completed_at.desc())
        .limit(_RECENT)
        .subquery()
    )
    mean, number = connection.execute(select(func.avg(recent.c.seconds), func.count(recent.c.seconds))).one()
    return mean, number
