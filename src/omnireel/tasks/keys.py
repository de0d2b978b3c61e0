"""API keys: `omr_live_`, 32 random characters, 6 characters of checksum.

The checksum lets a mistyped key be refused without asking the database, and secret scanners recognise a real
one. Only the SHA-256 of a key is stored: with 190 random bits inside, a slow hash would protect nothing more.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from omnireel.clock import Clock, SystemClock
from omnireel.errors import AuthenticationFailed, InvalidRequest
from omnireel.tasks import base62
from omnireel.tasks.away import repeatable
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.rows import maybe_moment, moment
from omnireel.tasks.tables import api_key, team

PREFIX = "omr_live_"
_RANDOM = 32
_CHECKSUM = 6
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECKSUM}}}", re.ASCII)
_TEAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LONGEST_NAME = 200


@dataclass(frozen=True)
class NewKey:
    """A key just made. `secret` is shown now and never again."""

    secret: str
    key_id: str
    last4: str
    created_at: datetime


@dataclass(frozen=True)
class KeyInfo:
    """A key as a list may show it."""

    key_id: str
    name: str
    team: str
    last4: str
    created_at: datetime
    revoked_at: datetime | None


class KeyStore:
    """The keys of all teams."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()

    def create(self, name: str, team: str = "default", *, secret: str | None = None) -> NewKey:
        """Make a key, and its team when there is none by that name. Raises InvalidRequest for a bad name.

        `secret` is one that `new_secret` drew, for a caller who must keep it somewhere first.
        """
        _check_names(name, team)
        secret = secret or new_secret()
        key = NewKey(secret, f"key-{base62.draw(12)}", secret[-4:], self._clock.now())
        row = {
            "key_id": key.key_id,
            "team": team,
            "name": name,
            "digest": _digest(secret),
            "last4": key.last4,
            "created_at": key.created_at.timestamp(),
        }
        with writing(self._engine) as connection:
            _ensure_team(connection, team, key.created_at)
            connection.execute(insert(api_key).values(row))
        return key

    @repeatable
    def list(self) -> tuple[KeyInfo, ...]:
        """Every key, oldest first, the revoked ones too."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(api_key).order_by(api_key.c.created_at, api_key.c.key_id))
            return tuple(_info(row) for row in rows)

    def revoke(self, key_id: str) -> bool:
        """Refuse the key from now on. False when there is no such key in use."""
        in_use = (api_key.c.key_id == key_id, api_key.c.revoked_at.is_(None))
        with writing(self._engine) as connection:
            revoked = update(api_key).where(*in_use).values(revoked_at=self._clock.now().timestamp())
            return bool(connection.execute(revoked).rowcount)

    @repeatable
    def team_of(self, secret: str) -> str:
        """The team whose key this is. Raises AuthenticationFailed."""
        if not _well_formed(secret):
            raise AuthenticationFailed("the API key is malformed")
        digest = _digest(secret)
        wanted = select(api_key.c.team, api_key.c.digest, api_key.c.revoked_at)
        with reading(self._engine) as connection:
            row = connection.execute(wanted.where(api_key.c.digest == digest)).one_or_none()
        if row is None or not hmac.compare_digest(row.digest, digest) or row.revoked_at is not None:
            raise AuthenticationFailed("the API key is unknown or revoked")
        return str(row.team)


def new_secret() -> str:
    """A fresh key that nobody knows yet."""
    body = PREFIX + base62.draw(_RANDOM)
    return body + _checksum(body)


def _well_formed(secret: str) -> bool:
    if _FORM.fullmatch(secret) is None:
        return False
    return hmac.compare_digest(_checksum(secret[:-_CHECKSUM]), secret[-_CHECKSUM:])


def _checksum(body: str) -> str:
    return base62.encode(zlib.crc32(body.encode()), _CHECKSUM)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_names(name: str, team: str) -> None:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidRequest(f"a key's name must have 1 to {_LONGEST_NAME} characters", field="name")
    if _TEAM.fullmatch(team) is None:
        raise InvalidRequest("a team's name must be 1 to 64 letters, digits, '.', '_' or '-'", field="team")


def _ensure_team(connection: Connection, name: str, now: datetime) -> None:
    connection.execute(insert_once(connection, team).values(team=name, created_at=now.timestamp()))


def _info(row: Row[*tuple[Any, ...]]) -> KeyInfo:
    return KeyInfo(
        row.key_id, row.name, row.team, row.last4, moment(row.created_at), maybe_moment(row.revoked_at)
    )
