"""Tasks in a SQL database: one row per task, one statement per decision.

pending ──claim──▶ processing ──finish──▶ success | failed | canceled
   ▲  │                │ │
   │  └──cancel────────┼─┼─────────────────────────▶ canceled
   └──retry, release───┘ └──lease lapsed: claimed again, or reaped

Whatever takes more than one statement locks its row first, so that nobody decides otherwise in between.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Float,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from omnireel.clock import Clock
from omnireel.crashpoints import crash_point
from omnireel.errors import InvalidRequest, NotFound
from omnireel.models import Failed, Outcome, Progress, Stopped, Succeeded, Task, TaskStatus, VideoRequest
from omnireel.tasks import idempotency, outbox
from omnireel.tasks.away import PATIENCE, patiently
from omnireel.tasks.codec import decode_outcome, encode_route
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import DatabaseNow, dialect_of, insert_once
from omnireel.tasks.endings import ended, may_be_paid, overdue, requeued, status_of, worker_lost
from omnireel.tasks.estimate import Forecast
from omnireel.tasks.ledger import close, reserve
from omnireel.tasks.listing import cursor_after, matching
from omnireel.tasks.queue import Teller, forecast
from omnireel.tasks.route import Route
from omnireel.tasks.rows import input_keys, new_row, to_claim, to_glimpse, to_task, workload
from omnireel.tasks.store import (
    ALL,
    Claim,
    Earlier,
    Expired,
    Glimpse,
    Hold,
    NewTask,
    Once,
    TaskFilter,
    TaskPage,
)
from omnireel.tasks.stored_inputs import hold_all
from omnireel.tasks.tables import LIVE, PENDING, PROCESSING, task, task_input
from omnireel.tasks.turns import Busy, Rules, Turns, in_time, lapsed
from omnireel.telemetry.metrics import Metrics

_LONGEST_PAGE = 100
RECALL_PRIORITY = 1000
"""Above whatever callers may ask for."""
_ENDED = "omnireel_ended"
"""Where a transaction notes what it ended, by model and status."""
_TURNS = 5
"""How often a claim tries again that found others claiming; the next look at the queue is soon enough."""

Found = TypeVar("Found")
Tokens = list[str]
Endings = list[tuple[str, TaskStatus]]
"""Model and status of tasks that a transaction ends."""


class SqlTaskStore:
    """A `TaskStore` on SQLite or PostgreSQL.

    Time is the database's own unless a `clock` is handed in; several processes need the database's. `ring`
    is called when there is something to claim, `tell` when a task may have ended. A database that is away is
    waited for, at most `patience` seconds. No team has more than `team_running_limit` tasks running at once,
    unless its own row says so. Endings are counted in `metrics` once they are committed.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        lease: timedelta = timedelta(seconds=30),
        max_attempts: int = 3,
        retention: timedelta = timedelta(days=7),
        clock: Clock | None = None,
        ring: Callable[[], None] = lambda: None,
        tell: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
        metrics: Metrics | None = None,
        team_running_limit: int | None = None,
    ) -> None:
        self._engine = engine
        self._metrics = metrics
        self._lease = lease.total_seconds()
        self._max_attempts = max_attempts
        self._retention = retention.total_seconds()
        self._clock = clock
        self._ring = ring
        self._tell = tell
        self._patience = patience
        self._teller = Teller(self._now(), team_running_limit)
        self._turns = Turns(Rules(self._now(), max_attempts, team_running_limit), self._begin)

    def add(self, new: NewTask) -> Task:
        task = self._write(lambda connection: self._record(connection, new))
        self._ring()
        return task

    def recall(self, once: Once) -> Earlier | None:
        return self._read(lambda connection: idempotency.recall(connection, once, self._now()))

    def forget(self) -> int:
        return self._write(lambda connection: idempotency.forget(connection, self._now()))

    def get(self, team: str, task_id: str) -> Task:
        return self._read(lambda connection: self._get(connection, team, task_id))

    def named(self, team: str, external_id: str) -> Task:
        mine = and_(task.c.team == team, task.c.external_id == external_id, self._kept())
        return self._read(lambda connection: self._shown(connection, mine, external_id))

    def glimpses(self, task_ids: Collection[str]) -> Mapping[str, Glimpse]:
        shown = (task.c.task_id, task.c.status, task.c.attempt, task.c.progress, task.c.progress_note)
        wanted = select(*shown).where(task.c.task_id.in_(task_ids), self._kept())
        rows = self._read(lambda connection: connection.execute(wanted).all())
        return {row.task_id: to_glimpse(row) for row in rows}

    def list(
        self,
        team: str,
        wanted: TaskFilter = ALL,
        *,
        limit: int = 20,
        cursor: str | None = None,
        skip: int = 0,
    ) -> TaskPage:
        limit = min(max(limit, 1), _LONGEST_PAGE)
        rows = matching(team, wanted, cursor, self._kept()).offset(skip).limit(limit + 1)
        return self._read(lambda connection: self._page(connection, rows, limit))

    def cursor_at(self, team: str, task_id: str) -> str:
        mine = self._visible(team, task_id)
        return self._read(lambda connection: cursor_after(self._row(connection, mine, task_id)))

    def forecast(self, engine: str, request: VideoRequest) -> Forecast:
        return self._read(lambda connection: forecast(connection, workload(engine, request)))

    def waiting(self) -> int:
        wanted = select(func.count()).where(PENDING)
        return self._read(lambda connection: connection.execute(wanted).scalar_one())

    def cancel(self, team: str, task_id: str) -> Task:
        canceled = self._write(lambda connection: self._cancel(connection, team, task_id))
        if canceled.status is TaskStatus.PENDING:
            self._ring()
        return self._told(canceled, ended=canceled.status.terminal)

    def claim(self, worker: str) -> Claim | None:
        busy: str | None = None
        for _ in range(_TURNS):
            taken = self._write(partial(self._claim, worker=worker, drawn=[], busy=busy))
            if not isinstance(taken, Busy):
                return None if taken is None else to_claim(taken)
            busy = taken.team
        return None

    def renew(self, claim: Claim, progress: Progress, note: str) -> Hold:
        statement = (
            update(task)
            .where(_held(claim))
            .values(
                lease_until=self._now() + self._lease,
                progress=progress.value,
                progress_note=progress.note,
                note=note,
            )
            .returning(task.c.cancel_requested, self._overdue())
        )
        return self._write(lambda connection: _hold(connection.execute(statement).one_or_none()))

    def watch(self, claims: Collection[Claim]) -> Mapping[str, Hold]:
        tokens = [claim.token for claim in claims]
        shown = (task.c.token, task.c.cancel_requested, self._overdue())
        wanted = select(*shown).where(PROCESSING, task.c.token.in_(tokens))
        rows = self._read(lambda connection: connection.execute(wanted).all())
        found = {row.token: row for row in rows}
        return {token: _hold(found.get(token)) for token in tokens}

    def finish(self, claim: Claim, outcome: Outcome) -> bool:
        tries = count()
        finished = self._write(
            lambda connection: self._finish(connection, claim, outcome, again=next(tries) > 0)
        )
        return self._told(finished, ended=finished)

    def retry(self, claim: Claim, reason: str, delay: timedelta) -> TaskStatus | None:
        status = self._write(lambda connection: self._retry(connection, claim, reason, delay.total_seconds()))
        return self._told(status, ended=status is not None and status.terminal)

    def release(self, claim: Claim) -> bool:
        released = self._write(lambda connection: self._release(connection, claim))
        self._ring()
        # Or it has ended, if it was to be canceled.
        return self._told(released, ended=released)

    def reroute(self, claim: Claim, engine: str, route: Route) -> bool:
        tries = count()
        rerouted = self._write(
            lambda connection: self._reroute(connection, claim, engine, route, again=next(tries) > 0)
        )
        self._ring()
        # Or it has ended, if it was to be canceled.
        return self._told(rerouted, ended=rerouted)

    def reap(self) -> int:
        reaped = self._write(self._reap)
        return self._told(reaped, ended=reaped > 0)

    def expire(self, team: str, task_id: str) -> Expired:
        tries = count()
        return self._write(lambda connection: self._expire(connection, team, task_id, again=next(tries) > 0))

    def expired(self, limit: int) -> tuple[Expired, ...]:
        wanted = select(task.c.task_id, task.c.outcome).where(task.c.expires_at <= self._now()).limit(limit)
        rows = self._read(lambda connection: connection.execute(wanted).all())
        return tuple(Expired(row.task_id, _result_keys(row.outcome)) for row in rows)

    def delete(self, task_id: str) -> None:
        old = delete(task).where(task.c.task_id == task_id, task.c.expires_at <= self._now())
        self._write(lambda connection: connection.execute(old))

    def live_tokens(self, tokens: Collection[str]) -> frozenset[str]:
        publishing = task.c.status.in_([TaskStatus.PROCESSING, TaskStatus.SUCCESS])
        wanted = select(task.c.token).where(task.c.token.in_(tokens), publishing)
        return self._read(lambda connection: frozenset(connection.execute(wanted).scalars()))

    def needed_inputs(self, keys: Collection[str]) -> frozenset[str]:
        wanted = select(task_input.c.key).join(task).where(task_input.c.key.in_(keys), LIVE)
        return self._read(lambda connection: frozenset(connection.execute(wanted).scalars()))

    def _told(self, result: Found, *, ended: bool) -> Found:
        if ended:
            self._tell()
        return result

    def _record(self, connection: Connection, new: NewTask) -> Task:
        """Write a submit; nothing when an earlier try, of whose end we never heard, has written it."""
        now = self._now()
        if new.once is not None:
            idempotency.remember(connection, new, new.once, now)
        times = {"created_at": now, "not_before": now, "deadline": _deadline(new, now)}
        row = insert_once(connection, task).values(**new_row(new), **times)
        inputs = [{"task_id": new.task_id, "key": key} for key in input_keys(new)]
        fresh = connection.execute(row.returning(task.c.seq)).one_or_none() is not None
        if not fresh and new.origin.external_id is not None:
            _check_name(connection, new, new.origin.external_id)
        if fresh and inputs:
            hold_all(connection, input_keys(new), now)
            connection.execute(insert(task_input), inputs)
        if fresh and new.quote is not None:
            reserve(connection, new.team, new.task_id, new.quote.reserved, now=now)
        if fresh and new.webhook_url is not None:
            outbox.subscribe(connection, new.task_id, new.webhook_url)
        mine = self._visible(new.team, new.task_id)
        recorded = to_task(self._row(connection, mine, new.task_id), position=None, eta=None)
        crash_point("before_submit_commit")
        return recorded

    def _page(self, connection: Connection, wanted: Select[tuple[Any, ...]], limit: int) -> TaskPage:
        rows = connection.execute(wanted).all()
        tasks = self._teller.show(connection, rows[:limit])
        return TaskPage(tasks, cursor_after(rows[limit - 1]) if len(rows) > limit else None)

    def _cancel(self, connection: Connection, team: str, task_id: str) -> Task:
        mine = and_(task.c.task_id == task_id, task.c.team == team, LIVE)
        _lock(connection, mine)
        idle = or_(PENDING, lapsed(self._now()))
        if not self._end(connection, Stopped(), and_(mine, idle, not_(self._recallable()))):
            wanted = task.c.cancel_requested.is_(False)
            # What it ordered costs money until it is called off: that goes before all that waits.
            soon = {"not_before": self._now(), "priority": RECALL_PRIORITY}
            connection.execute(update(task).where(mine, wanted).values(cancel_requested=True, **soon))
        return self._get(connection, team, task_id)

    def _recallable(self) -> ColumnElement[bool]:
        """Tasks that remember something which an attempt that they still have can call off."""
        return and_(task.c.attempt < self._max_attempts, self._remembers())

    def _remembers(self) -> ColumnElement[bool]:
        return and_(task.c.note != "", in_time(self._now()))

    def _claim(
        self, connection: Connection, *, worker: str, drawn: Tokens, busy: str | None
    ) -> Row[*tuple[Any, ...]] | Busy | None:
        """Take the next task under a token added to `drawn`; the one taken under an earlier token, if any.

        First waits for the turn of the team that was `busy`.
        """
        if drawn and (taken := _taken(connection, drawn)) is not None:
            return taken
        if busy is not None and not dialect_of(connection).await_turn(connection, busy):
            return None
        drawn.append(secrets.token_hex(16))
        return self._turns.take_next(connection, worker, drawn[-1])

    def _begin(self, which: Select[int]) -> ReturningUpdate[tuple[Any, ...]]:
        """An attempt begins: its worker, a fresh token and a lease."""
        now = self._now()
        started = update(task).values(
            status=TaskStatus.PROCESSING,
            worker=bindparam("worker_"),
            token=bindparam("token_"),
            attempt=task.c.attempt + 1,
            lease_until=now + self._lease,
            started_at=now,
            progress=0.0,
            progress_note="",
        )
        return started.where(task.c.seq == which.scalar_subquery()).returning(*task.c)

    def _finish(self, connection: Connection, claim: Claim, outcome: Outcome, *, again: bool) -> bool:
        if self._end(connection, outcome, _held(claim)):
            return True
        if not again:
            return False
        # The try before this one may have written it without our hearing of it.
        status = select(task.c.status).where(task.c.task_id == claim.task_id, task.c.token == claim.token)
        return connection.execute(status).scalar() == status_of(outcome)

    def _retry(self, connection: Connection, claim: Claim, reason: str, delay: float) -> TaskStatus | None:
        held = _held(claim)
        _lock(connection, held)
        if self._end(connection, Stopped(), and_(held, task.c.cancel_requested, not_(self._recallable()))):
            return TaskStatus.CANCELED
        if any(
            self._end(connection, ending, and_(held, these)) > 0 for ending, these in self._given_up(reason)
        ):
            return TaskStatus.FAILED
        later = requeued(not_before=self._now() + delay).where(held)
        return TaskStatus.PENDING if connection.execute(later).rowcount else None

    def _release(self, connection: Connection, claim: Claim) -> bool:
        held = _held(claim)
        _lock(connection, held)
        unburnt = requeued(not_before=self._now()).values(attempt=task.c.attempt - 1)
        if self._end(connection, Stopped(), and_(held, task.c.cancel_requested, not_(self._remembers()))):
            return True
        return bool(connection.execute(unburnt.where(held)).rowcount)

    def _reroute(
        self, connection: Connection, claim: Claim, engine: str, route: Route, *, again: bool
    ) -> bool:
        held = _held(claim)
        _lock(connection, held)
        if self._end(connection, Stopped(), and_(held, task.c.cancel_requested)):
            return True
        fresh = requeued(not_before=self._now()).values(
            attempt=0,
            note="",
            engine=engine,
            workload=workload(engine, claim.request),
            route=encode_route(route),
        )
        # The try before this one may have written it without our hearing of it, and the token is gone then.
        return bool(connection.execute(fresh.where(held)).rowcount) or again

    def _reap(self, connection: Connection) -> int:
        left = lapsed(self._now())
        hopeless: tuple[tuple[Outcome, ColumnElement[bool]], ...] = (
            (Stopped(), and_(left, task.c.cancel_requested, not_(self._recallable()))),
            (Stopped(), and_(PENDING, task.c.cancel_requested, task.c.deadline <= self._now())),
            (overdue(), and_(or_(PENDING, left), task.c.deadline <= self._now())),
            *(
                (ending, and_(left, these))
                for ending, these in self._given_up("its worker stopped answering")
            ),
        )
        return sum(self._reap_as(connection, outcome, these) for outcome, these in hopeless)

    def _given_up(self, reason: str) -> tuple[tuple[Failed, ColumnElement[bool]], ...]:
        """How tasks end that were tried often enough, and which end so."""
        spent = task.c.attempt >= self._max_attempts
        return (
            (worker_lost(self._max_attempts, reason), and_(spent, task.c.note == "")),
            (may_be_paid(self._max_attempts, reason), and_(spent, task.c.note != "")),
        )

    def _reap_as(self, connection: Connection, outcome: Outcome, these: ColumnElement[bool]) -> int:
        # Rows that another process just reaps, or whose worker just renews, are passed over, not waited for.
        hopeless = select(task.c.seq).where(LIVE, these).with_for_update(skip_locked=True)
        return self._end(connection, outcome, task.c.seq.in_(hopeless))

    def _end(self, connection: Connection, outcome: Outcome, these: ColumnElement[bool]) -> int:
        """End tasks with all that an ending brings with it, in one transaction; how many."""
        ending = self._ended(outcome).where(these)
        rows = connection.execute(
            ending.returning(task.c.task_id, task.c.team, task.c.reserved, task.c.charged, task.c.model)
        ).all()
        close(connection, rows, now=self._now())
        outbox.announce(connection, [row.task_id for row in rows], status_of(outcome), self._now())
        connection.info[_ENDED] += [(row.model, status_of(outcome)) for row in rows]
        if rows:
            crash_point("before_ending_commit")
        return len(rows)

    def _expire(self, connection: Connection, team: str, task_id: str, *, again: bool) -> Expired:
        # The try before this one may have written it without our hearing of it.
        mine = and_(task.c.task_id == task_id, task.c.team == team) if again else self._visible(team, task_id)
        statement = update(task).where(mine, not_(LIVE)).values(expires_at=self._now())
        row = connection.execute(statement.returning(task.c.outcome)).one_or_none()
        if row is not None:
            return Expired(task_id, _result_keys(row.outcome))
        status = self._get(connection, team, task_id).status
        raise InvalidRequest(f"task {task_id!r} is still {status}; cancel it first")

    def _get(self, connection: Connection, team: str, task_id: str) -> Task:
        return self._shown(connection, self._visible(team, task_id), task_id)

    def _shown(self, connection: Connection, which: ColumnElement[bool], name: str) -> Task:
        return self._teller.show(connection, [self._row(connection, which, name)])[0]

    def _row(self, connection: Connection, which: ColumnElement[bool], name: str) -> Row[*tuple[Any, ...]]:
        row = connection.execute(select(task).where(which)).one_or_none()
        if row is None:
            raise _not_found(name)
        return row

    def _visible(self, team: str, task_id: str) -> ColumnElement[bool]:
        return and_(task.c.task_id == task_id, task.c.team == team, self._kept())

    def _kept(self) -> ColumnElement[bool]:
        return or_(task.c.expires_at.is_(None), task.c.expires_at > self._now())

    def _overdue(self) -> ColumnElement[bool]:
        return (task.c.deadline <= self._now()).label("overdue")

    def _ended(self, outcome: Outcome) -> Update:
        return ended(outcome, now=self._now(), retention=self._retention)

    def _now(self) -> ColumnElement[float]:
        clock = self._clock
        if clock is None:
            return DatabaseNow()
        return bindparam(None, callable_=lambda: clock.now().timestamp(), type_=Float(53), unique=True)

    def _read(self, work: Callable[[Connection], Found]) -> Found:
        def once() -> Found:
            with reading(self._engine) as connection:
                return work(connection)

        return self._patiently(once)

    def _write(self, work: Callable[[Connection], Found]) -> Found:
        def once() -> Found:
            with writing(self._engine) as connection:
                ended: Endings = []
                connection.info[_ENDED] = ended
                found = work(connection)
            self._count(ended)
            return found

        return self._patiently(once)

    def _count(self, ended: Endings) -> None:
        if self._metrics is not None:
            for model, status in ended:
                self._metrics.finished.labels(model, status).inc()

    def _patiently(self, work: Callable[[], Found]) -> Found:
        return patiently(work, self._patience)


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(task.c.task_id == claim.task_id, task.c.token == claim.token, PROCESSING)


