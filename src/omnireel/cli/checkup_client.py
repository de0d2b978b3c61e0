"""The caller's half of `omnireel doctor`: this program, its key, and the server it talks to."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from omnireel import __version__
from omnireel.cli.auth import masked
from omnireel.cli.finding import Finding, State, guarded
from omnireel.cli.session import Chosen, choose_key, choose_origin
from omnireel.client.errors import APIError, AuthenticationError, ConnectionFailed, NotFoundError

if TYPE_CHECKING:
    from httpx2 import Response

    from omnireel.client._sync import Client

PATIENCE = 5.0
MOST_SKEW = 60.0
"""Seconds by which clocks may differ; signed webhooks and links allow for minutes."""


def client_side(base_url: str | None) -> Iterator[Finding]:
    """All of it, the server included, when it can be reached."""
    yield Finding("omnireel", State.OK, __version__)
    version = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= (3, 11)
    yield Finding("python", State.OK if good else State.BAD, f"{version} at {sys.executable}")
    yield from guarded("server", lambda: _server(base_url))


def _server(base_url: str | None) -> Iterator[Finding]:
    try:
        origin = choose_origin(base_url)
    except APIError as error:
        yield Finding("server", State.BAD, str(error))
        return
    answer = _knock(origin.value)
    if answer is None:
        detail = f"{origin.value} ({origin.source}) does not answer; `omnireel serve` runs a server here"
        yield Finding("server", State.NOTE, detail)
    yield from guarded("key", lambda: _key(origin, reached=answer is not None))
    if answer is not None:
        yield from _readiness(answer)
        yield from clock_findings(answer.headers.get("date", ""), time.time())


def _knock(origin: str) -> Response | None:
    import httpx2

    try:
        return httpx2.get(f"{origin}/readyz", timeout=PATIENCE)
    except httpx2.HTTPError:
        return None


def _key(origin: Chosen, *, reached: bool) -> Iterator[Finding]:
    try:
        key = choose_key(origin.value)
    except AuthenticationError as error:
        yield Finding("key", State.NOTE, str(error))
        return
    about = f"{masked(key.value)} ({key.source})"
    if not reached:
        yield Finding("key", State.OK, f"{about}; not tried")
        return
    from omnireel.client._sync import Client

    try:
        with Client(origin.value, key.value, timeout=PATIENCE) as client:
            models = client.models.list()
            yield Finding("key", State.OK, f"{about}; the server takes it")
            found = f"{origin.value} ({origin.source}) answers; models: "
            yield Finding("server", State.OK, found + ", ".join(model.slug for model in models))
            yield from _balance(client)
    except AuthenticationError as error:
        yield Finding("key", State.BAD, f"{about}: {error}")
    except APIError as error:
        yield Finding("server", State.BAD, f"{origin.value} ({origin.source}): {error}")


def _balance(client: Client) -> Iterator[Finding]:
    try:
        yield Finding("balance", State.OK, f"{client.balance():.4f} USD")
    except (AuthenticationError, NotFoundError, ConnectionFailed):
        # Not every key may look, and not every server keeps one.
        return


def _readiness(answer: Response) -> Iterator[Finding]:
    """What the server says it lacks; others than ours say nothing."""
    if answer.status_code not in (200, 503):
        return
    try:
        checks = json.loads(answer.content)["data"]["checks"]
        lacking = {str(name): str(check["reason"]) for name, check in checks.items() if not check["ok"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    if not lacking:
        yield Finding("ready", State.OK, ", ".join(checks))
    for name, reason in lacking.items():
        yield Finding("ready", State.BAD, f"{name}: {reason}")


def clock_findings(date: str, now: float) -> Iterator[Finding]:
    """What an answer's Date header tells at `now`, unix seconds; nothing when the clocks agree."""
    try:
        skew = parsedate_to_datetime(date).timestamp() - now
    except (ValueError, TypeError):
        return
    if abs(skew) > MOST_SKEW:
        word = "ahead of" if skew > 0 else "behind"
        detail = f"the server's is {abs(skew):.0f} s {word} ours; links and signatures may not hold"
        yield Finding("clock", State.NOTE, detail)
