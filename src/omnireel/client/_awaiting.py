"""Waiting on an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from inspect import isawaitable
from typing import TypeVar

import anyio
import anyio.to_thread
import httpx2

from omnireel.client._pool import KEEPALIVE, MOST_REDIRECTS, headers_of, local_mounts, seconds_left
from omnireel.client._waiting import Incoming, Outgoing
from omnireel.client.types import Task

T = TypeVar("T")


def open_async_http() -> httpx2.AsyncClient:
    """A connection pool for API calls and downloads alike; it holds no key."""
    return httpx2.AsyncClient(mounts=local_mounts(), limits=KEEPALIVE, max_redirects=MOST_REDIRECTS)


class Awaiting:
    """Files are read and written, and digests made, in threads beside the loop."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def open(self, outgoing: Outgoing) -> Incoming:
        request = self._http.build_request(
            outgoing.method,
            outgoing.url,
            params=dict(outgoing.params) or None,
            headers=dict(outgoing.headers),
            content=None if outgoing.body is None else _until(outgoing.deadline, outgoing.body.blocks()),
            timeout=outgoing.timeout,
        )
        response = await self._http.send(request, stream=True, follow_redirects=outgoing.follow)
        return _Arriving(response, decoded=outgoing.decoded)

    async def rest(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    async def work(self, job: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(job)

    async def tell(self, watch: Callable[[Task], object], task: Task) -> None:
        told = watch(task)
        if isawaitable(told):
            await told

    async def close(self) -> None:
        await self._http.aclose()


class _Arriving:
    def __init__(self, response: httpx2.Response, *, decoded: bool) -> None:
        self._response = response
        self._blocks = response.aiter_bytes() if decoded else response.aiter_raw()
        self.status = response.status_code
        self.headers: Mapping[str, str] = headers_of(response)

    async def block(self) -> bytes:
        async for block in self._blocks:
            if block:
                return block
        return b""

    async def close(self) -> None:
        await self._response.aclose()


async def _until(deadline: float, blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while block := await anyio.to_thread.run_sync(next, blocks, b""):
        seconds_left(deadline)
        yield block
