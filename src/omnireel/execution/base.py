"""The seam between a task's promise and the machine that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from omnireel.models import Clip, Failed, Progress, Stopped, VideoRequest


@dataclass(frozen=True)
class Attempt:
    """One try at a task. `note` is what an earlier attempt asked to be remembered."""

    task_id: str
    number: int
    request: VideoRequest
    engine: str
    seed: int
    note: str = ""
    trace: str = ""
    """The `traceparent` that the attempt's work belongs to."""
    spritesheet: bool = False
    """Whether a picture of stills is to be made of the clip."""
    recall: bool = False
    """Make nothing: only call off what `note` tells of, and end as Stopped, or as Lost when that failed."""


@dataclass(frozen=True)
class Stage:
    """A part of an attempt, in unix seconds. `of` is the stage that it is a part of, "" for the attempt."""

    name: str
    began: float
    ended: float
    of: str = ""


@dataclass(frozen=True)
class Made:
    """The attempt left a clip in its scratch folder."""

    clip: Clip
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lost:
    """The machinery failed: the child was killed, could not start or broke its limits."""

    reason: str


Ending = Made | Failed | Stopped | Lost


class Handle(Protocol):
    """A running attempt, seen from outside."""

    @property
    def scratch(self) -> Path: ...

    @property
    def progress(self) -> Progress:
        """The newest measured progress; updated by `poll`."""
        ...

    @property
    def note(self) -> str:
        """The newest note to remember, the attempt's own at first; updated by `poll`."""
        ...

    @property
    def stages(self) -> Sequence[Stage]:
        """The stages that are over; updated by `poll`."""
        ...

    def poll(self) -> Ending | None:
        """How the attempt ended, or None while it runs. Never blocks."""
        ...

    def confirm(self, note: str) -> None:
        """Say that this note, read from `note`, is stored: the engine that asked for it waits for that."""
        ...

    def stop(self, *, hand_over: bool = False) -> None:
        """Ask it to stop; it is killed after a grace period. `hand_over` says that the task goes on."""
        ...

    def kill(self) -> None:
        """End it now, with everything it started."""
        ...

    def close(self) -> None:
        """Give back its scratch folder. Kills it first when it still runs."""
        ...


class Executor(Protocol):
    """Runs attempts somewhere."""

    def capacity(self) -> int:
        """How many more attempts may start now."""
        ...

    def start(self, attempt: Attempt) -> Handle: ...

    def close(self) -> None:
        """Kill what still runs and give everything back."""
        ...
