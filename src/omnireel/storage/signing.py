"""Links that open one file for a while: HMAC-SHA256 (RFC 2104) over key and expiry, in hexadecimal."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote

_LABEL = b"omnireel link v1\0"
_LONGEST_EXPIRY = 12


def sign(secret: bytes, key: str, expires: int) -> str:
    """The signature for reading `key` until `expires`, in unix seconds."""
    return hmac.new(secret, _LABEL + f"{expires}\0{key}".encode(), hashlib.sha256).hexdigest()


def verify(secret: bytes, key: str, *, expires: str, signature: str, now: datetime) -> bool:
    """Whether a link's `expires` and `signature`, as they came in its query, open `key` at this moment."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _LONGEST_EXPIRY):
        return False
    wanted = sign(secret, key, int(expires)).encode()
    # compare_digest refuses non-ASCII text, hence bytes on both sides.
    genuine = hmac.compare_digest(wanted, signature.encode(errors="surrogatepass"))
    return genuine and now.timestamp() < int(expires)


def link(base_url: str, key: str, *, expires: int, signature: str) -> str:
    """The absolute link. Its path ends in the key's own file name."""
    return f"{base_url.rstrip('/')}/files/{quote(key)}?expires={expires}&signature={signature}"
