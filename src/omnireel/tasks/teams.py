"""Teams and their money, as an operator sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, literal, select, update

from omnireel.clock import Clock, SystemClock
from omnireel.errors import InvalidRequest, NotFound
from omnireel.tasks import base62
from omnireel.tasks.audit import faults
from omnireel.tasks.away import repeatable
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.ledger import credit
from omnireel.tasks.rows import moment
from omnireel.tasks.tables import LIVE, ledger_entry, ledger_transaction, task
from omnireel.tasks.tables import team as teams

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LONGEST_NOTE: Final = 200
_MOST_AT_ONCE: Final = Decimal(1_000_000_000)
_MOST_RUNNING: Final = 1_000_000


@dataclass(frozen=True)
class TeamInfo:
    """A team and what it has, USD."""

    name: str
    created_at: datetime
    balance: Decimal
    reserved: Decimal
    """Set aside for tasks that have not ended."""
    running_limit: int | None
    """How many of its tasks may run at once; None for what the workers' settings say."""


@dataclass(frozen=True)
class Movement:
    """A transaction of the ledger. `entries` says what each account gained, USD."""

    kind: str
    task_id: str | None
    note: str
    created_at: datetime
    entries: Mapping[str, Decimal]


class TeamStore:
    """All teams."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()

    def create(self, name: str) -> bool:
        """Make a team. False when there is one by that name. Raises InvalidRequest for a bad name."""
        check_team(name)
        with writing(self._engine) as connection:
            return ensure_team(connection, name, self._clock.now())

    @repeatable
    def list(self) -> tuple[TeamInfo, ...]:
        """Every team, by name."""
        with reading(self._engine) as connection:
            rows = connection.execute(_WITH_RESERVED.order_by(teams.c.team))
            return tuple(_info(row) for row in rows)

    @repeatable
    def get(self, name: str) -> TeamInfo:
        """Raises NotFound."""
        with reading(self._engine) as connection:
            row = connection.execute(_WITH_RESERVED.where(teams.c.team == name)).one_or_none()
        if row is None:
            raise NotFound(f"there is no team {name!r}")
        return _info(row)

    @repeatable
    def movements(self, name: str, limit: int) -> tuple[Movement, ...]:
        """The team's last transactions, newest first."""
        mine = select(ledger_transaction).where(ledger_transaction.c.team == name)
        last = mine.order_by(ledger_transaction.c.seq.desc()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(_movement(connection, row) for row in connection.execute(last).all())

    def credit(self, name: str, amount: Decimal, *, reference: str | None = None, note: str = "") -> TeamInfo:
        """Add to a team's balance, USD; a negative amount takes a wrong credit back.

        A `reference`, such as an invoice's number, counts once. Raises NotFound, InsufficientBalance when
        less than nothing would be left, and InvalidRequest.
        """
        self.get(name)
        _check_amount(amount)
        if len(note) > _LONGEST_NOTE:
            raise InvalidRequest(f"a note must have at most {_LONGEST_NOTE} characters", field="note")
        if reference is not None and _NAME.fullmatch(reference) is None:
            raise InvalidRequest("a reference must be 1 to 64 letters, digits, '.', '_' or '-'")
        now = literal(self._clock.now().timestamp())
        named = reference or base62.draw(22)
        with writing(self._engine) as connection:
            if not credit(connection, name, amount, reference=named, note=note, now=now):
                raise InvalidRequest(f"team {name!r} was credited under {reference!r} before")
        return self.get(name)

    def limit_running(self, name: str, limit: int | None) -> TeamInfo:
        """Set how many of a team's tasks may run at once, from the next claim on; None for no own limit.

        What runs already goes on. Raises NotFound and InvalidRequest.
        """
        if limit is not None and not 0 <= limit <= _MOST_RUNNING:
            raise InvalidRequest(f"a limit must be 0 to {_MOST_RUNNING}, got {limit}")
        with writing(self._engine) as connection:
            connection.execute(update(teams).where(teams.c.team == name).values(running_limit=limit))
        return self.get(name)

    @repeatable
    def audit(self) -> tuple[str, ...]:
        """Everything that does not add up in anybody's money, a sentence each."""
        with reading(self._engine) as connection:
            return tuple(faults(connection))


def check_team(name: str) -> None:
    """Raises InvalidRequest for what cannot be a team's name."""
    if _NAME.fullmatch(name) is None:
        raise InvalidRequest("a team's name must be 1 to 64 letters, digits, '.', '_' or '-'", field="team")


def ensure_team(connection: Connection, name: str, now: datetime) -> bool:
    """Make the team unless it is there. False when it was."""
    row = insert_once(connection, teams).values(team=name, created_at=now.timestamp())
    return connection.execute(row.returning(teams.c.team)).one_or_none() is not None


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or not amount or abs(amount) > _MOST_AT_ONCE:
        raise InvalidRequest(f"an amount must be a number other than 0, at most {_MOST_AT_ONCE}")
    if amount != round(amount, 4):
        raise InvalidRequest(f"an amount must have at most 4 decimals, got {amount}")


_RESERVED = (
    select(func.coalesce(func.sum(task.c.reserved), Decimal(0)))
    .where(LIVE, task.c.team == teams.c.team)
    .scalar_subquery()
)
_WITH_RESERVED = select(teams, _RESERVED.label("reserved"))


def _info(row: Row[*tuple[Any, ...]]) -> TeamInfo:
    return TeamInfo(row.team, moment(row.created_at), row.balance, row.reserved, row.running_limit)


def _movement(connection: Connection, row: Row[*tuple[Any, ...]]) -> Movement:
    wanted = select(ledger_entry).where(ledger_entry.c.seq == row.seq).order_by(ledger_entry.c.account)
    entries = {entry.account: entry.amount for entry in connection.execute(wanted)}
    return Movement(row.kind, row.task_id, row.note, moment(row.created_at), entries)
