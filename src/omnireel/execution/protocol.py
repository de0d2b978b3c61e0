"""What an executor and its child process say to each other.

Down, on standard input: an `Order` as JSON, later a byte for each note that is stored, and one before a
stop that is no cancel. Up, on a pipe of their own: events, one JSON object a line. The child handles other
people's media, so the parent believes nothing it says that does not fit these shapes and limits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from omnireel.media.sandbox import Layer
from omnireel.models import Clip, MediaLimits, VideoRequest

MAX_ORDER = 8 * 1024 * 1024
"""Longest order, bytes."""
MAX_LINE = 256 * 1024
"""Longest event, bytes."""
MAX_EVENTS = 100_000
EVENTS_A_SECOND = 20
"""What a child may say on top of that while it runs; an honest one reports at most ten times a second."""
MAX_NOTES = 1000
"""Bytes that are read at once of what is said down later."""
MAX_NOTE = 16 * 1024
"""Longest note to remember, characters."""
STORED = b"\n"
"""Says down that the next note to be remembered is stored."""
HANDOVER = b"h"
"""Says down, before a stop, that another attempt will go on from here."""
MAX_TEXT = 1000
"""Longest sentence for a person, characters."""
MAX_WARNINGS = 50
MAX_STAGES = 32
"""Stages that one child tells of."""
FRACTION = re.compile(r"[0-9]{1,10}/[0-9]{1,10}")
"""Both terms as FFmpeg keeps them, in 32 bits. `Fraction` itself would write out 1e1000000000."""


class Phase(StrEnum):
    """What one child process is for."""

    PREPARE = "prepare"
    """Trusted: fill the kernel cache. Sees no media."""
    FETCH = "fetch"
    """Read inputs off the network. Decodes nothing."""
    CONSULT = "consult"
    """Ask a language model how to direct. Sees no media, and cannot make the attempt fail."""
    RENDER = "render"
    """Direct and make the clip. Decodes media; has no network unless the engine needs one."""
    RECALL = "recall"
    """Have the engine call off what it remembers. Sees no media."""


@dataclass(frozen=True)
class Bounds:
    """What the child may use: seconds of processor time, bytes of address space, threads."""

    cpu_seconds: int
    memory: int
    threads: int


@dataclass(frozen=True)
class Egress:
    """The operator's choices about reaching out, for the fetch phase."""

    allow_private: bool
    seconds: float
    """Total time per input."""


@dataclass(frozen=True)
class Consultant:
    """A language model behind an OpenAI-compatible chat endpoint. `base_url` ends where `/chat/completions`
    begins; `seconds` is the total time for its answer.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    seconds: float = 20.0


@dataclass(frozen=True)
class Order:
    """All a child is told. `layers` are the sandbox layers it must put on, or refuse to work.

    `events` is the descriptor to answer on; `parent` the process to die with.
    """

    phase: Phase
    engine: str
    seed: int
    folder: Path
    parent: int
    events: int
    layers: tuple[Layer, ...]
    readable: tuple[Path, ...]
    network: bool
    bounds: Bounds
    limits: MediaLimits
    egress: Egress
    note: str = ""
    request: VideoRequest | None = None
    task: str = ""
    attempt: int = 0
    trace: str = ""
    """With the two before it, what the child's log lines are found by."""
    spritesheet: bool = False
    kind: str = ""
    """What the engine is made by, and with which options; its name says nothing to the child."""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    slots: tuple[int, ...] = ()
    """Descriptors of the engine's lock files."""
    link: int = -1
    """Descriptor of the way to the engine's model; -1 for an engine without one."""
    consultant: Consultant | None = None
    """For whoever asks it."""
    consulted: bool = False
    """Whether it was asked; for whoever goes by what it said."""


class Event(msgspec.Struct, frozen=True, tag_field="event", forbid_unknown_fields=True):
    """Something a child says."""


class Reported(Event, frozen=True, tag="progress"):
    value: float
    note: str


class Warned(Event, frozen=True, tag="warn"):
    text: str


class Remembered(Event, frozen=True, tag="remember"):
    note: str


class Staged(Event, frozen=True, tag="stage"):
    """A stage of the work is over. It began at a moment in unix seconds and took so many seconds."""

    name: str
    began: float
    seconds: float


class Done(Event, frozen=True, tag="done"):
    """The phase is complete; rendering leaves a clip."""

    clip: Clip | None = None


class Fell(Event, frozen=True, tag="failed"):
    """The attempt failed for a reason the caller should read."""

    type: str
    message: str
    retryable: bool


class Broke(Event, frozen=True, tag="broken"):
    """The machinery failed; says how, for the operator."""

    reason: str


class Ceased(Event, frozen=True, tag="canceled"):
    """The child stopped because it was asked to."""


AnyEvent = Reported | Warned | Remembered | Staged | Done | Fell | Broke | Ceased


def _to_json(value: object) -> object:
    match value:
        case Path():
            return str(value)
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
    raise TypeError(f"{type(value).__name__} has no place in the protocol")


def _from_json(kind: type, value: Any) -> object:
    if kind is Fraction and not FRACTION.fullmatch(value):
        raise ValueError("not a fraction of two whole numbers")
    return kind(value)


_encoder = msgspec.json.Encoder(enc_hook=_to_json)
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent, dec_hook=_from_json)
_orders = msgspec.json.Decoder(Order, dec_hook=_from_json)


def events_allowed(seconds: float) -> int:
    """How many events a child may have sent after running for that long."""
    return MAX_EVENTS + int(seconds * EVENTS_A_SECOND)


def encode_order(order: Order) -> bytes:
    return _encoder.encode(order)


def decode_order(data: bytes) -> Order:
    return _orders.decode(data)


def encode_event(event: AnyEvent) -> bytes:
    """One line, its newline included."""
    return _encoder.encode(event) + b"\n"


def decode_event(line: bytes) -> AnyEvent:
    """Raises ValueError when the line is not an event."""
    try:
        return _events.decode(line)
    except (msgspec.MsgspecError, ValueError, ZeroDivisionError, RecursionError) as error:
        raise ValueError(f"not an event: {error}") from error
