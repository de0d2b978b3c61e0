"""What an ending costs, as an expression over the task's row."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, ColumnElement, case, literal, type_coerce

from omnireel.models import Outcome, Succeeded
from omnireel.tasks.tables import Money, task


def charge_for(outcome: Outcome) -> ColumnElement[Decimal]:
    """What the task is charged with this outcome: nothing but for a success, never more than was reserved."""
    if not isinstance(outcome, Succeeded):
        return literal(Decimal(0), Money)
    milliseconds = _length(outcome)
    if milliseconds is None:
        return type_coerce(task.c.reserved, Money)
    # Without a rate the comparison is unknown, and the price is what was reserved.
    # Whole ten-thousandths of a dollar, half rounded up: both databases divide integers alike.
    rate, reserved = type_coerce(task.c.rate, BigInteger), type_coerce(task.c.reserved, BigInteger)
    metered = (rate * milliseconds + 500) // 1000
    return type_coerce(case((metered < reserved, metered), else_=reserved), Money)


def _length(outcome: Succeeded) -> int | None:
    """Milliseconds of the clip, where it says."""
    seconds = next((file.duration for file in outcome.resources if file.role == "primary"), None)
    return None if seconds is None else round(seconds * 1000)
