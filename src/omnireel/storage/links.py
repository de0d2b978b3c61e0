"""The service's own links to stored files."""

from __future__ import annotations

from datetime import timedelta

from omnireel.clock import Clock
from omnireel.storage import signing
from omnireel.storage.keys import check_key


class FileLinks:
    """Makes links that start with `base_url` and tells the genuine ones, for all who know `secret`."""

    def __init__(self, base_url: str, *, secret: bytes, clock: Clock) -> None:
        self._base_url = base_url
        self._secret = secret
        self._clock = clock

    def sign(self, key: str, lifetime: timedelta) -> str:
        """A link that opens the key until `lifetime` is over. Raises NotFound for what is no key."""
        expires = int((self._clock.now() + lifetime).timestamp())
        signature = signing.sign(self._secret, check_key(key), expires)
        return signing.link(self._base_url, key, expires=expires, signature=signature)

    def opens(self, key: str, *, expires: str, signature: str) -> bool:
        """Whether a link's query, as it came, opens this key now."""
        return signing.verify(self._secret, key, expires=expires, signature=signature, now=self._clock.now())
