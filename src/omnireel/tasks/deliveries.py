"""The outbox and its log in a SQL database: one row per delivery, one statement per decision.

While an attempt runs its row has a token, and is due again when the lease lapses: a delivery whose process
died needs no code to be taken over. Every later write names the token.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    delete,
    insert,
    literal,
    null,
    select,
    update,
)

from omnireel.clock import Clock
from omnireel.errors import InvalidFormat, InvalidRequest, NotFound
from omnireel.tasks.away import patiently
from omnireel.tasks.database import reading, writing
from omnireel.tasks.delivery import (
    LONGEST_LOG,
    SCHEDULE,
    Again,
    Attempted,
    AttemptFault,
    Delivery,
    DeliveryPage,
    DeliveryStatus,
    Due,
    Result,
    verdict,
)
from omnireel.tasks.dialect import DatabaseNow, insert_once
from omnireel.tasks.rows import moment
from omnireel.tasks.tables import UNDELIVERED, task, webhook_attempt, webhook_delivery, webhook_off

LEASE: Final = timedelta(seconds=45)
"""An attempt takes 15 s at most, and looking its receiver's name up some more."""

KEPT: Final = timedelta(days=30)
_LONGEST_PAGE: Final = 100
_BATCH: Final = 500
_MOST_BATCHES: Final = 1000

Found = TypeVar("Found")


@dataclass(frozen=True)
class Busy:
    """Who gets nothing more for the moment."""

    targets: Collection[str] = ()
    teams: Collection[str] = ()


