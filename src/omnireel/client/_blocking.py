"""Waiting by blocking the thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import httpx2

from omnireel.client._pool import KEEPALIVE, MOST_REDIRECTS, headers_of, local_mounts, seconds_left
from omnireel.client._waiting import Incoming, Outgoing
from omnireel.client.types import Task

T = TypeVar("T")


def open_http() -> httpx2.Client:
    """A connection pool for API calls and downloads alike; it holds no key."""
    return httpx2.Client(mounts=local_mounts(), limits=KEEPALIVE, max_redirects=MOST_REDIRECTS)


class Blocking:
    """None of these ever suspends."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    async def open(self, outgoing: Outgoing) -> Incoming:
        request = self._http.build_request(
            outgoing.method,
            outgoing.url,
            params=dict(outgoing.params) or None,
            headers=dict(outgoing.headers),
            content=_paced(outgoing),
            timeout=outgoing.timeout,
        )
        response = self._http.send(request, stream=True, follow_redirects=outgoing.follow)
        return _Arriving(response, decoded=outgoing.decoded)

    async def rest(self, seconds: float) -> None:
        time.sleep(seconds)

    async def work(self, job: Callable[[], T]) -> T:
        return job()

    async def tell(self, watch: Callable[[Task], object], task: Task) -> None:
        watch(task)

    async def close(self) -> None:
        self._http.close()


class _Arriving:
    def __init__(self, response: httpx2.Response, *, decoded: bool) -> None:
        self._response = response
        self._blocks = response.iter_bytes() if decoded else response.iter_raw()
        self.status = response.status_code
        self.headers: Mapping[str, str] = headers_of(response)

    async def block(self) -> bytes:
        return next(filter(None, self._blocks), b"")

    async def close(self) -> None:
        self._response.close()


def _paced(outgoing: Outgoing) -> Iterator[bytes] | None:
    return None if outgoing.body is None else _until(outgoing.deadline, outgoing.body.blocks())


def _until(deadline: float, blocks: Iterator[bytes]) -> Iterator[bytes]:
    # The library's write timeout starts anew with every block; the deadline does not.
    for block in blocks:
        seconds_left(deadline)
        yield block
