"""Save a result: whole or not at all, checked against its digest, resumed where it was cut."""

from __future__ import annotations

import functools
import hashlib
import os
import random
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import httpx2

from omnireel.client._exchange import CONNECT_SECONDS
from omnireel.client._partial import partial_file
from omnireel.client._pool import USER_AGENT, seconds_left
from omnireel.client._retry import RETRIED, pause
from omnireel.client._waiting import Incoming, Outgoing, Waiting
from omnireel.client._wire import asked_pause
from omnireel.client.errors import DownloadFailed
from omnireel.client.types import Resource

TRIES = 6
IDLE_SECONDS = 30.0
UNTOLD_LIMIT = 4 * 1024**3
"""Most bytes taken when the server did not say how many to expect."""

LONGEST_NAME = 200
"""Bytes; leaves room for what the partial file's name adds."""

BATCH = 256 * 1024
"""Bytes gathered before they are written: on an event loop every write is a trip to a thread."""

_PLAIN_NAME = re.compile(r"[\w()+,=@][\w ()+,=@.-]*")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,32}")
_EXPIRED = frozenset({401, 403, 404, 410})


class _Cut(Exception):
    """This try ended early; the next may go on. `asked` is the server's Retry-After."""

    def __init__(self, reason: str, *, asked: float | None = None, expired: bool = False) -> None:
        super().__init__(reason)
        self.asked = asked
        self.expired = expired


def choose_target(resource: Resource, path: str | os.PathLike[str] | None) -> Path:
    """Where to save: the path itself, or the link's own file name inside it when it is a folder."""
    place = Path(path) if path is not None else Path()
    if not place.is_dir():
        return place
    return place / (
        _linked_name(resource.url) or f"{_word(resource.role, 'file')}.{_word(resource.format, 'mp4')}"
    )


def _linked_name(url: str) -> str:
    """The last part of a link's path when it is a plain file name, else nothing."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    plain = _PLAIN_NAME.fullmatch(name) and len(os.fsencode(name)) <= LONGEST_NAME
    return name if plain else ""


def _word(said: str, otherwise: str) -> str:
    """What a server said, as long as it can only be part of a file name."""
    return said if _WORD.fullmatch(said) else otherwise


Renew = Callable[[], Awaitable[Resource]]


async def download(
    waiting: Waiting, resource: Resource, target: Path, *, renew: Renew, seconds: float
) -> None:
    """Fetch `resource` into `target`. No key is sent.

    `renew` gives the resource with a fresh link when the one at hand has expired.
    Raises DownloadFailed, and Timeout after `seconds` in all; calling again goes on where this ended.
    """
    deadline = time.monotonic() + seconds
    try:
        with partial_file(resource, target) as partial:
            await _collect(waiting, resource, partial, renew, deadline)
            await waiting.work(lambda: _check(resource, partial))
            await waiting.work(lambda: _publish(partial, target))
    except OSError as error:
        raise DownloadFailed(f"cannot save to {target}: {error.strerror or error}") from error


async def _collect(
    waiting: Waiting, resource: Resource, partial: Path, renew: Renew, deadline: float
) -> None:
    failures = 0
    while True:
        have = _size(partial)
        try:
            return await _append(waiting, resource, partial, deadline)
        except _Cut as cut:
            failures = 1 if _size(partial) > have else failures + 1
            if failures == TRIES:
                raise DownloadFailed(f"gave up after {TRIES} tries at byte {_size(partial)}: {cut}") from cut
            rest = min(pause(failures, cut.asked, random.random()), seconds_left(deadline))
            expired = cut.expired
        await waiting.rest(rest)
        resource = await renew() if expired else resource


async def _append(waiting: Waiting, resource: Resource, partial: Path, deadline: float) -> None:
    have = _size(partial)
    if resource.size is not None and have == resource.size:
        return
    try:
        incoming = await waiting.open(_asking(resource, have, deadline))
        try:
            await _store(waiting, incoming, resource, partial, deadline)
        finally:
            await incoming.close()
    except httpx2.UnsupportedProtocol as error:
        raise DownloadFailed(f"the result's link cannot be followed: {error}") from error
    except httpx2.HTTPError as error:
        raise _Cut(str(error) or type(error).__name__) from error


def _asking(resource: Resource, have: int, deadline: float) -> Outgoing:
    left = seconds_left(deadline)
    timeout = httpx2.Timeout(min(IDLE_SECONDS, left), connect=min(CONNECT_SECONDS, left))
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    return Outgoing("GET", resource.url, headers, timeout, deadline, follow=True, decoded=False)


async def _store(
    waiting: Waiting, incoming: Incoming, resource: Resource, partial: Path, deadline: float
) -> None:
    start = _start(incoming, partial)
    limit = UNTOLD_LIMIT if resource.size is None else resource.size
    with partial.open("r+b" if start else "wb") as file:
        file.seek(start)
        try:
            await _pour(waiting, incoming, file, limit, deadline)
        finally:
            await waiting.work(lambda: _settle(file))
        if resource.size is not None and file.tell() < resource.size:
            raise _Cut("the file ended early")


async def _pour(waiting: Waiting, incoming: Incoming, file: BinaryIO, limit: int, deadline: float) -> None:
    """Write what comes, a batch at a time; what came before a fault is written too."""
    batch = bytearray()
    try:
        while block := await incoming.block():
            seconds_left(deadline)
            if file.tell() + len(batch) + len(block) > limit:
                batch.clear()
                file.truncate(0)
                raise DownloadFailed(f"the server sends more than the {limit} bytes it may")
            batch += block
            if len(batch) >= BATCH:
                await waiting.work(functools.partial(file.write, bytes(batch)))
                batch.clear()
    finally:
        file.write(batch)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _start(incoming: Incoming, partial: Path) -> int:
    """The byte that the answer's body begins with. Raises for an answer that is not the file."""
    have, status = _size(partial), incoming.status
    if status == 200:
        return 0
    if status == 206 and _range_start(incoming) == have:
        return have
    if status in (206, 416):
        # Emptied and not removed: the lock on it must go on meaning this path.
        partial.write_bytes(b"")
        raise _Cut(f"the server cannot go on from byte {have}")
    if status in _EXPIRED:
        raise _Cut(f"the link answered {status}", expired=True)
    if status in RETRIED:
        raise _Cut(f"the link answered {status}", asked=asked_pause(incoming.headers))
    raise DownloadFailed(f"the link answered {status}", status=status)


def _range_start(incoming: Incoming) -> int | None:
    found = re.match(r"bytes (\d+)-", incoming.headers.get("content-range", ""))
    return int(found[1]) if found else None


def _size(partial: Path) -> int:
    return partial.stat().st_size if partial.exists() else 0


def _check(resource: Resource, partial: Path) -> None:
    if resource.sha256 is None:
        return
    with partial.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != resource.sha256:
        partial.unlink()
        raise DownloadFailed(f"the file's sha256 is {found}, announced was {resource.sha256}")


def _publish(partial: Path, target: Path) -> None:
    partial.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
