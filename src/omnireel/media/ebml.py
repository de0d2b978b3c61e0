"""Elements of EBML (RFC 8794), the format beneath WebM: their ids, sizes and values."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from omnireel.errors import InvalidFormat
from omnireel.media.window import Window

_MOST_ELEMENTS = 50_000
_UNKNOWN = -1


@dataclass(frozen=True)
class Element:
    """An id, its marker bits included, and the bytes of the content."""

    id: int
    start: int
    end: int


def elements(
    window: Window, start: int, end: int, *, opened: frozenset[int] = frozenset()
) -> Iterator[Element]:
    """Elements between two offsets, flat: those in `opened` are followed by their own content.

    Only elements that are opened may leave their size unknown, as live recorders do.
    """
    for _ in range(_MOST_ELEMENTS):
        if start >= end:
            return
        element = _element(window, start, end, opened)
        yield element
        start = element.start if element.id in opened else element.end
    raise InvalidFormat(f"the file has more than {_MOST_ELEMENTS} elements, more than any clip taken here")


def unsigned(window: Window, element: Element) -> int:
    """The element's value as a whole number of at most eight bytes."""
    return int.from_bytes(window.read(element.start, min(element.end - element.start, 8)), "big")


def real(window: Window, element: Element) -> float:
    """The element's value as a floating point number of four or eight bytes; 0 when it is neither."""
    raw = window.read(element.start, min(element.end - element.start, 8))
    layout = {4: ">f", 8: ">d"}.get(len(raw))
    return float(struct.unpack(layout, raw)[0]) if layout else 0.0


def text(window: Window, element: Element) -> bytes:
    """The element's value as bytes, at most 64 of them."""
    return window.read(element.start, min(element.end - element.start, 64)).rstrip(b"\0")


def variable(window: Window, offset: int) -> tuple[int, int]:
    """A variable-size number with its marker bits removed, and its width in bytes."""
    first = window.number(offset, ">B")
    width = 9 - first.bit_length()
    if width > 8:
        raise InvalidFormat(f"the file is damaged at byte {offset}")
    value = int.from_bytes(window.read(offset, width), "big") & ((1 << 7 * width) - 1)
    return (_UNKNOWN if value == (1 << 7 * width) - 1 else value), width


def _element(window: Window, start: int, end: int, opened: frozenset[int]) -> Element:
    width = 9 - window.number(start, ">B").bit_length()
    if width > 4:
        raise InvalidFormat(f"the file is damaged at byte {start}")
    name = int.from_bytes(window.read(start, width), "big")
    size, size_width = variable(window, start + width)
    content = start + width + size_width
    if size == _UNKNOWN:
        if name not in opened:
            raise InvalidFormat(f"the file is damaged at byte {start}: an element has no size")
        size = end - content
    if content + size > end:
        raise InvalidFormat(
            f"the file ends early: an element at byte {start} needs {content + size - end} more bytes"
        )
    return Element(name, content, content + size)