def _deadline(new: NewTask, now: ColumnElement[float]) -> ColumnElement[float] | None:
    deadline = new.wishes.deadline
    return None if deadline is None else now + deadline.total_seconds()


def _lock(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(select(task.c.seq).where(which).with_for_update())


def _taken(connection: Connection, tokens: Tokens) -> Row[*tuple[Any, ...]] | None:
    return connection.execute(select(task).where(PROCESSING, task.c.token.in_(tokens))).one_or_none()


def _hold(row: Row[*tuple[Any, ...]] | None) -> Hold:
    """From the row that a claim still holds, if it does."""
    if row is None:
        return Hold.LOST
    if row.cancel_requested:
        return Hold.CANCEL_REQUESTED
    return Hold.OVERDUE if row.overdue else Hold.KEPT


def _check_name(connection: Connection, new: NewTask, external_id: str) -> None:
    """Raises InvalidRequest when the row is not there because another task has its external id."""
    named = and_(task.c.team == new.team, task.c.external_id == external_id)
    taken = connection.execute(select(task.c.task_id).where(named)).scalar()
    if taken is not None and taken != new.task_id:
        raise InvalidRequest(f"parameter 'external_id' is taken by task {taken!r}", field="external_id")


def _not_found(task_id: str) -> NotFound:
    return NotFound(f"no task {task_id!r}" if len(task_id) <= 128 else "no such task")


def _result_keys(form: dict[str, Any] | None) -> tuple[str, ...]:
    outcome = None if form is None else decode_outcome(form)
    return tuple(file.key for file in outcome.resources) if isinstance(outcome, Succeeded) else ()
