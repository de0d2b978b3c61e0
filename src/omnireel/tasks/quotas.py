"""How much a team's uploaded files may take together; statements, for a caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from omnireel.errors import QuotaExceeded
from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.tables import media_file, team, upload_quota


@dataclass(frozen=True)
class Usage:
    """What a team's uploaded files take, and may take at most. Bytes."""

    used: int
    quota: int

    def check(self, size: int) -> None:
        """Whether a file of this size fits beside what is there. Raises QuotaExceeded."""
        if self.used + size > self.quota:
            raise QuotaExceeded(size, used=self.used, quota=self.quota)


def lock(connection: Connection, name: str) -> None:
    """Have those who record files of this team do so one after the other, until the transaction ends."""
    connection.execute(select(team.c.team).where(team.c.team == name).with_for_update(key_share=True))


def usage(connection: Connection, name: str, *, since: float, default: int) -> Usage:
    """Of files made after `since`, unix seconds; those before have expired."""
    of_team = select(upload_quota.c.bytes).where(upload_quota.c.team == name)
    own: int | None = connection.execute(of_team).scalar()
    kept = (media_file.c.team == name, media_file.c.created_at > since)
    used: int = connection.execute(
        select(func.coalesce(func.sum(media_file.c.size), 0)).where(*kept)
    ).scalar_one()
    return Usage(int(used), default if own is None else own)


def set_quota(connection: Connection, name: str, quota: int | None) -> None:
    """Give a team a quota of its own, bytes; None gives it the server's again."""
    if quota is None:
        connection.execute(delete(upload_quota).where(upload_quota.c.team == name))
        return
    new = dialect_of(connection).insert_or_change(upload_quota, lambda excluded: {"bytes": excluded.bytes})
    connection.execute(new.values(team=name, bytes=quota))
