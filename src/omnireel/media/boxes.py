"""Boxes of ISO base media files (ISO/IEC 14496-12) and QuickTime movies: where they begin and end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from omnireel.errors import InvalidFormat
from omnireel.media.window import Window

_MOST_BOXES = 20_000


@dataclass(frozen=True)
class Box:
    """A box's name and the bytes of its content: from `start` up to `end`."""

    name: bytes
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def boxes(window: Window, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets, in order. Raises BoxTooLong when one claims too much room."""
    for _ in range(_MOST_BOXES):
        # QuickTime ends some lists of boxes with four zero bytes.
        if end - start < 8:
            return
        box = _box(window, start, end)
        yield box
        start = box.end
    raise InvalidFormat(f"the file has more than {_MOST_BOXES} boxes")


def children(window: Window, parent: Box, *path: bytes) -> list[Box]:
    """Every box reached by going down `path` from `parent`."""
    found = [parent]
    for name in path:
        found = [box for outer in found for box in boxes(window, outer.start, outer.end) if box.name == name]
    return found


def child(window: Window, parent: Box, *path: bytes) -> Box:
    """The first box reached by going down `path`. Raises InvalidFormat when there is none."""
    found = children(window, parent, *path)
    if not found:
        raise InvalidFormat(f"the file's index lacks its {show(path[-1])} box")
    return found[0]


def show(name: bytes) -> str:
    """A box's or codec's four characters, safe to print."""
    return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in name)


def _box(window: Window, start: int, end: int) -> Box:
    length, name, header = window.number(start, ">I"), window.read(start + 4, 4), 8
    if length == 1:
        length, header = window.number(start + 8, ">Q"), 16
    elif length == 0:
        length = end - start
    if length < header or start + length > end:
        raise BoxTooLong(Box(name, start + header, start + length), end - start)
    return Box(name, start + header, start + length)


class BoxTooLong(InvalidFormat):
    """A box claims more bytes than its surroundings have."""

    def __init__(self, box: Box, left: int) -> None:
        super().__init__(
            f"the file ends early or is damaged: its {show(box.name)} box does not fit the {left} bytes left"
        )
        self.box = box
