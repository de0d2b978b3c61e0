"""What both kinds of connection pool have in common."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import httpx2

from omnireel.client.errors import Timeout
from omnireel.version import __version__

USER_AGENT: Final = f"omnireel-python/{__version__}"

# Shorter than any server's own patience: a submit must not die on a connection about to be closed.
KEEPALIVE: Final = httpx2.Limits(keepalive_expiry=2.0)
MOST_REDIRECTS: Final = 5


def local_mounts() -> dict[str, None]:
    """A server on this machine is never behind the proxy that the environment names."""
    return dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))


def headers_of(response: httpx2.Response) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def seconds_left(deadline: float) -> float:
    """Seconds until the deadline, on the monotonic clock. Raises Timeout when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise Timeout("the server did not answer in time")
    return left
