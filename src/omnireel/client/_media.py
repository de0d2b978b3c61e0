"""Inputs as people have them, turned into what the wire takes: a link, or Base64."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from omnireel.client.errors import InvalidRequestError

Media = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""A path, a link, a `data:` URL, bytes, or a file opened for reading."""

INLINE_LIMIT = 47 * 1024 * 1024
"""Bytes of local inputs in one request: as Base64, with the other fields, under the wire's 64 MiB."""


def to_wire(images: Sequence[Media], video: Media | None) -> tuple[list[str], list[str]]:
    """The `images` and `videos` lists of a submit. Raises InvalidRequestError naming the input at fault."""
    room = INLINE_LIMIT
    written: list[str] = []
    named = [*((media, f"images[{place}]") for place, media in enumerate(images)), (video, "video")]
    for media, name in named:
        if media is None:
            continue
        text = _written(media, name, room)
        room -= 0 if _is_link(text) else len(text) * 3 // 4
        written.append(text)
    return written[: len(images)], written[len(images) :]


def _written(media: Media, name: str, room: int) -> str:
    if isinstance(media, str) and _is_link(media):
        return media
    if isinstance(media, str) and media[:5].lower() == "data:":
        return media
    data = _read(media, name, room)
    if not data:
        raise InvalidRequestError(f"{name} is empty")
    return base64.b64encode(data).decode("ascii")


def _is_link(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _read(media: Media, name: str, room: int) -> bytes | bytearray | memoryview:
    if isinstance(media, bytes | bytearray | memoryview):
        data: bytes | bytearray | memoryview = media
    elif isinstance(media, str | os.PathLike):
        data = _read_file(os.fspath(media), name, room)
    else:
        data = _read_stream(media, name, room)
    if len(data) > room:
        raise InvalidRequestError(
            f"{name} is too large to send: local inputs may be {INLINE_LIMIT} bytes together; give a link"
        )
    return data


def _read_file(path: str, name: str, room: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(room + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise InvalidRequestError(
            f"{name} is neither a link, a data: URL nor a readable file ({reason}): {path[:200]!r}"
        ) from error


def _read_stream(stream: BinaryIO, name: str, room: int) -> bytes:
    data = bytearray()
    # A pipe hands over what it has, so one read is not the whole of it.
    while len(data) <= room:
        block = stream.read(room + 1 - len(data))
        if not isinstance(block, bytes):
            raise InvalidRequestError(f"{name} must be opened in binary mode")
        if not block:
            break
        data += block
    return bytes(data)
