"""Inputs as people have them, turned into what the wire takes: a link, or Base64."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from omnireel.client._body import size_of
from omnireel.client.errors import InvalidRequestError

Media = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""A path, a link, a `data:` URL, bytes, or a file opened for reading."""

Store = Callable[[str, Path | bytes], str]
"""Uploads a named file and gives the link that stands for it."""

INLINE_LIMIT = 32 * 1024 * 1024
"""Bytes of local inputs that travel inside one request: as Base64 well under the wire's 64 MiB."""

LIMIT = 256 * 1024 * 1024
"""Bytes no input may exceed; servers stop earlier."""

READ = 1024 * 1024


def to_wire(images: Sequence[Media], video: Media | None, store: Store) -> tuple[list[str], list[str]]:
    """The `images` and `videos` lists of a submit.

    What does not fit into the request is handed to `store`. Raises InvalidRequestError, naming the input.
    """
    room = INLINE_LIMIT
    written: list[str] = []
    for name, media in _named(images, video):
        source = _source(media, name)
        if isinstance(source, str):
            written.append(source)
        elif size_of(source) > room:
            written.append(store(source.name if isinstance(source, Path) else name, source))
        else:
            room -= size_of(source)
            written.append(_base64(source, name))
    return written[: len(images)], written[len(images) :]


def _named(images: Sequence[Media], video: Media | None) -> list[tuple[str, Media]]:
    pictures = [(f"images[{place}]", media) for place, media in enumerate(images)]
    return pictures if video is None else [*pictures, ("video", video)]


def _source(media: Media, name: str) -> str | Path | bytes:
    """The text that goes on the wire as it is, or where the bytes are."""
    if isinstance(media, str) and media[:8].lower().startswith(("http://", "https://", "data:")):
        return media
    if isinstance(media, str | os.PathLike):
        source: Path | bytes = _file(os.fspath(media), name)
    elif isinstance(media, bytes | bytearray | memoryview):
        source = bytes(media)
    else:
        source = _read_stream(media, name)
    if not 0 < size_of(source) <= LIMIT:
        size = size_of(source)
        raise InvalidRequestError(f"{name} must have 1 to {LIMIT} bytes, got {size or 'none'}")
    return source


def _base64(source: Path | bytes, name: str) -> str:
    data = source if isinstance(source, bytes) else _read_file(source, name)
    return base64.b64encode(data).decode("ascii")


def _file(path: str, name: str) -> Path | bytes:
    """The path of a plain file, or what a pipe or device holds."""
    try:
        found = Path(path)
        if found.is_file():
            return found
        with found.open("rb") as stream:
            return _read_stream(stream, name)
    except (OSError, ValueError) as error:
        raise _unreadable(path, name, error) from error


def _read_file(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(INLINE_LIMIT)
    except OSError as error:
        raise _unreadable(str(path), name, error) from error


def _unreadable(path: str, name: str, error: OSError | ValueError) -> InvalidRequestError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
    return InvalidRequestError(
        f"{name} is neither a link, a data: URL nor a readable file ({reason}): {path[:200]!r}"
    )


def _read_stream(stream: BinaryIO, name: str) -> bytes:
    data = bytearray()
    # A pipe hands over what it has, so one read is not the whole of it.
    while block := stream.read(READ):
        if not isinstance(block, bytes):
            raise InvalidRequestError(f"{name} must be opened in binary mode")
        data += block
        if len(data) > LIMIT:
            raise InvalidRequestError(f"{name} must have 1 to {LIMIT} bytes, got more")
    return bytes(data)
