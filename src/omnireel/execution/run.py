"""The engine's handle on its attempt, inside the child process."""

from __future__ import annotations

import fcntl
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from omnireel.errors import Canceled, HandedOver, WorkerLost
from omnireel.execution.protocol import (
    HANDOVER,
    MAX_NOTE,
    MAX_TEXT,
    MAX_WARNINGS,
    STORED,
    AnyEvent,
    Remembered,
    Reported,
    Warned,
)
from omnireel.execution.stages import Stages
from omnireel.models import MediaLimits, MediaRef

if TYPE_CHECKING:
    from omnireel.engines.link import Link

REPORT_SECONDS = 0.1
"""A report sooner than this after the last one, with the same note, is not worth a line on the pipe."""

CONFIRM_SECONDS = 0.01
"""Between two looks whether a note is stored."""


@dataclass
class ChildRun:
    """Implements `engines.base.Run`. `tell` sends an event up; `stopping` says whether to stop; `answers`
    gives what the parent has said since it was last asked, and never waits.
    """

    scratch: Path
    seed: int
    note: str
    """What an earlier attempt at the task asked to be remembered."""
    inputs: Mapping[MediaRef, Path]
    limits: MediaLimits
    tell: Callable[[AnyEvent], None]
    stopping: Callable[[], bool]
    answers: Callable[[], bytes]
    stages: Stages | None = None
    """Told of every new note: what is done now is a stage of the work."""
    slots: Sequence[int] = ()
    """Descriptors of lock files, one for each of the engine's slots."""
    link: int = -1
    """Descriptor of the way to the engine's model."""
    _unstored: int = 0
    _handed_over: bool = False
    _value: float = 0.0
    _said: str = ""
    _told: float = field(default=float("-inf"))
    _warnings: set[str] = field(default_factory=set)

    def open(self, ref: MediaRef) -> Path:
        """Raises KeyError for something that is not an input of this attempt."""
        return self.inputs[ref]

    def report(self, progress: float, note: str = "") -> None:
        """Progress outside 0 to 1 is clipped and never goes back. Raises Canceled when the attempt should
        stop.
        """
        if self.stopping():
            self._listen()
            raise (HandedOver if self._handed_over else Canceled)("the attempt was told to stop")
        self._value = max(self._value, min(float(progress), 1.0))
        if note == self._said and time.monotonic() - self._told < REPORT_SECONDS and self._value < 1.0:
            return
        if self.stages is not None and note:
            self.stages.enter(note)
        self._said, self._told = note, time.monotonic()
        self.tell(Reported(self._value, note[:MAX_TEXT]))

    def remember(self, note: str) -> None:
        """At most 16,384 characters; the newest note replaces the one before.

        Returns when it is stored, however long that takes: what was begun must be written down even by an
        attempt that should stop. Raises ValueError for a longer one.
        """
        if len(note) > MAX_NOTE:
            raise ValueError(f"a note may have {MAX_NOTE} characters, this one has {len(note)}")
        if note == self.note:
            return
        self.tell(Remembered(note))
        self._unstored += 1
        self._listen()
        while self._unstored > 0:
            time.sleep(CONFIRM_SECONDS)
            self._listen()
        self.note = note

    def hold(self, slot: int) -> bool:
        """The kernel lets go when this process ends, however it ends."""
        try:
            fcntl.flock(self.slots[slot], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def let_go(self, slot: int) -> None:
        fcntl.flock(self.slots[slot], fcntl.LOCK_UN)

    def model(self) -> Link:
        from omnireel.engines.link import Link, LinkLost

        if self.link < 0:
            raise WorkerLost("this attempt was given no way to a model")
        link = Link(socket.socket(fileno=self.link), lambda: self.report(self._value, self._said))
        self.report(self._value, "waiting for the model")
        try:
            link.receive()
        except LinkLost as error:
            raise WorkerLost(f"the model's process is gone: {error}") from error
        return link

    def _listen(self) -> None:
        said = self.answers()
        self._unstored -= said.count(STORED)
        self._handed_over = self._handed_over or HANDOVER in said

    def warn(self, text: str) -> None:
        """The same sentence is told once; after 50 sentences no more are."""
        if text not in self._warnings and len(self._warnings) < MAX_WARNINGS:
            self._warnings.add(text)
            self.tell(Warned(text[:MAX_TEXT]))