class Deliveries:
    """Everything told or to be told. Any thread of any process may call any method at any time.

    Time is the database's own unless a `clock` is handed in. `chance` draws from 0 to 1 for the jitter.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock | None = None,
        lease: timedelta = LEASE,
        kept: timedelta = KEPT,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._lease = lease.total_seconds()
        self._kept = kept.total_seconds()
        self._chance = chance

    def claim(self, busy: Busy = Busy()) -> Due | None:
        """Begin an attempt at the delivery that is due longest; None when there is none."""
        return self._write(lambda connection: self._claim(connection, busy))

    def freeze(self, due: Due, body: bytes) -> bool:
        """Write down what every attempt will send. False when the claim was lost."""
        statement = update(webhook_delivery).where(_held(due)).values(body=body)
        return self._write(lambda connection: connection.execute(statement).rowcount > 0)

    def settle(self, due: Due, result: Result) -> DeliveryStatus | None:
        """Write down how an attempt went, and what follows. None when the claim was lost."""
        step = verdict(result, due.tries, self._chance())
        return self._write(lambda connection: self._settle(connection, due, result, step))

    def reap(self) -> int:
        """End deliveries whose last attempt was cut off; how many those were."""
        over = and_(UNDELIVERED, webhook_delivery.c.due_at <= self._now(), _SPENT)
        ending = update(webhook_delivery).where(over).values(_ending(DeliveryStatus.DEAD, self._now()))
        return self._write(lambda connection: connection.execute(ending).rowcount)

    def list(
        self, team: str, *, task_id: str | None = None, limit: int = 20, cursor: str | None = None
    ) -> DeliveryPage:
        """A team's deliveries, newest first. Raises InvalidFormat for a cursor that no page gave out."""
        limit = min(max(limit, 1), _LONGEST_PAGE)
        return self._read(lambda connection: self._page(connection, team, task_id, limit, cursor))

    def get(self, team: str, delivery_id: str) -> Delivery:
        """Raises NotFound for a delivery that is unknown, forgotten or another team's."""
        return self._read(lambda connection: _get(connection, team, delivery_id))

    def resend(self, team: str, delivery_id: str) -> Delivery:
        """Send it once more, at once, whatever became of it; what then fails begins a new schedule.

        One that is under way is left to it. Raises NotFound, and InvalidRequest at the log's end.
        """
        return self._write(lambda connection: self._resend(connection, team, delivery_id))

    def sweep(self) -> int:
        """Forget what is older than it is kept; how many deliveries those were."""
        count = 0
        for _ in range(_MOST_BATCHES):
            gone = self._write(self._sweep)
            count += gone
            if gone < _BATCH:
                break
        return count

    def _claim(self, connection: Connection, busy: Busy) -> Due | None:
        now = self._now()
        next_due = (
            select(webhook_delivery.c.seq)
            .where(UNDELIVERED, webhook_delivery.c.due_at <= now, ~_SPENT, _free(busy))
            .order_by(webhook_delivery.c.due_at, webhook_delivery.c.seq)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(webhook_delivery)
            .where(webhook_delivery.c.seq == next_due.scalar_subquery())
            .values(
                token=secrets.token_hex(16),
                due_at=now + self._lease,
                attempts=webhook_delivery.c.attempts + 1,
                tries=webhook_delivery.c.tries + 1,
            )
            .returning(*webhook_delivery.c)
        )
        row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        begun = {"delivery_id": row.delivery_id, "number": row.attempts, "error": AttemptFault.UNFINISHED}
        connection.execute(insert(webhook_attempt).values(**begun, at=now))
        trace = connection.execute(select(task.c.trace).where(task.c.task_id == row.task_id)).scalar()
        return _due(row, trace or "")

    def _settle(
        self, connection: Connection, due: Due, result: Result, step: DeliveryStatus | Again
    ) -> DeliveryStatus | None:
        now = self._now()
        if isinstance(step, Again):
            status, values = DeliveryStatus.PENDING, {"token": None, "due_at": now + step.seconds}
        else:
            status, values = step, _ending(step, now)
        held = update(webhook_delivery).where(_held(due)).values(values)
        digest = connection.execute(held.returning(webhook_delivery.c.url_digest)).scalar()
        if digest is None:
            return None
        connection.execute(_logged(due, result))
        if status is DeliveryStatus.DISABLED:
            self._switch_off(connection, due.team, digest)
        if status is DeliveryStatus.DELIVERED:
            connection.execute(delete(webhook_off).where(_off(due.team, digest)))
        return status

    def _switch_off(self, connection: Connection, team: str, digest: str) -> None:
        """Nothing more goes to this address, and what waits for it neither."""
        now = self._now()
        off = insert_once(connection, webhook_off).values(team=team, url_digest=digest, since=now)
        connection.execute(off)
        waiting = and_(
            UNDELIVERED,
            webhook_delivery.c.token.is_(None),
            webhook_delivery.c.team == team,
            webhook_delivery.c.url_digest == digest,
        )
        connection.execute(
            update(webhook_delivery).where(waiting).values(_ending(DeliveryStatus.DISABLED, now))
        )

    def _resend(self, connection: Connection, team: str, delivery_id: str) -> Delivery:
        mine = and_(webhook_delivery.c.team == team, webhook_delivery.c.delivery_id == delivery_id)
        wanted = select(webhook_delivery.c.attempts).where(mine).with_for_update()
        attempts = connection.execute(wanted).scalar()
        if attempts is None:
            raise NotFound("no such webhook delivery")
        if attempts >= LONGEST_LOG:
            raise InvalidRequest(f"a webhook may be attempted {LONGEST_LOG} times, and this one was")
        idle = and_(mine, webhook_delivery.c.token.is_(None))
        again = {"status": DeliveryStatus.PENDING, "tries": 0, "due_at": self._now(), "ended_at": null()}
        connection.execute(update(webhook_delivery).where(idle).values(again))
        return _get(connection, team, delivery_id)

    def _page(
        self, connection: Connection, team: str, task_id: str | None, limit: int, cursor: str | None
    ) -> DeliveryPage:
        wanted = select(webhook_delivery).where(webhook_delivery.c.team == team)
        if task_id is not None:
            wanted = wanted.where(webhook_delivery.c.task_id == task_id)
        if cursor is not None:
            wanted = wanted.where(webhook_delivery.c.seq < _place(connection, team, cursor))
        newest = wanted.order_by(webhook_delivery.c.seq.desc()).limit(limit + 1)
        rows = connection.execute(newest).all()
        shown = tuple(_with_attempts(connection, rows[:limit]))
        return DeliveryPage(shown, shown[-1].delivery_id if len(rows) > limit else None)

    def _sweep(self, connection: Connection) -> int:
        before = self._now() - self._kept
        ended = and_(webhook_delivery.c.created_at <= before, webhook_delivery.c.ended_at.is_not(None))
        some = select(webhook_delivery.c.seq).where(ended).limit(_BATCH)
        connection.execute(delete(webhook_off).where(webhook_off.c.since <= before))
        return connection.execute(delete(webhook_delivery).where(webhook_delivery.c.seq.in_(some))).rowcount

    def _now(self) -> ColumnElement[float]:
        return DatabaseNow() if self._clock is None else literal(self._clock.now().timestamp())

    def _read(self, work: Callable[[Connection], Found]) -> Found:
        def once() -> Found:
            with reading(self._engine) as connection:
                return work(connection)

        return patiently(once)

    def _write(self, work: Callable[[Connection], Found]) -> Found:
        def once() -> Found:
            with writing(self._engine) as connection:
                return work(connection)

        return patiently(once)


