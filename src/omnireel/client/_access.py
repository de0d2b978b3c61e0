"""Which server to talk to, and as whom: arguments, then the environment, then a local server's first key."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from omnireel.client.errors import AuthenticationError, InvalidRequestError

DEFAULT_BASE_URL = "http://127.0.0.1:8000"
DEFAULT_DATA = "omnireel-data"
FIRST_KEY = "first-key"


@dataclass(frozen=True)
class Access:
    """A server's origin and a key for it."""

    base_url: str
    api_key: str = field(repr=False)


def resolve(base_url: str | None, api_key: str | None, environment: Mapping[str, str] = os.environ) -> Access:
    """Raises AuthenticationError when no key is to be found."""
    origin = find_origin(base_url, environment)
    key = api_key or environment.get("OMNIREEL_API_KEY", "").strip() or _first_key(origin, environment)
    if not key.isascii() or not key.isprintable():
        raise AuthenticationError("the API key has characters no key has; was it copied whole?")
    return Access(origin, key)


def find_origin(base_url: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """`scheme://host[:port]`, without a trailing slash. Raises InvalidRequestError for anything else."""
    text = base_url or environment.get("OMNIREEL_BASE_URL", "").strip() or DEFAULT_BASE_URL
    try:
        parts = urlsplit(text)
        bare = parts.port is None or parts.port > 0
    except ValueError:
        raise _not_an_origin(text) from None
    bare = (
        bare
        and parts.path in ("", "/")
        and not parts.query
        and not parts.fragment
        and "@" not in parts.netloc
    )
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        raise _not_an_origin(text)
    return f"{parts.scheme}://{parts.netloc}"


def find_webhook_secret(secret: str | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """What webhooks are checked with, if anybody said."""
    return secret or environment.get("OMNIREEL_WEBHOOK_SECRET", "").strip() or None


def is_loopback(origin: str) -> bool:
    """True when the server can only be on this machine."""
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def first_key_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a server started in this folder leaves the first key it made."""
    return Path(environment.get("OMNIREEL_DATA") or DEFAULT_DATA) / FIRST_KEY


def _first_key(origin: str, environment: Mapping[str, str]) -> str:
    path = first_key_path(environment)
    # Only ever shown to a server on this machine: it was made by one.
    key = _read_key(path) if is_loopback(origin) else ""
    if not key:
        raise AuthenticationError(
            "no API key: pass api_key, set OMNIREEL_API_KEY, or work in the folder where a local server"
            f" keeps its data (looked for {path})"
        )
    return key


def _read_key(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            return file.read(1024).strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _not_an_origin(text: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"base URL must be a bare origin such as https://host or http://127.0.0.1:8000, got {text[:80]!r}"
    )
