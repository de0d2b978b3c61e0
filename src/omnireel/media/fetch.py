"""An input from somebody else's server into a file: bounded in bytes, time and redirects."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2

from omnireel.errors import FetchFailed
from omnireel.media.egress import EgressPolicy
from omnireel.media.pinned import UNREADABLE, pinned_client

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
        with pinned_client(policy, tls=tls) as client:
            _follow(client, url, target, policy, limit)
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        raise FetchFailed(UNREADABLE) from error


def _follow(client: httpx2.Client, url: str, target: Path, policy: EgressPolicy, limit: int) -> None:
    for _ in range(policy.max_redirects + 1):
        try:
            address = policy.parse(url)
        except ValueError as error:
            raise FetchFailed(str(error)) from error
        with client.stream("GET", address, headers=HEADERS) as answer:
            if answer.status_code not in REDIRECTS or "location" not in answer.headers:
                return _save(answer, target, limit)
            url = str(address.join(answer.headers["location"]))
    raise FetchFailed(f"the address redirects more than {policy.max_redirects} times")


def _save(answer: httpx2.Response, target: Path, limit: int) -> None:
    if answer.status_code != httpx2.codes.OK:
        raise FetchFailed(f"the address answers with status {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise FetchFailed("the address answers with a compressed body, which was not asked for")
    if _announced(answer) > limit:
        raise _too_large(limit)
    try:
        _write(answer, target, limit)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write(answer: httpx2.Response, target: Path, limit: int) -> None:
    """Counts what comes, whatever was announced."""
    room = limit
    with target.open("xb") as file:
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
