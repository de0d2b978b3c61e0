"""What a team's webhooks are signed with. Kept readable, because signing needs it: guard the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, delete, or_, select, update

from omnireel.clock import Clock
from omnireel.errors import InvalidRequest
from omnireel.signatures import new_secret
from omnireel.tasks.away import repeatable
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.rows import moment
from omnireel.tasks.tables import webhook_secret

OVERLAP: Final = timedelta(hours=24)
"""How long an old secret signs beside the new one."""

MOST_SECRETS: Final = 5
"""That sign at once."""


@dataclass(frozen=True)
class Secret:
    """A team's newest secret, and when the one before it stops signing (None without one)."""

    secret: str
    created_at: datetime
    previous_until: datetime | None


class WebhookSecrets:
    """The secrets of all teams. A team's first is made when it is first needed."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @repeatable
    def current(self, team: str) -> Secret:
        """The secret that receivers are to know."""
        with writing(self._engine) as connection:
            return self._current(connection, team)

    @repeatable
    def signing(self, team: str) -> tuple[str, ...]:
        """Everything to sign with now, the newest first."""
        with reading(self._engine) as connection:
            found = self._valid(connection, team)
        return found or (self.current(team).secret,)

    def rotate(self, team: str) -> Secret:
        """Make a new secret; the old one signs too for 24 hours. Raises InvalidRequest when too many do."""
        # Not repeatable: a second try would rotate once more.
        with writing(self._engine) as connection:
            self._current(connection, team)
            valid = self._valid(connection, team)
            if len(valid) >= MOST_SECRETS:
                raise InvalidRequest(f"at most {MOST_SECRETS} secrets sign at once; wait until one retires")
            newest = connection.execute(_newest(team)).one().number
            self._retire(connection, team)
            self._add(connection, team, newest + 1)
            return self._current(connection, team)

    def _current(self, connection: Connection, team: str) -> Secret:
        row = connection.execute(_newest(team)).one_or_none()
        if row is None:
            self._add(connection, team, 1)
            row = connection.execute(_newest(team)).one()
        overlapping = select(webhook_secret.c.retired_at).where(
            webhook_secret.c.team == team, webhook_secret.c.retired_at > self._now()
        )
        ends = connection.execute(overlapping.order_by(webhook_secret.c.number.desc())).scalars().first()
        return Secret(row.secret, moment(row.created_at), None if ends is None else moment(ends))

    def _valid(self, connection: Connection, team: str) -> tuple[str, ...]:
        signs: ColumnElement[bool] = or_(
            webhook_secret.c.retired_at.is_(None), webhook_secret.c.retired_at > self._now()
        )
        wanted = select(webhook_secret.c.secret).where(webhook_secret.c.team == team, signs)
        return tuple(connection.execute(wanted.order_by(webhook_secret.c.number.desc())).scalars())

    def _retire(self, connection: Connection, team: str) -> None:
        """Begin the overlap, and forget the secrets whose own is over."""
        over = and_(webhook_secret.c.team == team, webhook_secret.c.retired_at <= self._now())
        connection.execute(delete(webhook_secret).where(over))
        mine = and_(webhook_secret.c.team == team, webhook_secret.c.retired_at.is_(None))
        until = self._now() + OVERLAP.total_seconds()
        connection.execute(update(webhook_secret).where(mine).values(retired_at=until))

    def _add(self, connection: Connection, team: str, number: int) -> None:
        """Two who do this at once get the same secret."""
        row = insert_once(connection, webhook_secret).values(
            team=team, number=number, secret=new_secret(), created_at=self._now()
        )
        connection.execute(row)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _newest(team: str) -> Select[*tuple[Any, ...]]:
    return (
        select(webhook_secret)
        .where(webhook_secret.c.team == team)
        .order_by(webhook_secret.c.number.desc())
        .limit(1)
    )
