"""Large bodies come in a few at a time; the others wait a little and are then sent away."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from omnireel.api.body import LARGE, BodyDesk
from omnireel.errors import Unavailable


def request(body: bytes, *, stated: bool = True) -> Request:
    headers = [(b"content-type", b"application/json")]
    if stated:
        headers.append((b"content-length", str(len(body)).encode()))

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


def test_one_large_body_too_many_is_sent_away_and_small_ones_pass() -> None:
    async def scenario() -> None:
        desk = BodyDesk(limit=10 * LARGE, at_once=1, patience=0.05)
        async with desk.take(request(bytes(LARGE)), "team") as held:
            assert len(held) == LARGE
            with pytest.raises(Unavailable, match="too many large bodies") as refusal:
                await desk.take(request(bytes(LARGE)), "team").__aenter__()
            assert refusal.value.retry_after == 5
            with pytest.raises(Unavailable):
                await desk.take(request(b"{}", stated=False), "team").__aenter__()
            async with desk.take(request(b"{}"), "team") as small:
                assert small == b"{}"
        async with desk.take(request(bytes(LARGE)), "team") as held:
            assert len(held) == LARGE

    asyncio.run(scenario())


def test_a_place_is_given_back_when_the_work_fails() -> None:
    async def scenario() -> None:
        desk = BodyDesk(limit=10 * LARGE, at_once=1, patience=0.05)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                async with desk.take(request(bytes(LARGE)), "team"):
                    raise ZeroDivisionError

    asyncio.run(scenario())


def test_one_team_cannot_take_every_place_for_large_bodies() -> None:
    async def scenario() -> None:
        desk = BodyDesk(limit=10 * LARGE, at_once=2, patience=0.05)
        async with desk.take(request(bytes(LARGE)), "slow"):
            with pytest.raises(Unavailable, match="too many large bodies"):
                await desk.take(request(bytes(LARGE)), "slow").__aenter__()
            async with desk.take(request(bytes(LARGE)), "quick") as held:
                assert len(held) == LARGE
        async with desk.take(request(bytes(LARGE)), "slow") as held:
            assert len(held) == LARGE

    asyncio.run(scenario())
