"""Taking in a JSON body: the right type, a cap, a pace, and few large ones at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from email.message import Message

from starlette.requests import Request

from omnireel.api.problems import Problem
from omnireel.errors import InvalidFormat, Unavailable

LARGE = 1024 * 1024
"""Bytes from which a body counts as large, as one without a stated length does."""
IDLE_SECONDS = 15.0
GRACE_SECONDS = 10.0
SLOWEST_PACE = 64 * 1024
"""Bytes per second, on average, that a body must keep up once the grace is over."""


class BodyDesk:
    """Reads bodies of at most `limit` bytes, `at_once` large ones together; more wait `patience` seconds.

    One team's may be half of those, so that its slow senders leave room for others.
    """

    def __init__(self, *, limit: int, at_once: int = 4, patience: float = 10.0) -> None:
        self._limit = limit
        self._large = asyncio.Semaphore(at_once)
        self._teams: dict[str, asyncio.Semaphore] = {}
        self._a_team = max(1, at_once // 2)
        self._patience = patience

    @asynccontextmanager
    async def take(self, request: Request, team: str) -> AsyncIterator[bytearray]:
        """The whole body, for as long as the caller holds on to it."""
        check_json_type(request)
        async with self.place(stated_length(request, self._limit), team):
            yield await read_body(request, self._limit)

    @asynccontextmanager
    async def place(self, length: int | None, team: str) -> AsyncIterator[None]:
        """Room for a body of this length, None when nobody knows. Raises Unavailable."""
        if length is not None and length < LARGE:
            yield
            return
        async with AsyncExitStack() as places:
            for place in (self._teams.setdefault(team, asyncio.Semaphore(self._a_team)), self._large):
                await self._take_one(place)
                places.callback(place.release)
            yield

    async def _take_one(self, place: asyncio.Semaphore) -> None:
        try:
            await asyncio.wait_for(place.acquire(), self._patience)
        except TimeoutError:
            raise Unavailable("too many large bodies are coming in at once", retry_after=5) from None


def check_json_type(request: Request) -> None:
    """Refuse, with 415, what does not call itself plain UTF-8 JSON."""
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    if kind.get_content_type() != "application/json" or not request.headers.get("content-type"):
        raise _unsupported("the Content-Type must be application/json")
    if str(kind.get_param("charset", "utf-8")).lower() not in ("utf-8", "utf8"):
        raise _unsupported("the body's charset must be utf-8")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise _unsupported("the body must come without a Content-Encoding")


def stated_length(request: Request, limit: int, *, slack: int = 0) -> int | None:
    """The Content-Length, None when there is none. Refuses, with 413, one above limit and slack."""
    stated = request.headers.get("content-length", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 20):
        return None
    if int(stated) > limit + slack:
        raise too_large(limit)
    return int(stated)


async def read_body(request: Request, limit: int) -> bytearray:
    """Every byte of the body; raises when there are too many or they come too slowly."""
    body = bytearray()
    async with aclosing(paced(request)) as pieces:
        async for piece in pieces:
            if len(body) + len(piece) > limit:
                raise too_large(limit)
            body += piece
    return body


async def paced(request: Request) -> AsyncGenerator[bytes]:
    """The body's pieces as they come. Raises InvalidFormat when the sender stalls or drips."""
    pieces = request.stream()
    started, received = time.monotonic(), 0
    while True:
        try:
            piece = await asyncio.wait_for(anext(pieces), IDLE_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise InvalidFormat(f"no more of the body came for {IDLE_SECONDS:g} seconds") from None
        received += len(piece)
        elapsed = time.monotonic() - started
        if elapsed > GRACE_SECONDS and received < elapsed * SLOWEST_PACE:
            raise InvalidFormat(f"the body came at less than {SLOWEST_PACE} bytes per second")
        yield piece


def too_large(limit: int) -> Problem:
    return Problem(413, "Payload too large", f"the body must be at most {limit} bytes")


def _unsupported(detail: str) -> Problem:
    return Problem(415, "Unsupported media type", detail)
