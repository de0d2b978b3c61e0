"""Tasks in a SQL database: one row per task, one statement per decision.

pending ──claim──▶ processing ──finish──▶ success | failed | canceled
   ▲  │                │ │
   │  └──cancel────────┼─┼─────────────────────────▶ canceled
   └──retry, release───┘ └──lease lapsed: claimed again, or reaped
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Update,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from omnireel.clock import Clock
from omnireel.crashpoints import crash_point
from omnireel.errors import InvalidFormat, NotFound, WorkerLost
from omnireel.models import Failed, Outcome, Progress, Stopped, Succeeded, Task, TaskStatus
from omnireel.tasks import estimate
from omnireel.tasks.codec import decode_outcome, encode_outcome
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import DatabaseNow
from omnireel.tasks.rows import input_keys, new_row, to_claim, to_task
from omnireel.tasks.store import Claim, Expired, Hold, NewTask, TaskPage
from omnireel.tasks.tables import LIVE, task, task_input

_RECENT = 20
_LONGEST_PAGE = 100
_PENDING = task.c.status == TaskStatus.PENDING
_PROCESSING = task.c.status == TaskStatus.PROCESSING


class SqlTaskStore:
    """A `TaskStore` on SQLite or PostgreSQL.

    Time is the database's own unless a `clock` is handed in; several processes need the database's.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        lease: timedelta = timedelta(seconds=30),
        max_attempts: int = 3,
        retention: timedelta = timedelta(days=7),
        clock: Clock | None = None,
    ) -> None:
        self._engine = engine
        self._lease = lease.total_seconds()
        self._max_attempts = max_attempts
        self._retention = retention.total_seconds()
        self._clock = clock

    def add(self, new: NewTask) -> Task:
        now = self._now()
        statement = insert(task).values(**new_row(new), created_at=now, not_before=now).returning(*task.c)
        inputs = [{"task_id": new.task_id, "key": key} for key in input_keys(new)]
        with writing(self._engine) as connection:
            row = connection.execute(statement).one()
            if inputs:
                connection.execute(insert(task_input), inputs)
            crash_point("before_submit_commit")
        with reading(self._engine) as connection:
            return self._show(connection, row)

    def get(self, team: str, task_id: str) -> Task:
        with reading(self._engine) as connection:
            return self._get(connection, team, task_id)

    def status(self, team: str, task_id: str) -> TaskStatus:
        with reading(self._engine) as connection:
            found = connection.execute(select(task.c.status).where(self._visible(team, task_id))).scalar()
        if found is None:
            raise _not_found(task_id)
        return TaskStatus(found)

    def list(
        self, team: str, *, status: TaskStatus | None = None, limit: int = 20, cursor: str | None = None
    ) -> TaskPage:
        limit = min(max(limit, 1), _LONGEST_PAGE)
        wanted = select(task).where(task.c.team == team, self._kept())
        with reading(self._engine) as connection:
            if status is not None:
                wanted = wanted.where(task.c.status == status)
            if cursor is not None:
                wanted = wanted.where(task.c.seq < _place(connection, team, cursor))
            rows = connection.execute(wanted.order_by(task.c.seq.desc()).limit(limit + 1)).all()
            tasks = tuple(self._show(connection, row) for row in rows[:limit])
        return TaskPage(tasks, tasks[-1].task_id if len(rows) > limit else None)

    def waiting(self) -> int:
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).where(LIVE, _PENDING)).scalar_one()

    def cancel(self, team: str, task_id: str) -> Task:
        mine = and_(task.c.task_id == task_id, task.c.team == team, LIVE)
        idle = or_(_PENDING, and_(_PROCESSING, task.c.lease_until < self._now()))
        with writing(self._engine) as connection:
            if not connection.execute(self._end(Stopped()).where(mine, idle)).rowcount:
                connection.execute(update(task).where(mine, _PROCESSING).values(cancel_requested=True))
            return self._get(connection, team, task_id)

    def claim(self, worker: str) -> Claim | None:
        now = self._now()
        next_due = (
            select(task.c.seq)
            .where(LIVE, or_(and_(_PENDING, task.c.not_before <= now), self._left_behind()))
            .order_by(task.c.priority.desc(), task.c.seq)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(task)
            .where(task.c.seq == next_due.scalar_subquery())
            .values(
                status=TaskStatus.PROCESSING,
                worker=worker,
                token=secrets.token_hex(16),
                attempt=task.c.attempt + 1,
                lease_until=now + self._lease,
                started_at=now,
                progress=0.0,
                progress_note="",
            )
            .returning(*task.c)
        )
        with writing(self._engine) as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else to_claim(row)

    def renew(self, claim: Claim, progress: Progress, note: str) -> Hold:
        statement = (
            _held(claim)
            .values(
                lease_until=self._now() + self._lease,
                progress=progress.value,
                progress_note=progress.note,
                note=note,
            )
            .returning(task.c.cancel_requested)
        )
        with writing(self._engine) as connection:
            return _hold(connection.execute(statement).one_or_none())

    def watch(self, claims: Collection[Claim]) -> Mapping[str, Hold]:
        tokens = [claim.token for claim in claims]
        wanted = select(task.c.token, task.c.cancel_requested).where(_PROCESSING, task.c.token.in_(tokens))
        with reading(self._engine) as connection:
            found = {row.token: row for row in connection.execute(wanted)}
        return {token: _hold(found.get(token)) for token in tokens}

    def finish(self, claim: Claim, outcome: Outcome) -> bool:
        with writing(self._engine) as connection:
            return bool(connection.execute(self._end(outcome).where(_is_held(claim))).rowcount)

    def retry(self, claim: Claim, reason: str, delay: timedelta) -> TaskStatus | None:
        held = _is_held(claim)
        steps = {
            TaskStatus.CANCELED: self._end(Stopped()).where(held, task.c.cancel_requested),
            TaskStatus.FAILED: self._end(self._worker_lost(reason)).where(
                held, task.c.attempt >= self._max_attempts
            ),
            TaskStatus.PENDING: self._requeue(delay.total_seconds()).where(held),
        }
        with writing(self._engine) as connection:
            for status, statement in steps.items():
                if connection.execute(statement).rowcount:
                    return status
        return None

    def release(self, claim: Claim) -> bool:
        held = _is_held(claim)
        unburnt = self._requeue(0.0).values(attempt=task.c.attempt - 1)
        with writing(self._engine) as connection:
            if connection.execute(self._end(Stopped()).where(held, task.c.cancel_requested)).rowcount:
                return True
            return bool(connection.execute(unburnt.where(held)).rowcount)

    def reap(self) -> int:
        lapsed = and_(LIVE, _PROCESSING, task.c.lease_until < self._now())
        lost = self._worker_lost("its worker stopped answering")
        endings = (
            self._end(Stopped()).where(lapsed, task.c.cancel_requested),
            self._end(lost).where(lapsed, task.c.attempt >= self._max_attempts),
        )
        with writing(self._engine) as connection:
            return sum(connection.execute(ending).rowcount for ending in endings)

    def expired(self, limit: int) -> tuple[Expired, ...]:
        wanted = select(task.c.task_id, task.c.outcome).where(task.c.expires_at <= self._now()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(
                Expired(row.task_id, _result_keys(row.outcome)) for row in connection.execute(wanted)
            )

    def delete(self, task_id: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                delete(task).where(task.c.task_id == task_id, task.c.expires_at <= self._now())
            )

    def live_tokens(self, tokens: Collection[str]) -> frozenset[str]:
        publishing = task.c.status.in_([TaskStatus.PROCESSING, TaskStatus.SUCCESS])
        with reading(self._engine) as connection:
            found = connection.execute(select(task.c.token).where(task.c.token.in_(tokens), publishing))
            return frozenset(found.scalars())

    def needed_inputs(self, keys: Collection[str]) -> frozenset[str]:
        wanted = select(task_input.c.key).join(task).where(task_input.c.key.in_(keys), LIVE)
        with reading(self._engine) as connection:
            return frozenset(connection.execute(wanted).scalars())

    def _now(self) -> ColumnElement[float]:
        return DatabaseNow() if self._clock is None else literal(self._clock.now().timestamp())

    def _get(self, connection: Connection, team: str, task_id: str) -> Task:
        row = connection.execute(select(task).where(self._visible(team, task_id))).one_or_none()
        if row is None:
            raise _not_found(task_id)
        return self._show(connection, row)

    def _visible(self, team: str, task_id: str) -> ColumnElement[bool]:
        return and_(task.c.task_id == task_id, task.c.team == team, self._kept())

    def _kept(self) -> ColumnElement[bool]:
        return or_(task.c.expires_at.is_(None), task.c.expires_at > self._now())

    def _left_behind(self) -> ColumnElement[bool]:
        return and_(
            _PROCESSING,
            task.c.lease_until < self._now(),
            task.c.attempt < self._max_attempts,
            task.c.cancel_requested.is_(False),
        )

    def _end(self, outcome: Outcome) -> Update:
        now = self._now()
        ending = update(task).values(
            status=_status(outcome),
            outcome=encode_outcome(outcome),
            lease_until=None,
            completed_at=now,
            expires_at=now + self._retention,
        )
        return ending.values(progress=1.0) if isinstance(outcome, Succeeded) else ending

    def _requeue(self, delay: float) -> Update:
        return update(task).values(
            status=TaskStatus.PENDING,
            worker=None,
            token=None,
            lease_until=None,
            started_at=None,
            progress=0.0,
            progress_note="",
            not_before=self._now() + delay,
        )

    def _worker_lost(self, reason: str) -> Failed:
        message = f"given up after {self._max_attempts} attempts: {reason}"
        return Failed(type=WorkerLost.type, message=message, retryable=WorkerLost.retryable)

    def _show(self, connection: Connection, row: Row[*tuple[Any, ...]]) -> Task:
        match TaskStatus(row.status):
            case TaskStatus.PENDING:
                position, lanes = _queue(connection, row)
                eta = estimate.until_done(position, lanes, _typical(connection, row.workload))
                return to_task(row, position=position, eta=eta)
            case TaskStatus.PROCESSING:
                elapsed = connection.execute(select(self._now() - row.started_at)).scalar_one()
                eta = estimate.remaining(row.progress, elapsed, _typical(connection, row.workload))
                return to_task(row, position=None, eta=eta)
            case _:
                return to_task(row, position=None, eta=None)


def _is_held(claim: Claim) -> ColumnElement[bool]:
    return and_(task.c.task_id == claim.task_id, task.c.token == claim.token, _PROCESSING)


def _held(claim: Claim) -> Update:
    return update(task).where(_is_held(claim))


def _hold(row: Row[*tuple[Any, ...]] | None) -> Hold:
    """From the row that a claim still holds, if it does."""
    if row is None:
        return Hold.LOST
    return Hold.CANCEL_REQUESTED if row.cancel_requested else Hold.KEPT


def _status(outcome: Outcome) -> TaskStatus:
    match outcome:
        case Succeeded():
            return TaskStatus.SUCCESS
        case Failed():
            return TaskStatus.FAILED
        case Stopped():
            return TaskStatus.CANCELED


def _not_found(task_id: str) -> NotFound:
    return NotFound(f"no task {task_id!r}" if len(task_id) <= 128 else "no such task")


def _place(connection: Connection, team: str, cursor: str) -> int:
    place: int | None = connection.execute(
        select(task.c.seq).where(task.c.task_id == cursor, task.c.team == team)
    ).scalar()
    if place is None:
        raise InvalidFormat("parameter 'cursor' must be one that a page gave out", field="cursor")
    return place


def _queue(connection: Connection, row: Row[*tuple[Any, ...]]) -> tuple[int, int]:
    """A waiting task's place, 1 being next, and how many tasks run at once now."""
    before = or_(task.c.priority > row.priority, and_(task.c.priority == row.priority, task.c.seq < row.seq))
    counts = select(
        func.count().filter(_PENDING, before).label("ahead"),
        func.count().filter(_PROCESSING).label("running"),
    )
    found = connection.execute(counts.where(LIVE)).one()
    return found.ahead + 1, found.running


def _typical(connection: Connection, workload: str) -> float | None:
    """Mean seconds of the newest successes of the same kind, or None when there are none."""
    recent = (
        select((task.c.completed_at - task.c.started_at).label("seconds"))
        .where(task.c.workload == workload, task.c.status == TaskStatus.SUCCESS)
        .order_by(task.c.completed_at.desc())
        .limit(_RECENT)
        .subquery()
    )
    return connection.execute(select(func.avg(recent.c.seconds))).scalar()


def _result_keys(form: dict[str, Any] | None) -> tuple[str, ...]:
    outcome = None if form is None else decode_outcome(form)
    return tuple(file.key for file in outcome.resources) if isinstance(outcome, Succeeded) else ()
