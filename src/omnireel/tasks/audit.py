"""Does the ledger add up, and do the tasks and balances beside it say the same?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from omnireel.tasks.ledger import Account
from omnireel.tasks.tables import LIVE, ledger_entry, ledger_transaction, task
from omnireel.tasks.tables import team as teams

_JOINED = ledger_transaction.join(ledger_entry)


def faults(connection: Connection) -> Iterator[str]:
    """Everything that does not add up, a sentence each. Reads the whole ledger."""
    for seq, amount in connection.execute(_unbalanced()):
        yield f"ledger transaction {seq} sums to {amount:.4f}, not to zero"
    for name, balance, available in connection.execute(_balances()):
        if balance != available:
            yield f"team {name!r} has a balance of {balance:.4f}, and entries for {available:.4f}"
    for name, live, reserved in connection.execute(_reservations()):
        if live != reserved:
            yield f"team {name!r} has {reserved:.4f} reserved, and tasks for {live:.4f}"
    for task_id, charged, revenue in connection.execute(_charges()):
        if charged != revenue:
            yield f"task {task_id} is charged {charged:.4f}, and paid {revenue:.4f}"


def _unbalanced() -> Select[int, Decimal]:
    total = _sum(ledger_entry.c.amount)
    transactions = ledger_transaction.outerjoin(ledger_entry)
    counted = select(ledger_transaction.c.seq, total).select_from(transactions)
    grouped = counted.group_by(ledger_transaction.c.seq)
    return grouped.having((total != Decimal(0)) | (func.count(ledger_entry.c.seq) < 2))


def _balances() -> Select[str, Decimal, Decimal]:
    return select(teams.c.team, teams.c.balance, _in(Account.AVAILABLE))


def _reservations() -> Select[str, Decimal, Decimal]:
    live = select(_sum(task.c.reserved)).where(LIVE, task.c.team == teams.c.team)
    return select(teams.c.team, live.scalar_subquery(), _in(Account.RESERVED))


def _charges() -> Select[str, Decimal, Decimal]:
    """Of the tasks that are still known."""
    paid = case((ledger_entry.c.account == Account.REVENUE, ledger_entry.c.amount), else_=Decimal(0))
    joined = task.outerjoin(_JOINED, ledger_transaction.c.task_id == task.c.task_id)
    counted = select(task.c.task_id, task.c.charged, _sum(paid)).select_from(joined)
    return counted.group_by(task.c.task_id, task.c.charged)


def _in(account: Account) -> ColumnElement[Decimal]:
    """What the entries of a team say it has in an account."""
    entries = select(_sum(ledger_entry.c.amount)).select_from(_JOINED)
    mine = entries.where(ledger_transaction.c.team == teams.c.team, ledger_entry.c.account == account)
    return mine.scalar_subquery()


def _sum(amounts: ColumnElement[Decimal]) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(amounts), Decimal(0))
