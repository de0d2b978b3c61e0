"""A multipart form, piece by piece: one part goes to a file, short ones are kept, others only noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import BinaryIO, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from omnireel.api.body import paced, stated_length, too_large
from omnireel.api.problems import Problem
from omnireel.errors import InvalidFormat, OutOfRange

FORM_OVERHEAD: Final = 64 * 1024
"""Bytes a form may add around what it brings: headers, boundaries, small fields that are ignored."""
_MOST_PARTS: Final = 1000
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Shape:
    """What a form may bring: a file under one name, and texts of at most so many bytes under others."""

    file: str
    texts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """What a form brought.

    `files` counts the parts under the file's name. The first is at the target, and has the name its sender
    gave it. Of a text that came twice the last counts.
    """

    files: int
    filename: str
    size: int
    texts: Mapping[str, str]
    others: tuple[str, ...]
    """Names of parts that the shape does not know."""


@dataclass
class _Parts:
    """Takes the parser's callbacks."""

    shape: Shape
    file: BinaryIO
    name: bytes = b""
    value: bytes = b""
    disposition: bytes = b""
    part: str = ""
    writing: bool = False
    filename: str = ""
    size: int = 0
    files: int = 0
    count: int = 0
    texts: dict[str, bytearray] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)

    def part_begin(self) -> None:
        self.disposition, self.part, self.writing = b"", "", False
        self.count += 1
        if self.count > _MOST_PARTS:
            raise OutOfRange(f"the form must have at most {_MOST_PARTS} fields")

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        if self.name.lower() == b"content-disposition":
            self.disposition = self.value
        self.name = self.value = b""

    def headers_finished(self) -> None:
        _, options = parse_options_header(self.disposition)
        self.part = options.get(b"name", b"").decode(errors="replace")
        if self.part == self.shape.file:
            self.files += 1
            self.writing = self.files == 1
            if self.writing:
                self.filename = options.get(b"filename", b"").decode(errors="replace")
        elif self.part in self.shape.texts:
            self.texts[self.part] = bytearray()
        else:
            self.others[self.part[:_LONGEST_NAME]] = None

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self.writing:
            self.size += self.file.write(data[start:end])
        elif self.part in self.texts:
            text, longest = self.texts[self.part], self.shape.texts[self.part]
            if len(text) + end - start > longest:
                raise OutOfRange(f"parameter '{self.part}' must be at most {longest} bytes", field=self.part)
            text += data[start:end]


async def receive_form(request: Request, target: Path, shape: Shape, *, limit: int) -> Form:
    """Write the form's file to `target`; it may have `limit` bytes.

    Raises a 415 or 413 Problem, InvalidFormat or OutOfRange.
    """
    boundary = _boundary(request)
    slack = FORM_OVERHEAD + sum(shape.texts.values())
    stated_length(request, limit, slack=slack)
    with target.open("wb") as file:
        parts = _Parts(shape, file)
        await _parse(request, _parser(boundary, parts), limit, slack)
    if parts.size > limit:
        raise too_large(limit)
    texts = {name: _text(name, value) for name, value in parts.texts.items()}
    return Form(parts.files, parts.filename, parts.size, texts, tuple(parts.others))


def is_form(request: Request) -> bool:
    """Whether the body calls itself a form."""
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    return kind.get_content_type() == "multipart/form-data"


def _text(name: str, value: bytearray) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidFormat(f"parameter '{name}' is not UTF-8", field=name) from None


def _boundary(request: Request) -> bytes:
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary or len(boundary) > 200:
        raise Problem(415, "Unsupported media type", "the Content-Type must be multipart/form-data")
    return boundary.encode(errors="replace")


def _parser(boundary: bytes, parts: _Parts) -> MultipartParser:
    return MultipartParser(
        boundary,
        {
            "on_part_begin": parts.part_begin,
            "on_part_data": parts.part_data,
            "on_header_field": parts.header_field,
            "on_header_value": parts.header_value,
            "on_header_end": parts.header_end,
            "on_headers_finished": parts.headers_finished,
        },
    )


async def _parse(request: Request, parser: MultipartParser, limit: int, slack: int) -> None:
    received = 0
    try:
        async for piece in paced(request):
            received += len(piece)
            if received > limit + slack:
                raise too_large(limit)
            await run_in_threadpool(parser.write, piece)
        parser.finalize()
    except MultipartParseError:
        raise InvalidFormat("the body is not a well-formed multipart form") from None
