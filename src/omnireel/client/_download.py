"""Save a result: whole or not at all, checked against its digest, resumed where it was cut."""

from __future__ import annotations

import hashlib
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2

from omnireel.client._body import BLOCK
from omnireel.client._exchange import CONNECT_SECONDS, seconds_left
from omnireel.client._partial import partial_file
from omnireel.client._retry import RETRIED, pause
from omnireel.client._wire import retry_after
from omnireel.client.errors import DownloadFailed
from omnireel.client.types import Resource

TRIES = 6
IDLE_SECONDS = 30.0
UNTOLD_LIMIT = 4 * 1024**3
"""Most bytes taken when the server did not say how many to expect."""

LONGEST_NAME = 200
"""Bytes; leaves room for what the partial file's name adds."""

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


def download(
    http: httpx2.Client, resource: Resource, target: Path, *, renew: Callable[[], Resource], seconds: float
) -> None:
    """Fetch `resource` into `target`. No key is sent.

    `renew` gives the resource with a fresh link when the one at hand has expired.
    Raises DownloadFailed, and Timeout after `seconds` in all; calling again goes on where this ended.
    """
    deadline = time.monotonic() + seconds
    try:
        with partial_file(resource, target) as partial:
            _collect(http, resource, partial, renew, deadline)
            _check(resource, partial)
            _publish(partial, target)
    except OSError as error:
        raise DownloadFailed(f"cannot save to {target}: {error.strerror or error}") from error


def _collect(
    http: httpx2.Client, resource: Resource, partial: Path, renew: Callable[[], Resource], deadline: float
) -> None:
    failures = 0
    while True:
        have = _size(partial)
        try:
            return _append(http, resource, partial, deadline)
        except _Cut as cut:
            failures = 1 if _size(partial) > have else failures + 1
            if failures == TRIES:
                raise DownloadFailed(f"gave up after {TRIES} tries at byte {_size(partial)}: {cut}") from cut
            time.sleep(min(pause(failures, cut.asked, random.random()), seconds_left(deadline)))
            resource = renew() if cut.expired else resource


def _append(http: httpx2.Client, resource: Resource, partial: Path, deadline: float) -> None:
    have = _size(partial)
    if resource.size is not None and have == resource.size:
        return
    left = seconds_left(deadline)
    timeout = httpx2.Timeout(min(IDLE_SECONDS, left), connect=min(CONNECT_SECONDS, left))
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    request = http.build_request("GET", resource.url, headers=headers, timeout=timeout)
    try:
        response = http.send(request, stream=True, follow_redirects=True)
        try:
            _store(response, resource, partial, deadline)
        finally:
            response.close()
    except httpx2.UnsupportedProtocol as error:
        raise DownloadFailed(f"the result's link cannot be followed: {error}") from error
    except httpx2.HTTPError as error:
        raise _Cut(str(error) or type(error).__name__) from error


def _store(response: httpx2.Response, resource: Resource, partial: Path, deadline: float) -> None:
    start = _start(response, partial)
    limit = UNTOLD_LIMIT if resource.size is None else resource.size
    with partial.open("r+b" if start else "wb") as file:
        file.seek(start)
        for block in response.iter_raw(BLOCK):
            seconds_left(deadline)
            if file.tell() + len(block) > limit:
                file.truncate(0)
                raise DownloadFailed(f"the server sends more than the {limit} bytes it may")
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        if resource.size is not None and file.tell() < resource.size:
            raise _Cut("the file ended early")


def _start(response: httpx2.Response, partial: Path) -> int:
    """The byte that the answer's body begins with. Raises for an answer that is not the file."""
    have, status = _size(partial), response.status_code
    if status == 200:
        return 0
    if status == 206 and _range_start(response) == have:
        return have
    if status in (206, 416):
        # Emptied and not removed: the lock on it must go on meaning this path.
        partial.write_bytes(b"")
        raise _Cut(f"the server cannot go on from byte {have}")
    if status in _EXPIRED:
        raise _Cut(f"the link answered {status}", expired=True)
    if status in RETRIED:
        raise _Cut(f"the link answered {status}", asked=retry_after(response.headers.get("retry-after")))
    raise DownloadFailed(f"the link answered {status}", status=status)


def _range_start(response: httpx2.Response) -> int | None:
    found = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
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
