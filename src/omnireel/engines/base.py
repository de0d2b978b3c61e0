"""The seam every engine fills, and all an engine may know of the world around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from omnireel.models import Clip, Job, JobKind, MediaLimits, MediaRef, VideoRequest


@dataclass(frozen=True)
class Capabilities:
    """What an engine can be asked for and what it needs to run."""

    kinds: frozenset[JobKind]
    sound: bool = False
    multi_shot: bool = False
    network: bool = False
    """False puts the engine's process in a box without a network."""
    cpus: float = 1.0
    gpus: float = 0.0
    memory_bytes: int = 2 * 1024**3
    slots: tuple[str, ...] = ()
    """Names of things that one attempt uses at a time, servers for instance; see `Run.hold`."""
    paid: bool = False
    """Whether somebody else is paid for what it makes."""
    directed: bool = True
    """Whether it goes by the storyboard; others are told the request in its own words."""


class Run(Protocol):
    """An engine's handle on its attempt."""

    @property
    def scratch(self) -> Path:
        """An empty folder for the attempt's files; deleted afterwards."""
        ...

    @property
    def seed(self) -> int:
        """0 to 2**32 - 1. The same job and seed must give the same bytes."""
        ...

    @property
    def limits(self) -> MediaLimits:
        """What an input may measure on this server; decoders stop beyond it."""
        ...

    def open(self, ref: MediaRef) -> Path:
        """A local copy of an input, already fetched, sniffed and within limits."""
        ...

    def report(self, progress: float, note: str = "") -> None:
        """Say how far the work is, 0 to 1, and what is being done. Raises Canceled when it should stop:
        HandedOver when what runs elsewhere is to go on, because another attempt will.
        """
        ...

    @property
    def note(self) -> str:
        """What was last remembered, by this attempt or an earlier one at the same task; "" at first."""
        ...

    def hold(self, slot: int) -> bool:
        """Take a slot, by its place in `capabilities.slots`, for as long as this attempt lives.

        False when another attempt of this user's servers on this machine has it. Never waits.
        """
        ...

    def let_go(self, slot: int) -> None:
        """Give a slot back sooner."""
        ...

    def remember(self, note: str) -> None:
        """Keep a note that a later attempt at the same task will find, whatever becomes of this one. "" when
        nothing is left that another attempt would go on with, or call off.

        Returns when it is stored, also when the attempt should stop.
        """
        ...

    def warn(self, text: str) -> None:
        """Tell the caller what was asked and not done."""
        ...


class Engine(Protocol):
    """A way to make clips. Blocking; one `generate` at a time."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def check(self, request: VideoRequest) -> None:
        """Refuse at submit time, with InvalidRequest, what this engine can never do. Must be cheap."""
        ...

    def prepare(self, scratch: Path) -> None:
        """Do once, ahead of the first request, whatever makes later ones start fast."""
        ...

    def generate(self, job: Job, run: Run) -> Clip:
        """Make the clip inside `run.scratch`. Raises AttemptError when it cannot."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Recalling(Protocol):
    """An engine that can call off what an attempt remembered, when nobody wants the task any more."""

    def recall(self, note: str) -> None:
        """Call off what the note tells of, where anything runs. Blocking, for seconds.

        Raises AttemptError when that did not happen and another try may do it.
        """
        ...
