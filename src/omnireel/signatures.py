"""Signatures of webhooks, as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over `id.timestamp.body`.

Pure: no clock, no sockets.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
_VERSION: Final = "v1,"
_SECRET_BYTES: Final = 32
_FEWEST_BYTES: Final = 24
_MOST_BYTES: Final = 64


def new_secret() -> str:
    """`whsec_` and 32 random bytes in Base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each secret. `timestamp` is in unix seconds.

    Raises ValueError for what is no secret.
    """
    return " ".join(_signature(_key(secret), message_id, timestamp, body) for secret in keys)


def verifies(secret: str, message_id: str, timestamp: int, body: bytes, signatures: str) -> bool:
    """Whether one of the signatures in a `webhook-signature` header is this secret's; in constant time.

    Raises ValueError for what is no secret.
    """
    expected = _signature(_key(secret), message_id, timestamp, body).encode()
    given = signatures.encode(errors="replace").split(b" ")
    return any(hmac.compare_digest(expected, signature) for signature in given)


def _signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return _VERSION + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a webhook secret is 'whsec_' and Base64") from None
    if not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(f"a webhook secret holds {_FEWEST_BYTES} to {_MOST_BYTES} bytes, got {len(key)}")
    return key
