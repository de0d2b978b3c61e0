"""A line's local files on their way to the server: small ones inside the request, large ones uploaded first.

Uploading is apart from submitting, and noted, so that a submit that is sent again is the very same one. A
file that many lines use is uploaded once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, cast

from omnireel.cli.batch.journal import Journal, Uploaded
from omnireel.cli.batch.lines import Line
from omnireel.client._media import INLINE_LIMIT
from omnireel.client._videos import VideoOptions

if TYPE_CHECKING:
    from omnireel.client._sync import Client

KEPT: Final = timedelta(days=6)
"""A server keeps uploads for seven days; a task needs its own only until it has begun."""
LARGE: Final = 4 * 1024 * 1024
"""Bytes from which on a file used again and again had better be uploaded once."""


class Uploads:
    """Uploads files, each once however many threads ask for it."""

    def __init__(self, client: Client, journal: Journal) -> None:
        self._client, self._journal = client, journal
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def links(self, line: Line) -> dict[str, str]:
        """Links by path, for those files of a line that are not to travel inside the request."""
        room, links = INLINE_LIMIT, dict[str, str]()
        for path in dict.fromkeys(_local(line)):
            size = _size(path)
            if size is None:
                continue
            if size >= LARGE or size > room:
                links[path] = self._link(path, size)
            else:
                room -= size
        return links

    def _link(self, path: str, size: int) -> str:
        changed_at = Path(path).stat().st_mtime
        with self._alone(path):
            known = self._journal.upload(path)
            if known is not None and (known.size, known.changed_at) == (size, changed_at) and _fresh(known):
                return known.url
            url = self._client.files.upload(path).url
            self._journal.note_upload(path, Uploaded(size, changed_at, url, datetime.now(UTC)))
            return url

    @contextmanager
    def _alone(self, path: str) -> Iterator[None]:
        with self._lock:
            lock = self._locks.setdefault(path, Lock())
        with lock:
            yield


def linked(options: VideoOptions, links: dict[str, str]) -> VideoOptions:
    """The options with links in place of the files they stand for."""
    changed = dict(options)
    if "images" in options:
        changed["images"] = [links.get(str(image), image) for image in options["images"]]
    if (video := options.get("video")) is not None:
        changed["video"] = links.get(str(video), video)
    return cast("VideoOptions", changed)


def _local(line: Line) -> Iterator[str]:
    named = [*line.options.get("images", ()), line.options.get("video")]
    for media in named:
        if isinstance(media, str) and not media[:8].lower().startswith(("http://", "https://", "data:")):
            yield media


def _size(path: str) -> int | None:
    """Bytes of a plain file; None for what the SDK shall judge."""
    try:
        return Path(path).stat().st_size if Path(path).is_file() else None
    except (OSError, ValueError):
        return None


def _fresh(uploaded: Uploaded) -> bool:
    return datetime.now(UTC) - uploaded.at < KEPT
