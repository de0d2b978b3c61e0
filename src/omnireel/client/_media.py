"""Inputs as people have them, turned into what the wire takes: a link, or Base64."""

from __future__ import annotations

import base64
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeGuard
from urllib.parse import quote

from omnireel.client._body import size_of
from omnireel.client._waiting import Waiting
from omnireel.client.errors import InvalidRequestError
from omnireel.client.types import File, Resource

Given = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
Media = Given | File | Resource
"""A path, a link, a `data:` URL, bytes, a file opened for reading; an uploaded file, or a task's result."""

Store = Callable[[str, Path | bytes], Awaitable[str]]
"""Uploads a named file and gives the link that stands for it."""

INLINE_LIMIT = 32 * 1024 * 1024
"""Bytes of local inputs that travel inside one request: as Base64 well under the wire's 64 MiB."""

LIMIT = 256 * 1024 * 1024
"""Bytes no input may exceed; servers stop earlier."""

READ = 1024 * 1024
_LINK = ("http://", "https://")
_DATA_URL = "data:"


async def to_wire(
    waiting: Waiting, images: Sequence[Media], video: Media | None, store: Store
) -> tuple[list[str], list[str]]:
    """The `images` and `videos` lists of a submit.

    What does not fit into the request is handed to `store`. Raises InvalidRequestError, naming the input.
    """
    room = INLINE_LIMIT
    written: list[str] = []
    for name, media in _named(images, video):
        found = await waiting.work(partial(_found, media, name, room))
        if isinstance(found, Stored):
            written.append(await store(found.filename, found.source))
        else:
            room -= found.room
            written.append(found.text)
    return written[: len(images)], written[len(images) :]


def stand_ins(images: Sequence[Media], video: Media | None) -> tuple[list[str], list[str]]:
    """The same lists for a call that looks at no media: local ones are readable, and stay where they are."""
    links = [
        media if is_link(media) else _checked(_source(media, name), name)
        for name, media in _named(images, video)
    ]
    return links[: len(images)], links[len(images) :]


def to_store(media: Media, filename: str | None) -> Stored:
    """A local input as a file to upload. Raises InvalidRequestError, for a link too."""
    given = _given(media)
    if is_link(given):
        raise InvalidRequestError("a link needs no upload: pass it on as it is")
    source = _source(given, "file")
    own = source.name if isinstance(source, Path) else _name_of(given)
    return Stored(filename or own or "file", source)


@dataclass(frozen=True)
class Stored:
    """An input that is to be uploaded."""

    filename: str
    source: Path | bytes


@dataclass(frozen=True)
class Inline:
    """An input that travels in the request, and the room it takes there: bytes, before Base64."""

    text: str
    room: int = 0


def is_link(media: Given) -> TypeGuard[str]:
    return isinstance(media, str) and media[:8].lower().startswith(_LINK)


def _found(media: Given, name: str, room: int) -> Inline | Stored:
    """What becomes of one input."""
    if is_link(media):
        return Inline(media)
    if _is_data_url(media) and len(media) * 3 // 4 <= room:
        return Inline(media, len(media) * 3 // 4)
    source = _source(media, name)
    if size_of(source) > room:
        return Stored(source.name if isinstance(source, Path) else name, source)
    return Inline(_base64(source, name), size_of(source))


def _named(images: Sequence[Media], video: Media | None) -> list[tuple[str, Given]]:
    pictures = [(f"images[{place}]", _given(media)) for place, media in enumerate(images)]
    return pictures if video is None else [*pictures, ("video", _given(video))]


def _given(media: Media) -> Given:
    return media.url if isinstance(media, File | Resource) else media


def _is_data_url(media: Given) -> TypeGuard[str]:
    return isinstance(media, str) and media[:5].lower() == _DATA_URL


def _source(media: Given, name: str) -> Path | bytes:
    """Where the bytes of a local input are."""
    if _is_data_url(media):
        source: Path | bytes = _decoded(media, name)
    elif isinstance(media, str | os.PathLike):
        source = _file(os.fspath(media), name)
    elif isinstance(media, bytes | bytearray | memoryview):
        source = bytes(media)
    else:
        source = _read_stream(media, name)
    if not 0 < size_of(source) <= LIMIT:
        size = size_of(source)
        raise InvalidRequestError(f"{name} must have 1 to {LIMIT} bytes, got {size or 'none'}")
    return source


def _decoded(url: str, name: str) -> bytes:
    """What a `data:` URL holds."""
    head, comma, content = url.partition(",")
    try:
        found = base64.b64decode(content, validate=True) if comma else b""
    except ValueError:
        found = b""
    if not found or not head.lower().endswith(";base64"):
        raise InvalidRequestError(f"{name} is a data: URL that holds no Base64")
    return found


def _name_of(media: Given) -> str:
    """The file name that an open file has, if it has one."""
    name = getattr(media, "name", "")
    return Path(name).name if isinstance(name, str) else ""


def _checked(source: Path | bytes, name: str) -> str:
    """A link that stands for a local input."""
    return f"https://local.invalid/{quote(source.name if isinstance(source, Path) else name)}"


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
    while block := _binary(stream.read(READ), name):
        data += block
        if len(data) > LIMIT:
            raise InvalidRequestError(f"{name} must have 1 to {LIMIT} bytes, got more")
    return bytes(data)


def _binary(block: object, name: str) -> bytes:
    if not isinstance(block, bytes):
        raise InvalidRequestError(f"{name} must be opened in binary mode")
    return block
