"""Submits that are to happen once: what the first was answered, kept for those that come again.

A record is written in the transaction of its task, and the database lets one in by each name. So of many
submits at once, in one process or in several, one makes a task and the others find its record.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, select

from omnireel.errors import IdempotencyConflict
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.store import Earlier, NewTask, Once, SubmittedBefore
from omnireel.tasks.tables import idempotency

KEPT: Final = 7 * 24 * 3600.0
"""Seconds."""

_BATCH: Final = 1000


def recall(connection: Connection, once: Once, now: ColumnElement[float]) -> Earlier | None:
    """What the first submit by this name was answered. Raises IdempotencyConflict when it was another."""
    kept = (idempotency.c.name == once.name, idempotency.c.expires_at > now)
    row = connection.execute(select(idempotency).where(*kept)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != once.fingerprint:
        raise IdempotencyConflict("this Idempotency-Key came with another request before; send a new key")
    return Earlier(row.task_id, row.model_id)


def remember(connection: Connection, new: NewTask, once: Once, now: ColumnElement[float]) -> None:
    """Record a submit together with its task.

    Raises SubmittedBefore, or IdempotencyConflict, when the name is taken by the record of another task.
    """
    taken = idempotency.c.name == once.name
    connection.execute(delete(idempotency).where(taken, idempotency.c.expires_at <= now))
    record = insert_once(connection, idempotency).values(
        name=once.name,
        fingerprint=once.fingerprint,
        task_id=new.task_id,
        model_id=new.request.model_id,
        expires_at=now + KEPT,
    )
    if connection.execute(record.returning(idempotency.c.name)).one_or_none() is not None:
        return
    earlier = recall(connection, once, now)
    # An earlier try of the same write, of whose end nobody heard, counts as this one.
    if earlier is not None and earlier.task_id != new.task_id:
        raise SubmittedBefore(earlier)


def forget(connection: Connection, now: ColumnElement[float]) -> int:
    """Delete some of the records past their keeping time; how many that were."""
    old = select(idempotency.c.name).where(idempotency.c.expires_at <= now).limit(_BATCH)
    return connection.execute(delete(idempotency).where(idempotency.c.name.in_(old))).rowcount
