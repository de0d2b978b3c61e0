"""The seam every engine fills, and all an engine may know of the world around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from omnireel.models import Clip, Job, JobKind, MediaLimits, MediaRef, VideoRequest

if TYPE_CHECKING:
    # Only engines with a model need what carries arrays.
    from omnireel.engines.link import Link, Message


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
    files: tuple[Path, ...] = ()
    """The operator's own files that an attempt reads; its box shows them."""
    paid: bool = False
    """Whether somebody else is paid for what it makes."""
    reads_prompt: bool = False
    """Whether it goes by the prompt itself, so that what our director does not understand is not lost."""
    model: str = ""
    """Where the model lives that stays loaded between attempts, a GPU for instance; see `Model`. Engines that
    name the same place take turns there; "" is for engines without a model."""
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

    def model(self) -> Link:
        """The way to the process that keeps the engine's model. Waits, at most for the attempts before this
        one. Raises Canceled, and WorkerLost when there is no such process.
        """
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


class Model(Protocol):
    """What stays loaded between attempts, in a process of its own that sees no media: only what attempts say
    over a `Link`. An engine whose capabilities have `model` makes one with its static method `model`, which
    takes what the engine itself is made with.
    """

    def answer(self, asked: Message, step: Callable[[float, str], None]) -> Message:
        """Work. `step` takes how far it is, 0 to 1, and a note, and raises Canceled when nobody waits for the
        answer any more. Raises AttemptError; after DeviceBroken the process ends and a new one is started.
        """
        ...

    def close(self) -> None:
        """Give the memory back: another model needs it."""
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
