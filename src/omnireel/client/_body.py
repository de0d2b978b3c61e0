"""A request's body as blocks of bytes: JSON as it stands, a file as one multipart field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from omnireel.client._wire import Upload
from omnireel.client.errors import InvalidRequestError

BLOCK = 64 * 1024
FIELD = "file"
_QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True)
class Body:
    """`head`, then `source`, then `tail`; `length` bytes in all."""

    content_type: str
    head: bytes
    source: Path | bytes
    tail: bytes
    length: int

    def blocks(self) -> Iterator[bytes]:
        """Raises OSError when the file cannot be read any more."""
        if self.head:
            yield self.head
        yield from _blocks(self.source)
        if self.tail:
            yield self.tail


def body_of(content: bytes | Upload) -> Body:
    """Raises OSError when the file to upload cannot be looked at."""
    if isinstance(content, bytes):
        return Body("application/json", b"", content, b"", len(content))
    boundary = token_hex(16)
    name = content.filename.translate(_QUOTED)
    disposition = f'Content-Disposition: form-data; name="{FIELD}"; filename="{name}"'
    head = f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
    before, after = head.encode("utf-8", "replace"), f"\r\n--{boundary}--\r\n".encode()
    length = len(before) + size_of(content.source) + len(after)
    return Body(f"multipart/form-data; boundary={boundary}", before, content.source, after, length)


def length_of(content: bytes | Upload | None) -> int:
    """About how many bytes there are to send. Raises InvalidRequestError like the sending itself."""
    if content is None:
        return 0
    try:
        return size_of(content if isinstance(content, bytes) else content.source)
    except OSError as error:
        raise InvalidRequestError(f"an input cannot be read any more: {error.strerror or error}") from error


def size_of(source: Path | bytes) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def _blocks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        for start in range(0, len(source), BLOCK):
            yield source[start : start + BLOCK]
        return
    with source.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
