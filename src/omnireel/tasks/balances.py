"""What each team has left."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Engine, select

from omnireel.tasks.away import repeatable
from omnireel.tasks.database import reading
from omnireel.tasks.tables import team as teams


class Balances:
    """The stored balances, USD with four decimals. While metering is off nothing changes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @repeatable
    def of(self, team: str) -> Decimal:
        """0 for a team without a stored balance."""
        with reading(self._engine) as connection:
            stored = connection.execute(select(teams.c.balance).where(teams.c.team == team)).scalar()
        return Decimal(0) if stored is None else stored
