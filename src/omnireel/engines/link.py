"""Words and arrays between an attempt and the process that keeps its model loaded.

The attempt decodes other people's media, so the model's process believes nothing it says that does not fit
these shapes and limits; nothing on the way is pickled.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from omnireel.errors import DeviceBroken, EngineFailed, EngineLost, EngineUnavailable, WorkerLost

MAX_HEAD = 1024 * 1024
"""Longest head, bytes."""
MAX_ARRAYS = 32
MAX_BYTES = 2 * 1024**3
"""Largest arrays of one message together; ten seconds of 1080p at 24 frames have 1.5 GB."""
DTYPES: Final[dict[str, np.dtype[Any]]] = {"uint8": np.dtype(np.uint8), "float32": np.dtype(np.float32)}
LENGTH_BYTES = 4
TICK_SECONDS = 0.1
"""How often somebody who waits looks round."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Message:
    """What is said at once: a small JSON object, and arrays of uint8 or float32 by name."""

    head: Mapping[str, Any]
    arrays: Mapping[str, Array] = field(default_factory=lambda: MappingProxyType({}))


class LinkLost(Exception):
    """The other side is gone, or what it says makes no sense."""


class _Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    dtype: str
    shape: tuple[int, ...]


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    head: dict[str, Any]
    arrays: tuple[_Shape, ...]


class Link:
    """One end of a connected stream socket. `tick` is called ten times a second while this end waits to hear
    something; what it raises ends the wait.
    """

    def __init__(self, end: socket.socket, tick: Callable[[], None] = lambda: None) -> None:
        self._end = end
        self._tick = tick

    def send(self, message: Message) -> None:
        """Raises LinkLost when nobody listens, ValueError for arrays too large or of another type."""
        arrays = {name: np.ascontiguousarray(array) for name, array in message.arrays.items()}
        shapes = tuple(_Shape(name, str(one.dtype), one.shape) for name, one in arrays.items())
        _check(shapes)
        head = msgspec.json.encode(_Envelope(dict(message.head), shapes))
        if len(head) > MAX_HEAD:
            raise ValueError(f"a head may have {MAX_HEAD} bytes, this one has {len(head)}")
        try:
            self._end.settimeout(None)
            self._end.sendall(len(head).to_bytes(LENGTH_BYTES, "big") + head)
            for array in arrays.values():
                self._end.sendall(array.data.cast("B") if array.size else b"")
        except OSError as error:
            raise LinkLost(f"the other side is gone: {error}") from error

    def receive(self) -> Message:
        """The next message. Raises LinkLost when there will be none."""
        self._end.settimeout(TICK_SECONDS)
        length = int.from_bytes(self._exactly(LENGTH_BYTES), "big")
        if length > MAX_HEAD:
            raise LinkLost(f"a head of {length} bytes")
        try:
            envelope = msgspec.json.decode(self._exactly(length), type=_Envelope)
            _check(envelope.arrays)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise LinkLost(f"no message: {error}") from error
        return Message(envelope.head, dict(self._received(envelope.arrays)))

    def quiet(self) -> bool:
        """Whether the other side is still there and has said nothing more. Never waits."""
        self._end.settimeout(0)
        try:
            self._end.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        self._end.close()

    def _received(self, shapes: tuple[_Shape, ...]) -> Iterator[tuple[str, Array]]:
        for shape in shapes:
            data = self._exactly(_size(shape))
            yield shape.name, np.frombuffer(data, DTYPES[shape.dtype]).reshape(shape.shape)

    def _exactly(self, count: int) -> bytearray:
        buffer = bytearray(count)
        rest = memoryview(buffer)
        while rest:
            try:
                got = self._end.recv_into(rest)
            except TimeoutError:
                self._tick()
                continue
            except OSError as error:
                raise LinkLost(f"the other side is gone: {error}") from error
            if not got:
                raise LinkLost("the other side is gone")
            rest = rest[got:]
        return buffer


FAILURES: Final = {
    kind.__name__: kind for kind in (EngineFailed, EngineUnavailable, EngineLost, WorkerLost, DeviceBroken)
}
"""What a model may say that it failed of."""


def ask(link: Link, message: Message, report: Callable[[float, str], None]) -> Message:
    """A model's answer. `report` hears how far it is, 0 to 1, and what is being done.

    Raises the AttemptError that the model failed of, and WorkerLost when its process is gone.
    """
    try:
        link.send(message)
        while True:
            said = link.receive()
            match said.head:
                case {"progress": float() | int() as share, "note": str() as note}:
                    report(share, note)
                case {"failed": str() as kind, "message": str() as reason}:
                    raise FAILURES.get(kind, EngineFailed)(reason)
                case _:
                    return said
    except LinkLost as error:
        raise WorkerLost(f"the model's process is gone: {error}") from error


def _check(shapes: tuple[_Shape, ...]) -> None:
    if len(shapes) > MAX_ARRAYS:
        raise ValueError(f"a message may have {MAX_ARRAYS} arrays, this one has {len(shapes)}")
    for shape in shapes:
        if shape.dtype not in DTYPES or any(side < 0 for side in shape.shape):
            raise ValueError(f"array {shape.name!r} is {shape.dtype} of shape {shape.shape}")
    total = sum(map(_size, shapes))
    if total > MAX_BYTES:
        raise ValueError(f"a message may have {MAX_BYTES} bytes of arrays, this one has {total}")


def _size(shape: _Shape) -> int:
    return prod(shape.shape) * int(DTYPES[shape.dtype].itemsize)