_SPENT: Final = webhook_delivery.c.tries >= len(SCHEDULE)


def _held(due: Due) -> ColumnElement[bool]:
    return and_(
        webhook_delivery.c.delivery_id == due.delivery_id, webhook_delivery.c.token == due.token, UNDELIVERED
    )


def _free(busy: Busy) -> ColumnElement[bool]:
    return and_(webhook_delivery.c.target.not_in(busy.targets), webhook_delivery.c.team.not_in(busy.teams))


def _off(team: str, digest: str) -> ColumnElement[bool]:
    return and_(webhook_off.c.team == team, webhook_off.c.url_digest == digest)


def _ending(status: DeliveryStatus, now: ColumnElement[float]) -> dict[str, Any]:
    return {"status": status, "token": None, "ended_at": now}


def _logged(due: Due, result: Result) -> Any:
    this = and_(webhook_attempt.c.delivery_id == due.delivery_id, webhook_attempt.c.number == due.number)
    return (
        update(webhook_attempt)
        .where(this)
        .values(status_code=result.status_code, latency_ms=round(result.seconds * 1000), error=result.fault)
    )


def _due(row: Row[*tuple[Any, ...]], trace: str) -> Due:
    return Due(
        delivery_id=row.delivery_id,
        token=row.token,
        team=row.team,
        task_id=row.task_id,
        event=row.event,
        url=row.url,
        target=row.target,
        body=row.body,
        number=row.attempts,
        tries=row.tries,
        created_at=row.created_at,
        trace=trace,
    )


def _get(connection: Connection, team: str, delivery_id: str) -> Delivery:
    mine = and_(webhook_delivery.c.team == team, webhook_delivery.c.delivery_id == delivery_id)
    found = list(_with_attempts(connection, connection.execute(select(webhook_delivery).where(mine)).all()))
    if not found:
        raise NotFound("no such webhook delivery")
    return found[0]


def _place(connection: Connection, team: str, cursor: str) -> int:
    wanted = select(webhook_delivery.c.seq).where(
        webhook_delivery.c.delivery_id == cursor, webhook_delivery.c.team == team
    )
    place: int | None = connection.execute(wanted).scalar()
    if place is None:
        raise InvalidFormat("parameter 'cursor' must be one that a page gave out", field="cursor")
    return place


def _with_attempts(connection: Connection, rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterable[Delivery]:
    rows = list(rows)
    of_these = webhook_attempt.c.delivery_id.in_([row.delivery_id for row in rows])
    in_order = (webhook_attempt.c.delivery_id, webhook_attempt.c.number)
    logged = connection.execute(select(webhook_attempt).where(of_these).order_by(*in_order))
    logs = {name: tuple(map(_attempted, some)) for name, some in groupby(logged, lambda row: row.delivery_id)}
    return [_delivery(row, logs.get(row.delivery_id, ())) for row in rows]


def _attempted(row: Row[*tuple[Any, ...]]) -> Attempted:
    return Attempted(row.number, moment(row.at), row.status_code, row.latency_ms, row.error)


def _delivery(row: Row[*tuple[Any, ...]], attempts: tuple[Attempted, ...]) -> Delivery:
    status = DeliveryStatus(row.status)
    waits = status is DeliveryStatus.PENDING and row.token is None
    return Delivery(
        delivery_id=row.delivery_id,
        task_id=row.task_id,
        event=row.event,
        url=row.url,
        status=status,
        created_at=moment(row.created_at),
        next_attempt_at=moment(row.due_at) if waits else None,
        attempts=attempts,
    )
