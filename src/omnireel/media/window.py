"""Bounded reading of a file nobody trusts."""

from __future__ import annotations

import struct
from typing import BinaryIO

from omnireel.errors import InvalidFormat

_BUDGET = 4 * 1024 * 1024


class Window:
    """Reads within `size` bytes of a file, and no more than a fixed sum of bytes altogether."""

    def __init__(self, file: BinaryIO, size: int, *, budget: int = _BUDGET) -> None:
        self.size = size
        self._file = file
        self._left = budget

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes. Raises InvalidFormat where the file ends first."""
        self._left -= length
        if self._left < 0:
            raise InvalidFormat("the file's index is larger than that of any clip this service takes")
        if offset < 0 or offset + length > self.size:
            raise InvalidFormat(
                f"the file ends early: its header needs {offset + length} bytes, it has {self.size}"
            )
        self._file.seek(offset)
        return self._file.read(length)

    def head(self, length: int) -> bytes:
        """The first bytes: `length`, or all there are."""
        return self.read(0, min(length, self.size))

    def number(self, offset: int, layout: str) -> int:
        """One integer laid out as `struct` layout says."""
        value: int = struct.unpack(layout, self.read(offset, struct.calcsize(layout)))[0]
        return value
