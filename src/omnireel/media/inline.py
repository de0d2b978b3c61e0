"""Media sent inside the request as Base64, decoded block by block straight to a file."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from pathlib import Path

from omnireel.errors import InvalidFormat, OutOfRange

_BLOCK = 256 * 1024
_LONGEST_HEADER = 512
_LONGEST_ESCAPE = 6
_ESCAPE = re.compile(rb"\\(?:u00([0-9a-fA-F]{2})|([/nr]))")
_PLAIN = {b"/": b"/", b"n": b"\n", b"r": b"\r"}
_MIB = 1024 * 1024


def write_base64(text: bytes | memoryview, target: Path, *, limit: int) -> int:
    """Decode Base64, bare or a `data:` URI, into a file and return how many bytes came out.

    `text` may be the inside of a JSON string: `\\/` and `\\u00xx` are understood. It takes the standard
    alphabet with its padding; one line break at the end is forgiven, other white space is not. The type in a
    `data:` URI is ignored, since content is judged by itself. Memory does not grow with the input. Raises
    InvalidFormat, or OutOfRange beyond `limit` bytes, and then leaves no file behind.
    """
    try:
        with target.open("wb") as file:
            written = sum(map(file.write, read_base64(text, limit=limit)))
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return written


def read_base64(text: bytes | memoryview, *, limit: int) -> Iterator[bytes]:
    """What the same Base64 decodes to, block by block. Raises as `write_base64` does."""
    size = 0
    for group in _groups(_skip_header(_unescaped(memoryview(text)))):
        try:
            block = binascii.a2b_base64(group, strict_mode=True)
        except binascii.Error as error:
            raise InvalidFormat(f"is not valid Base64: {_fault(group, error)}") from None
        size += len(block)
        if size > limit:
            raise OutOfRange(f"must be at most {limit / _MIB:g} MiB once decoded")
        yield block
    if not size:
        raise InvalidFormat("is empty")


def _groups(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks cut again so that each holds whole groups of four characters; padding only in the last."""
    rest = b""
    for block in blocks:
        rest += block
        # Hold back the last groups: only the end may have padding and a line break.
        whole = max(0, len(rest) - 8) // 4 * 4
        if b"=" in rest[:whole]:
            raise InvalidFormat("is not valid Base64: there is padding before the end")
        if whole:
            yield rest[:whole]
            rest = rest[whole:]
    yield rest.removesuffix(b"\n").removesuffix(b"\r")


def _skip_header(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks without the `data:...;base64,` they may begin with."""
    first = next(blocks, b"")
    if first[:5].lower() == b"data:":
        header, comma, first = first.partition(b",")
        if not comma or len(header) > _LONGEST_HEADER:
            raise InvalidFormat("is a data: URI without a comma near its beginning")
        if not header.lower().endswith(b";base64"):
            raise InvalidFormat(
                "is a data: URI that is not Base64; it must end in ';base64' before the comma"
            )
    yield first
    yield from blocks


def _unescaped(text: memoryview) -> Iterator[bytes]:
    """The text in blocks, JSON's escapes resolved; an escape across two blocks is kept whole."""
    kept = b""
    for start in range(0, len(text), _BLOCK):
        block = kept + bytes(text[start : start + _BLOCK])
        kept = b""
        if start + _BLOCK < len(text) and (cut := block.rfind(b"\\", -_LONGEST_ESCAPE)) >= 0:
            block, kept = block[:cut], block[cut:]
        yield _ESCAPE.sub(_character, block) if b"\\" in block else block
    # Reached when the text is empty, or ends inside what looked like an escape.
    yield kept


def _character(escape: re.Match[bytes]) -> bytes:
    code, letter = escape.groups()
    return bytes([int(code, 16)]) if code else _PLAIN[letter]


def _fault(group: bytes, error: binascii.Error) -> str:
    if b"-" in group or b"_" in group:
        return "it uses the URL-safe alphabet; use the standard one, with + and /"
    if re.search(rb"\s", group):
        return "it contains white space"
    if re.search(rb"[^A-Za-z0-9+/=]", group):
        return "it contains characters outside the alphabet"
    return "its padding is wrong or it was cut off" if len(group) % 4 or b"=" in group else str(error).lower()
