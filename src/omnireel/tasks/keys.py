"""API keys: `omr_live_`, 32 random characters, 6 characters of checksum.

The checksum lets a mistyped key be refused without asking the database, and secret scanners recognise a real
one. Only the SHA-256 of a key is stored: with 190 random bits inside, a slow hash would protect nothing more.

A key keeps its id when it is rotated: it gets a new secret, and the one before stays good for a while.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, or_, select, update

from omnireel.clock import Clock, SystemClock
from omnireel.errors import AuthenticationFailed, InvalidRequest, NotFound, NotPermitted
from omnireel.tasks import base62
from omnireel.tasks.away import repeatable
from omnireel.tasks.database import reading, writing
from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.rows import maybe_moment, moment
from omnireel.tasks.scopes import EVERYTHING, Scope, Scopes, allows, scopes_of, stored
from omnireel.tasks.tables import api_key
from omnireel.tasks.teams import check_team, ensure_team

PREFIX = "omr_live_"
_RANDOM = 32
_CHECKSUM = 6
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECKSUM}}}", re.ASCII)
_LONGEST_NAME = 200
_DEFAULT_TEAM = "default"


@dataclass(frozen=True)
class NewKey:
    """A key just made. `secret` is shown now and never again."""

    secret: str
    key_id: str
    last4: str
    created_at: datetime
    expires_at: datetime | None = None
    access_key: str | None = None
    """The public half of its pair, where it has one."""


@dataclass(frozen=True)
class Access:
    """What a good key opens."""

    key_id: str
    team: str
    scopes: Scopes = EVERYTHING

    def check(self, wanted: Scope) -> None:
        """Raises NotPermitted when the key may not do this."""
        if not allows(self.scopes, wanted):
            raise NotPermitted(
                f"this key may not {wanted}; what it may do is {' and '.join(sorted(self.scopes))}"
            )


@dataclass(frozen=True)
class KeyInfo:
    """A key as a list may show it."""

    key_id: str
    name: str
    team: str
    last4: str
    created_at: datetime
    revoked_at: datetime | None
    scopes: Scopes = EVERYTHING
    expires_at: datetime | None = None
    overlap_until: datetime | None = None
    """Until when the secret before the last rotation is good."""
    access_key: str | None = None
    """The public half of its pair, where it has one."""


class KeyStore:
    """The keys of all teams."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()

    def create(
        self,
        name: str,
        team: str = _DEFAULT_TEAM,
        *,
        scopes: Scopes = EVERYTHING,
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Make a key, and its team when there is none by that name.

        Raises InvalidRequest for a bad name, no scope, or an end that is past.
        """
        _check_name(name)
        check_team(team)
        scopes_of(scopes)
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise InvalidRequest(f"a key must expire later than now, got {expires_at:%Y-%m-%dT%H:%M:%S%z}")
        secret = new_secret()
        key = NewKey(secret, _new_id(), secret[-4:], now, expires_at)
        with writing(self._engine) as connection:
            _record(connection, key, name, team, scopes)
        return key

    def create_first(self, keep: Callable[[str], None]) -> str | None:
        """Make a key for everything, of the default team; None when there is a key already.

        Of several processes that try at once one makes it. It is given to `keep` before it counts: a key that
        nobody can know would leave a server that nobody can use.
        """
        secret = new_secret()
        first = NewKey(secret, _new_id(), secret[-4:], self._clock.now())
        with writing(self._engine) as connection:
            dialect_of(self._engine).lock(connection)
            if connection.execute(select(api_key.c.key_id).limit(1)).first() is not None:
                return None
            keep(secret)
            _record(connection, first, "first", _DEFAULT_TEAM, EVERYTHING)
        return secret

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

    def rotate(self, key_id: str, overlap: timedelta) -> NewKey:
        """Give a key a new secret; the one it has stays good for `overlap`, any before it does not.

        Name, team, scopes and end stay. Raises NotFound when there is no such key in use.
        """
        now, secret = self._clock.now(), new_secret()
        in_use = (api_key.c.key_id == key_id, api_key.c.revoked_at.is_(None))
        renewed = (
            update(api_key)
            .where(*in_use)
            .values(
                previous_digest=api_key.c.digest,
                previous_until=(now + overlap).timestamp(),
                digest=_digest(secret),
                last4=secret[-4:],
            )
        )
        with writing(self._engine) as connection:
            shown = (api_key.c.expires_at, api_key.c.access_key)
            row = connection.execute(renewed.returning(*shown)).one_or_none()
        if row is None:
            raise NotFound(f"there is no key {key_id!r} in use")
        return NewKey(secret, key_id, secret[-4:], now, maybe_moment(row.expires_at), row.access_key)

    def team_of(self, secret: str) -> str:
        """The team whose key this is. Raises AuthenticationFailed."""
        return self.access(secret).team

    @repeatable
    def access(self, secret: str) -> Access:
        """What the key opens. Raises AuthenticationFailed."""
        if not _well_formed(secret):
            raise AuthenticationFailed("the API key is malformed")
        digest = _digest(secret)
        either = or_(api_key.c.digest == digest, api_key.c.previous_digest == digest)
        with reading(self._engine) as connection:
            row = connection.execute(select(api_key).where(either)).one_or_none()
        now = self._clock.now().timestamp()
        if row is None:
            raise AuthenticationFailed("the API key is unknown or revoked")
        access = access_of(row, now)
        if digest not in good_digests(row, now):
            raise AuthenticationFailed("the API key was replaced by a newer one")
        return access


def _record(connection: Connection, key: NewKey, name: str, team: str, scopes: Scopes) -> None:
    row = {
        "key_id": key.key_id,
        "team": team,
        "name": name,
        "digest": _digest(key.secret),
        "last4": key.last4,
        "created_at": key.created_at.timestamp(),
        "scopes": stored(scopes),
        "expires_at": key.expires_at.timestamp() if key.expires_at else None,
    }
    ensure_team(connection, team, key.created_at)
    connection.execute(insert(api_key).values(row))


def _new_id() -> str:
    return f"key-{base62.draw(12)}"


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


def access_of(row: Row[*tuple[Any, ...]], now: float) -> Access:
    """What a row opens at a moment, unix seconds. Raises AuthenticationFailed for a key past its end."""
    if row.revoked_at is not None:
        raise AuthenticationFailed("the API key is unknown or revoked")
    if row.expires_at is not None and row.expires_at <= now:
        raise AuthenticationFailed("the API key has expired")
    return Access(row.key_id, row.team, scopes_of(row.scopes.split(",")))


def good_digests(row: Row[*tuple[Any, ...]], now: float) -> tuple[str, ...]:
    """The digests of a key's secrets that are good at a moment: the newest, and for the overlap the last."""
    overlaps = row.previous_until is not None and row.previous_until > now
    return (row.digest, row.previous_digest) if overlaps else (row.digest,)


def _check_name(name: str) -> None:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidRequest(f"a key's name must have 1 to {_LONGEST_NAME} characters", field="name")


def _info(row: Row[*tuple[Any, ...]]) -> KeyInfo:
    return KeyInfo(
        key_id=row.key_id,
        name=row.name,
        team=row.team,
        last4=row.last4,
        created_at=moment(row.created_at),
        revoked_at=maybe_moment(row.revoked_at),
        scopes=scopes_of(row.scopes.split(",")),
        expires_at=maybe_moment(row.expires_at),
        overlap_until=maybe_moment(row.previous_until),
        access_key=row.access_key,
    )
