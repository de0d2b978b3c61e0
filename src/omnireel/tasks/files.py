"""Files that a team uploaded once, to be referred to by many tasks, and the bytes behind all inputs."""

from __future__ import annotations

import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, literal, or_, select, true

from omnireel.clock import Clock
from omnireel.errors import InvalidFormat, NotFound
from omnireel.models import MediaKind
from omnireel.tasks import quotas, stored_inputs
from omnireel.tasks.away import repeatable
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.places import UPLOADS
from omnireel.tasks.quotas import Usage
from omnireel.tasks.rows import moment
from omnireel.tasks.tables import media_file

QUOTA: Final = 10 * 1024**3
"""Bytes."""
_LONGEST_PAGE = 100


@dataclass(frozen=True)
class MediaFile:
    """An uploaded file. Links name its `key`; its bytes are the blob `blob`, or `key` when that is None."""

    file_id: str
    team: str
    type: MediaKind
    filename: str
    size: int
    key: str
    created_at: datetime
    blob: str | None = None


@dataclass(frozen=True)
class FilePage:
    """Some files, newest first, and where the next ones are (None at the end)."""

    files: tuple[MediaFile, ...]
    next_cursor: str | None


class MediaFiles:
    """The uploaded files of all teams. After `retention` a file no longer exists for its team.

    A team's files may take `quota` bytes together, unless it has a quota of its own.
    """

    def __init__(
        self, engine: Engine, clock: Clock, *, retention: timedelta = timedelta(days=7), quota: int = QUOTA
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._retention = retention
        self._quota = quota

    def add(self, team: str, file: MediaFile) -> MediaFile:
        """Record a file whose blob is stored already; once, however often it is told.

        Raises QuotaExceeded: of many at once, exactly those are recorded that fit; and Unavailable when the
        blob was taken away meanwhile.
        """
        self._record(team, file)
        return self.get(team, file.file_id)

    @repeatable
    def get(self, team: str, file_id: str) -> MediaFile:
        """Raises NotFound for a file that is unknown, expired, deleted or another team's."""
        return self._one(team, media_file.c.file_id == file_id)

    @repeatable
    def by_key(self, team: str, key: str) -> MediaFile:
        """The file whose blob this is. Raises NotFound like `get`."""
        return self._one(team, media_file.c.key == key)

    def list(self, team: str, limit: int = 20) -> tuple[MediaFile, ...]:
        """A team's newest files, newest first."""
        return self.page(team, limit).files

    @repeatable
    def page(self, team: str, limit: int = 20, cursor: str | None = None) -> FilePage:
        """Some of a team's files, newest first. Raises InvalidFormat for a cursor that no page gave out."""
        limit = min(max(limit, 1), _LONGEST_PAGE)
        after = true() if cursor is None else _after(cursor)
        wanted = select(media_file).where(media_file.c.team == team, self._kept(), after)
        newest = wanted.order_by(media_file.c.created_at.desc(), media_file.c.file_id)
        with reading(self._engine) as connection:
            rows = connection.execute(newest.limit(limit + 1)).all()
        more = _cursor_after(rows[limit - 1]) if len(rows) > limit else None
        return FilePage(tuple(_file(row) for row in rows[:limit]), more)

    @repeatable
    def usage(self, team: str) -> Usage:
        """What the team's files take now."""
        with reading(self._engine) as connection:
            return self._usage(connection, team)

    @repeatable
    def set_quota(self, team: str, quota: int | None) -> None:
        """Give an existing team a quota of its own, bytes; None gives it the server's again."""
        with writing(self._engine) as connection:
            quotas.set_quota(connection, team, quota)

    def delete(self, team: str, file_id: str) -> MediaFile:
        """Forget a file, which frees what it took; its bytes go when nobody needs them. Raises NotFound."""
        file = self.get(team, file_id)
        with writing(self._engine) as connection:
            connection.execute(delete(media_file).where(media_file.c.file_id == file.file_id))
        return file

    @repeatable
    def expired(self, before: datetime) -> tuple[MediaFile, ...]:
        """Files whose time was over before this moment."""
        latest = (before - self._retention).timestamp()
        with reading(self._engine) as connection:
            rows = connection.execute(select(media_file).where(media_file.c.created_at <= latest))
            return tuple(_file(row) for row in rows)

    @repeatable
    def forget(self, file_ids: Collection[str]) -> None:
        """Drop the rows of expired files."""
        with writing(self._engine) as connection:
            for file_id in file_ids:
                connection.execute(delete(media_file).where(media_file.c.file_id == file_id))

    @repeatable
    def known_keys(self, keys: Collection[str]) -> frozenset[str]:
        """Those keys that belong to a recorded file, expired or not."""
        with reading(self._engine) as connection:
            found = connection.execute(select(media_file.c.key).where(media_file.c.key.in_(keys)))
            return frozenset(found.scalars())

    @repeatable
    def blob_of(self, key: str) -> str:
        """The blob that a link's key stands for. Raises NotFound for an upload that is gone."""
        if not key.startswith(UPLOADS):
            return key
        wanted = select(media_file.c.blob).where(media_file.c.key == key, self._kept())
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound("no such media file")
        return key if row.blob is None else str(row.blob)

    @repeatable
    def keep_input(self, team: str, sha256: str, format: str) -> str:  # noqa: A002
        """The key under which a team's bytes are, or are to be put. `stored_inputs` says more of these."""
        with writing(self._engine) as connection:
            return stored_inputs.keep(connection, team, sha256, format, self._seconds())

    @repeatable
    def hold_input(self, key: str) -> bool:
        """Keep a blob that will be needed for another grace. False when it is gone, or soon will be."""
        if not stored_inputs.is_recorded(key):
            return True
        with writing(self._engine) as connection:
            return stored_inputs.hold(connection, key, self._seconds())

    def drop_inputs(self, before: datetime, limit: int) -> tuple[str, ...]:
        """Forget some of the inputs that nobody needs and nobody used since; their keys."""
        with writing(self._engine) as connection:
            return stored_inputs.drop(connection, before.timestamp(), limit)

    @repeatable
    def recorded_inputs(self, keys: Collection[str]) -> frozenset[str]:
        """Those of these keys whose blobs are recorded."""
        with reading(self._engine) as connection:
            return stored_inputs.recorded(connection, keys)

    @repeatable
    def _record(self, team: str, file: MediaFile) -> None:
        with writing(self._engine) as connection:
            quotas.lock(connection, team)
            before = self._usage(connection, team)
            if file.blob is not None:
                stored_inputs.hold_all(connection, [file.blob], self._seconds())
            row = insert_once(connection, media_file).values(_row(team, file))
            if connection.execute(row.returning(media_file.c.file_id)).one_or_none() is not None:
                before.check(file.size)

    def _one(self, team: str, which: ColumnElement[bool]) -> MediaFile:
        wanted = select(media_file).where(and_(media_file.c.team == team, which, self._kept()))
        with reading(self._engine) as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound("no such media file")
        return _file(row)

    def _usage(self, connection: Connection, team: str) -> Usage:
        return quotas.usage(connection, team, since=self._since(), default=self._quota)

    def _seconds(self) -> float:
        return self._clock.now().timestamp()

    def _kept(self) -> ColumnElement[bool]:
        return media_file.c.created_at > self._since()

    def _since(self) -> float:
        return (self._clock.now() - self._retention).timestamp()


def _cursor_after(row: Row[*tuple[Any, ...]]) -> str:
    """Where the page after this row begins, whatever becomes of the row."""
    return urlsafe_b64encode(f"{row.created_at!r} {row.file_id}".encode()).decode().rstrip("=")


def _after(cursor: str) -> ColumnElement[bool]:
    try:
        moment, _, file_id = urlsafe_b64decode(f"{cursor}==").decode("ascii").partition(" ")
        created_at = float(moment)
    except ValueError:
        created_at, file_id = math.nan, ""
    if not (math.isfinite(created_at) and file_id and file_id.isprintable()):
        raise InvalidFormat("parameter 'cursor' must be one that a page gave out", field="cursor")
    at, later = media_file.c.created_at, media_file.c.file_id > file_id
    return or_(at < literal(created_at), and_(at == literal(created_at), later))


def _row(team: str, file: MediaFile) -> dict[str, Any]:
    return {
        "file_id": file.file_id,
        "team": team,
        "type": file.type,
        "filename": file.filename,
        "size": file.size,
        "key": file.key,
        "created_at": file.created_at.timestamp(),
        "blob": file.blob,
    }


def _file(row: Row[*tuple[Any, ...]]) -> MediaFile:
    return MediaFile(
        file_id=row.file_id,
        team=row.team,
        type=MediaKind(row.type),
        filename=row.filename,
        size=row.size,
        key=row.key,
        created_at=moment(row.created_at),
        blob=row.blob,
    )
