"""Pairs of an access key and a secret key, for callers who sign tokens instead of sending their API key.

A pair belongs to an API key: it may do what the key may, and ends when the key ends or is revoked. Only the
access key, which is no secret, is stored. The secret key is computed each time from what the server keeps to
itself and the hash of the API key, so nothing new is at rest, and a rotation gives the pair a new secret key
too; the one before is good for the same overlap.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import Engine, select, update

from omnireel.clock import Clock, SystemClock
from omnireel.errors import AuthenticationFailed, NotFound
from omnireel.tasks import base62
from omnireel.tasks.away import repeatable
from omnireel.tasks.database import reading, writing
from omnireel.tasks.keys import Access, access_of, good_digests
from omnireel.tasks.tables import api_key

PREFIX: Final = "omr_ak_"
SIGNED_WITH: Final = "omr_sk_"
"""So that secret scanners, and our own log, know one."""
_RANDOM: Final = 22
_PURPOSE: Final = b"omnireel access pair 1"


@dataclass(frozen=True)
class KeyPair:
    """What a caller signs tokens with."""

    access_key: str
    secret_key: str


@dataclass(frozen=True)
class Pair:
    """What an access key opens, and the secret keys it may be signed with, the newest first."""

    access: Access
    secret_keys: tuple[str, ...]


class KeyPairs:
    """The pairs of all keys. `secret` gives what all servers on this database share and nobody else knows."""

    def __init__(self, engine: Engine, secret: Callable[[], bytes], clock: Clock | None = None) -> None:
        self._engine = engine
        # Where it is kept may be a database, and a token comes with every request.
        self._secret = cache(secret)
        self._clock = clock or SystemClock()

    def of(self, key_id: str) -> KeyPair:
        """A key's pair, made on first use and the same until the key is rotated. Raises NotFound."""
        mine = (api_key.c.key_id == key_id, api_key.c.revoked_at.is_(None))
        first = update(api_key).where(*mine, api_key.c.access_key.is_(None))
        with writing(self._engine) as connection:
            connection.execute(first.values(access_key=PREFIX + base62.draw(_RANDOM)))
            row = connection.execute(select(api_key).where(*mine)).one_or_none()
        if row is None:
            raise NotFound(f"there is no key {key_id!r} in use")
        return KeyPair(row.access_key, self._secret_key(row.access_key, row.digest))

    @repeatable
    def find(self, access_key: str) -> Pair:
        """Raises AuthenticationFailed for one that is unknown, or whose key is revoked or past its end."""
        with reading(self._engine) as connection:
            row = connection.execute(select(api_key).where(api_key.c.access_key == access_key)).one_or_none()
        if row is None:
            raise AuthenticationFailed("the access key is unknown")
        now = self._clock.now().timestamp()
        secret_keys = (self._secret_key(access_key, digest) for digest in good_digests(row, now))
        return Pair(access_of(row, now), tuple(secret_keys))

    def _secret_key(self, access_key: str, digest: str) -> str:
        """256 bits behind its prefix: as many as HS256 asks for (RFC 7518, section 3.2)."""
        parts = b"\0".join((_PURPOSE, access_key.encode(), digest.encode()))
        drawn = urlsafe_b64encode(hmac.digest(self._secret(), parts, "sha256"))
        return SIGNED_WITH + drawn.decode().rstrip("=")
