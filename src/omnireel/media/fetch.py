"""An input from somebody else's server into a file: bounded in bytes, time and redirects."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import BinaryIO

import httpx2

from omnireel.errors import FetchFailed
from omnireel.media.egress import EgressPolicy
from omnireel.media.pinned import UNREADABLE, PinnedTransport

REDIRECTS = {301, 302, 303, 307, 308}
# Compression would let a small answer fill the disk, and media does not shrink.
HEADERS = {"Accept": "image/*, video/*, */*;q=0.1", "Accept-Encoding": "identity"}


def fetch(
    url: str, target: Path, *, policy: EgressPolicy, limit: int, tls: ssl.SSLContext | None = None
) -> None:
    """Read `url` into the new file `target`, at most `limit` bytes. No file is left behind on failure.

    Raises FetchFailed. Its text is the same for an address that is refused, closed, silent or slow.
    """
    try:
        with PinnedTransport(policy, tls) as transport:
            _follow(transport, url, target, policy, limit)
    except httpx2.TransportError as error:
        raise FetchFailed(UNREADABLE) from error


def _follow(transport: PinnedTransport, url: str, target: Path, policy: EgressPolicy, limit: int) -> None:
    for _ in range(policy.max_redirects + 1):
        address = _parsed(url, policy)
        with transport.answer("GET", address, headers=HEADERS) as answer:
            if answer.status_code not in REDIRECTS or "location" not in answer.headers:
                return _save(answer, target, limit)
            url = _next(address, answer.headers["location"])
    raise FetchFailed(f"the address redirects more than {policy.max_redirects} times")


def _parsed(url: str, policy: EgressPolicy) -> httpx2.URL:
    try:
        return policy.parse(url)
    except ValueError as error:
        raise FetchFailed(str(error)) from error


def _next(address: httpx2.URL, location: str) -> str:
    try:
        return str(address.join(location))
    except (httpx2.InvalidURL, ValueError) as error:
        raise FetchFailed("the address redirects to something that is not a URL") from error


def _save(answer: httpx2.Response, target: Path, limit: int) -> None:
    if answer.status_code != httpx2.codes.OK:
        raise FetchFailed(f"the address answers with status {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise FetchFailed("the address answers with a compressed body, which was not asked for")
    if _announced(answer) > limit:
        raise _too_large(limit)
    with target.open("xb") as file:
        try:
            _write(answer, file, limit)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _write(answer: httpx2.Response, file: BinaryIO, limit: int) -> None:
    """Counts what comes, whatever was announced."""
    room = limit
    for chunk in answer.iter_raw():
        room -= len(chunk)
        if room < 0:
            raise _too_large(limit)
        file.write(chunk)


def _announced(answer: httpx2.Response) -> int:
    length = answer.headers.get("content-length", "0")[:20]
    return int(length) if length.isdecimal() else 0


def _too_large(limit: int) -> FetchFailed:
    return FetchFailed(f"the file must be at most {limit} bytes")
