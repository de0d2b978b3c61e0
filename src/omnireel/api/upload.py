"""A multipart upload goes to a file piece by piece; memory never holds more than one piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from omnireel.api.body import paced, stated_length, too_large
from omnireel.api.problems import Problem
from omnireel.errors import InvalidFormat, MissingParameter

FIELD = "file"
FORM_OVERHEAD = 64 * 1024
"""Bytes a form may add around the file: headers, boundaries, small fields that are ignored."""


@dataclass
class _Parts:
    """Takes the parser's callbacks. The part named `file` is written out, other parts are dropped."""

    file: BinaryIO
    name: bytes = b""
    value: bytes = b""
    disposition: bytes = b""
    writing: bool = False
    filename: str | None = None
    size: int = 0
    seen: int = field(default=0)

    def part_begin(self) -> None:
        self.disposition, self.writing = b"", False

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
        if options.get(b"name") == FIELD.encode():
            self.seen += 1
            self.writing = self.seen == 1
            self.filename = options.get(b"filename", b"").decode(errors="replace")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self.writing:
            self.size += self.file.write(data[start:end])


async def receive_file(request: Request, target: Path, *, limit: int) -> str:
    """Write the form's `file` to `target`; its name as the sender gave it.

    Raises a 415 or 413 Problem, InvalidFormat or MissingParameter.
    """
    boundary = _boundary(request)
    stated_length(request, limit, slack=FORM_OVERHEAD)
    with target.open("wb") as file:
        parts = _Parts(file)
        await _parse(request, _parser(boundary, parts), limit + FORM_OVERHEAD)
    if parts.seen != 1:
        raise MissingParameter(f"the form must have exactly one field '{FIELD}', got {parts.seen}")
    if parts.size > limit:
        raise too_large(limit)
    return parts.filename or ""


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


async def _parse(request: Request, parser: MultipartParser, limit: int) -> None:
    received = 0
    try:
        async for piece in paced(request):
            received += len(piece)
            if received > limit:
                raise too_large(limit - FORM_OVERHEAD)
            await run_in_threadpool(parser.write, piece)
        parser.finalize()
    except MultipartParseError:
        raise InvalidFormat("the body is not a well-formed multipart form") from None
