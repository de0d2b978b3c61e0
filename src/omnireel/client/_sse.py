"""Server-sent events out of a stream of bytes, as section 9.2 of the HTML standard has them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

LONGEST_EVENT = 1024 * 1024
"""Bytes of one event that are kept before giving up on the stream."""


@dataclass(frozen=True)
class Event:
    """One event. `id` is the last one the stream named, which its server goes on from."""

    type: str
    data: str
    id: str | None


class TooLong(Exception):
    """An event that does not end."""


@dataclass
class Decoder:
    """Takes the stream as it comes, cut anywhere, and gives the events that have come whole."""

    last_id: str | None = None
    _begun: bytearray = field(default_factory=bytearray)
    """The beginning of a line whose end has not come."""
    _after_cr: bool = False
    _size: int = 0
    _type: str = ""
    _data: list[str] = field(default_factory=list[str])

    def feed(self, block: bytes) -> list[Event]:
        """Raises TooLong."""
        if self._after_cr and block:
            # The second half of a CRLF; its first half has ended the line.
            block = block.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or block.endswith(b"\r")
        *ends, rest = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        events = [event for end in ends if (event := self._line(self._whole(end))) is not None]
        self._begun += rest
        if self._size + len(self._begun) > LONGEST_EVENT:
            raise TooLong(f"an event is longer than {LONGEST_EVENT} bytes")
        return events

    def _whole(self, end: bytes) -> bytes:
        line = bytes(self._begun) + end
        self._begun.clear()
        return line

    def _line(self, line: bytes) -> Event | None:
        if not line:
            return self._dispatch()
        self._size += len(line)
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.last_id = value or None
        return None

    def _dispatch(self) -> Event | None:
        event = Event(self._type or "message", "\n".join(self._data), self.last_id) if self._data else None
        self._type, self._data, self._size = "", [], 0
        return event
