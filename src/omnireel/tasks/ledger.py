"""Money by double entry: what one account gains another loses, and nothing written is ever changed.

 funding ──credit──▶ available ──reserve──▶ reserved ──settle──▶ revenue
                        ▲                      │
                        └───────refund─────────┘

The functions work inside the caller's transaction, so that money and tasks change together or not at all.
`team.balance` is kept equal to the sum of the entries of `available`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from omnireel.crashpoints import crash_point
from omnireel.errors import InsufficientBalance
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.tables import ledger_entry, ledger_transaction
from omnireel.tasks.tables import team as teams

Seconds = ColumnElement[float]


class Account(StrEnum):
    """Where a team's money can be."""

    AVAILABLE = "available"
    """To be spent."""
    RESERVED = "reserved"
    """Set aside for tasks that have not ended."""
    REVENUE = "revenue"
    """Paid for tasks that succeeded."""
    FUNDING = "funding"
    """Where credits come from: negative by all that was ever credited."""


class Movement(StrEnum):
    """Why money moves."""

    CREDIT = "credit"
    RESERVE = "reserve"
    SETTLE = "settle"
    REFUND = "refund"


def reserve(connection: Connection, team: str, task_id: str, amount: Decimal, *, now: Seconds) -> None:
    """Set aside what a task may cost. Raises InsufficientBalance; then the caller must undo the rest."""
    if not amount:
        return
    if not _gain(connection, team, -amount):
        raise InsufficientBalance(amount, _balance(connection, team))
    movement = _movement(Movement.RESERVE, team, f"reserve/{task_id}", now, task_id=task_id)
    _write(connection, movement, {Account.AVAILABLE: -amount, Account.RESERVED: amount})


def close(connection: Connection, tasks: Sequence[Row[*tuple[Any, ...]]], *, now: Seconds) -> None:
    """Take what `tasks`, just ended, were charged, and give back the rest of what was set aside for them.

    The rows hold `task_id`, `team`, `reserved` and `charged`.
    """
    # In one order everywhere, so that two who end tasks of several teams do not wait for each other.
    for task in sorted(tasks, key=lambda task: (task.team, task.task_id)):
        if task.reserved:
            _close(connection, task, now)


def credit(
    connection: Connection, team: str, amount: Decimal, *, reference: str, note: str, now: Seconds
) -> bool:
    """Add money from outside, or take a wrong credit back with a negative amount.

    False, and nothing is written, when the team was credited under this reference before. Raises
    InsufficientBalance when less than nothing would be left.
    """
    movement = _movement(Movement.CREDIT, team, f"credit/{team}/{reference}", now, note=note)
    entries = {Account.FUNDING: -amount, Account.AVAILABLE: amount}
    if not _write(connection, movement, entries):
        return False
    crash_point("mid_credit")
    if not _gain(connection, team, amount):
        raise InsufficientBalance(-amount, _balance(connection, team))
    return True


def _close(connection: Connection, task: Row[*tuple[Any, ...]], now: Seconds) -> None:
    back = task.reserved - task.charged
    if back:
        _gain(connection, task.team, back)
    crash_point("mid_settle")
    kind = Movement.SETTLE if task.charged else Movement.REFUND
    # One name for both: a task cannot be settled and refunded.
    movement = _movement(kind, task.team, f"close/{task.task_id}", now, task_id=task.task_id)
    entries = {Account.RESERVED: -task.reserved, Account.REVENUE: task.charged, Account.AVAILABLE: back}
    if not _write(connection, movement, entries):
        raise AssertionError(f"the ledger has an end of task {task.task_id} already")


def _gain(connection: Connection, team: str, amount: Decimal) -> bool:
    """Change the balance in one statement that never leaves it below zero. False when it would."""
    after = teams.c.balance + amount
    changed = update(teams).where(teams.c.team == team, after >= Decimal(0)).values(balance=after)
    return bool(connection.execute(changed).rowcount)


def _balance(connection: Connection, team: str) -> Decimal:
    stored = connection.execute(select(teams.c.balance).where(teams.c.team == team)).scalar()
    return Decimal(0) if stored is None else stored


def _movement(
    kind: Movement, team: str, name: str, now: Seconds, *, task_id: str | None = None, note: str = ""
) -> dict[str, Any]:
    return {"kind": kind, "team": team, "name": name, "created_at": now, "task_id": task_id, "note": note}


def _write(connection: Connection, movement: Mapping[str, Any], entries: Mapping[Account, Decimal]) -> bool:
    """Write a transaction once. False when one of its name is there already."""
    once = insert_once(connection, ledger_transaction).values(**movement)
    seq = connection.execute(once.returning(ledger_transaction.c.seq)).scalar()
    if seq is None:
        return False
    rows = [
        {"seq": seq, "account": account, "amount": amount} for account, amount in entries.items() if amount
    ]
    connection.execute(insert(ledger_entry), rows)
    return True
