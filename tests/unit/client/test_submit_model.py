"""A submit through every mixture of faults, against a model of the server: never two videos, never a lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeVar

import httpx2
import pytest

from omnireel import APIError, OutcomeUnknown, Task
from omnireel.client import _wire
from omnireel.client._access import Access
from omnireel.client._connection import Connection
from omnireel.client._waiting import Incoming, Outgoing, run

T = TypeVar("T")
KEY = "the key"
FAULTS = (
    "no connection", "lost on the way there", "lost on the way back", "gate refuses", "gate gives up",
    "busy", "fails before", "fails after", "over the rate", "still at it", "key revoked",
)  # fmt: skip


@dataclass
class Arrived:
    """An answer on its way."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    async def block(self) -> bytes:
        content, self.content = self.content, b""
        return content

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Server:
    """Makes a video for every submit that reaches it; with a promise, one for each key."""

    promises: bool
    refuses: int | None
    """With this status, whatever comes."""
    faults: list[str]
    made: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def open(self, outgoing: Outgoing) -> Incoming:
        fault = self.faults.pop(0) if self.faults else ""
        request = httpx2.Request(outgoing.method, outgoing.url)
        match fault:
            case "no connection":
                raise httpx2.ConnectError("refused", request=request)
            case "lost on the way there":
                raise httpx2.ReadError("cut", request=request)
            case "lost on the way back":
                self.answer(outgoing)
                raise httpx2.ReadError("cut", request=request)
            case "gate refuses":
                return Arrived(503, b"<html>", {})
            case "gate gives up":
                self.answer(outgoing)
                return Arrived(504, b"<html>", {})
            case "busy" | "fails before":
                return self.said(503 if fault == "busy" else 500, "not now")
            case "fails after":
                self.answer(outgoing)
                return self.said(500, "something failed here")
            case "over the rate":
                return self.said(429, "Rate limit exceeded: x")
            case "still at it" if self.promises:
                return self.said(409, "Idempotency conflict: x")
            case "key revoked":
                return self.said(401, "Authentication failed: x")
        return self.answer(outgoing)

    def answer(self, outgoing: Outgoing) -> Arrived:
        if outgoing.method == "GET":
            return self.said(200, "success", {"is_valid": True})
        key = outgoing.headers["Idempotency-Key"]
        self.keys.append(key)
        if self.refuses:
            return self.said(self.refuses, "no")
        if not (self.promises and key in self.made):
            self.made.append(key)
        return self.said(200, "success", {"task_id": "task-1", "status": "pending"})

    def said(self, status: int, message: str, data: object = None) -> Arrived:
        envelope = {"code": 0 if status == 200 else status, "message": message, "data": data}
        headers = {"x-idempotency-seconds": "604800"} if self.promises else {}
        return Arrived(status, json.dumps(envelope).encode(), headers)

    async def rest(self, seconds: float) -> None:
        """Time is not what this is about."""

    async def work(self, job: Callable[[], T]) -> T:
        return job()

    async def tell(self, watch: Callable[[Task], object], task: Task) -> None:
        watch(task)

    async def close(self) -> None:
        """Nothing is open."""


def ending(submit: Coroutine[Any, Any, Task]) -> Task | APIError:
    try:
        return run(submit)
    except APIError as error:
        return error


def check(server: Server, told: Task | APIError) -> None:
    match told:
        case Task():
            assert len(server.made) == 1
        case OutcomeUnknown():
            assert len(server.made) <= 1
            assert told.idempotency_key == KEY
            assert server.promises or not told.retryable
        case APIError():
            assert server.made == []


@pytest.mark.parametrize("promises", [True, False])
@pytest.mark.parametrize("refuses", [None, 400, 402])
def test_a_submit_makes_one_video_or_says_what_it_does_not_know(
    *, promises: bool, refuses: int | None
) -> None:
    call = _wire.submit("kling/kling-video-o1", {"prompt": "a fox"}, KEY)
    for length in range(4):
        for faults in product(FAULTS, repeat=length):
            server = Server(promises, refuses, list(faults))
            connection = Connection(Access("http://server", "key"), server, timeout=60.0, tries=3)

            check(server, ending(connection.read(call, _wire.read_receipt)))

            assert set(server.keys) <= {KEY}, faults
            assert len(server.keys) <= 3, faults
