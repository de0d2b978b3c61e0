"""A message to somebody else's server: one POST, no redirects, bounded in bytes and time."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import httpx2

from omnireel.media.egress import EgressPolicy
from omnireel.media.pinned import PinnedTransport

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Answer:
    """What the receiver's head said. `retry_after` is the header as it came."""

    status: int
    retry_after: str | None
    seconds: float


class Unreachable(Exception):
    """Refused, closed, silent, slow or broken: which it was is nobody's business. `seconds` it took."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the address could not be reached")
        self.seconds = seconds


def post_policy(*, allow_private: bool) -> EgressPolicy:
    """Where messages may go, and for how long."""
    return EgressPolicy(
        allow_private=allow_private,
        max_redirects=0,
        connect_seconds=CONNECT_SECONDS,
        idle_seconds=TOTAL_SECONDS,
        total_seconds=TOTAL_SECONDS,
    )


def judge_target(url: str, policy: EgressPolicy) -> httpx2.URL:
    """An address for messages: HTTPS, and public where that can be seen without looking its name up.

    A policy that allows private networks lifts both. Raises ValueError with what is wrong.
    """
    parsed = policy.parse(url)
    if parsed.scheme != "https" and not policy.allow_private:
        raise ValueError("a URL must start with https://")
    if not _may_be_allowed(parsed.host, policy):
        raise ValueError("a URL must name a host on the public internet")
    return parsed


def _may_be_allowed(host: str, policy: EgressPolicy) -> bool:
    """Judges literal addresses; a name is judged when it is connected to."""
    try:
        literal = ip_address(host)
    except ValueError:
        return True
    return policy.allows(literal)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    policy: EgressPolicy,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send `body` and read the answer's head; what else the receiver says is not read. Raises Unreachable."""
    started = time.monotonic()
    try:
        address = judge_target(url, policy)
        with (
            PinnedTransport(policy, tls) as transport,
            transport.answer("POST", address, headers=headers, content=body) as answer,
        ):
            retry_after = answer.headers.get("retry-after")
            return Answer(answer.status_code, retry_after, time.monotonic() - started)
    except (httpx2.TransportError, ValueError) as error:
        raise Unreachable(time.monotonic() - started) from error
