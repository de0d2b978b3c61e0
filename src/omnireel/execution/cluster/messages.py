"""What the executor, its bridge into the cluster and the hosts on the nodes say to each other.

    RayExecutor ◄── pipe ──► bridge, a process of its own ◄── Ray ──► AttemptHost, an actor on a node

Nothing here may hold a secret: what opens a host is kept by Ray. An attempt's request goes past that, in a
call from process to process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from omnireel.execution.base import Attempt, Ending, Stage
from omnireel.models import Progress

NAMESPACE: Final = "omnireel"
"""Where the hosts have their names, so that others find them."""
PREFIX: Final = "omnireel-host-"


@dataclass(frozen=True)
class Shape:
    """What one attempt takes of a node: processors, graphics cards, bytes of memory."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory: int = 2 * 1024**3

    @property
    def resources(self) -> dict[str, float]:
        """By Ray's names, what is wanted at all."""
        named = {"CPU": self.cpus, "GPU": self.gpus, "memory": float(self.memory)}
        return {name: amount for name, amount in named.items() if amount}


@dataclass(frozen=True)
class Terms:
    """How a host makes its executor: `node` is a function, `module:name`, that takes `settings` and a
    number of threads. `version` is the program's, which must be the same everywhere.
    """

    node: str
    settings: Mapping[str, Any]
    version: str


@dataclass(frozen=True)
class Opening:
    """All that a bridge is told at its start. `usual` is what most attempts take."""

    terms: Terms
    usual: Shape
    spread: bool
    grace: float
    """Seconds between a stop and a kill."""


@dataclass(frozen=True)
class Begin:
    """Carry out an attempt. `number` names it from here on; its files belong into `folder`."""

    number: int
    attempt: Attempt
    shape: Shape
    folder: Path


@dataclass(frozen=True)
class Stop:
    number: int
    hand_over: bool


@dataclass(frozen=True)
class Confirm:
    number: int
    note: str


@dataclass(frozen=True)
class Drop:
    """Nobody wants it any more: end it, and keep nothing."""

    number: int


Order = Begin | Stop | Confirm | Drop


@dataclass(frozen=True)
class Line:
    """A line of a host's log that belongs to an attempt."""

    level: str
    event: str
    facts: Mapping[str, str]


@dataclass(frozen=True)
class CarriedFile:
    """A finished file on a node: which part of the clip it is, and what must arrive."""

    part: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class News:
    """An attempt as its host sees it; `version` grows with every change. Paths are the node's."""

    version: int = 0
    progress: Progress = field(default_factory=Progress)
    note: str = ""
    stages: tuple[Stage, ...] = ()
    lines: tuple[Line, ...] = ()
    """Only those since the version that was asked for."""
    ending: Ending | None = None
    files: tuple[CarriedFile, ...] = ()


@dataclass(frozen=True)
class HostReport:
    """What a host does, for whoever looks. Without a task it waits for one."""

    node: str
    machine: str
    engine: str
    task: str
    attempt: int
    progress: float
    began: float
    """Unix seconds."""


@dataclass(frozen=True)
class Room:
    """How many attempts the cluster could hold for this executor, those that it holds included."""

    places: int


@dataclass(frozen=True)
class Alive:
    """Nothing new of an attempt, but it is looked after."""

    number: int


@dataclass(frozen=True)
class Said:
    number: int
    news: News


@dataclass(frozen=True)
class Ended:
    """An attempt's ending. A clip's files are where they belong, and its host is free again."""

    number: int
    ending: Ending


Report = Room | Alive | Said | Ended
