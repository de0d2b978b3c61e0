"""How a task leaves the hands of its worker, as updates: ended, or back in the queue."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Update, update

from omnireel.errors import DeadlineExceeded, OutcomeUnknown, WorkerLost
from omnireel.models import Failed, Outcome, Stopped, Succeeded, TaskStatus
from omnireel.tasks.charge import charge_for
from omnireel.tasks.codec import encode_outcome
from omnireel.tasks.tables import task

Seconds = ColumnElement[float]


def ended(outcome: Outcome, *, now: Seconds, retention: float) -> Update:
    """The token stays: the files of a success lie under it."""
    ending = update(task).values(
        status=status_of(outcome),
        outcome=encode_outcome(outcome),
        lease_until=None,
        completed_at=now,
        expires_at=now + retention,
        charged=charge_for(outcome),
    )
    return ending.values(progress=1.0) if isinstance(outcome, Succeeded) else ending


def requeued(*, not_before: Seconds) -> Update:
    return update(task).values(
        status=TaskStatus.PENDING,
        worker=None,
        token=None,
        lease_until=None,
        started_at=None,
        progress=0.0,
        progress_note="",
        not_before=not_before,
    )


def worker_lost(attempts: int, reason: str) -> Failed:
    message = f"given up after {attempts} attempts: {reason}"
    return Failed(type=WorkerLost.type, message=message, retryable=WorkerLost.retryable)


def may_be_paid(attempts: int, reason: str) -> Failed:
    """The same for a task whose engine remembered something: it may be made, and paid for, elsewhere."""
    message = (
        f"given up after {attempts} attempts: {reason}; what was ordered from an upstream may be made there"
    )
    return Failed(type=OutcomeUnknown.type, message=message)


def overdue() -> Failed:
    return Failed(type=DeadlineExceeded.type, message="the task's deadline passed before it was done")


def status_of(outcome: Outcome) -> TaskStatus:
    match outcome:
        case Succeeded():
            return TaskStatus.SUCCESS
        case Failed():
            return TaskStatus.FAILED
        case Stopped():
            return TaskStatus.CANCELED
