"""An executor for tests: runs nothing; the test says how each attempt goes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock

from omnireel.execution.base import Attempt, Ending, Made, Stage
from omnireel.models import Clip, Progress, ShotReport, Spritesheet, Stopped


class FakeHandle:
    """An attempt that is wherever the test says it is."""

    def __init__(self, attempt: Attempt, scratch: Path, *, obedient: bool) -> None:
        self.attempt = attempt
        self.scratch = scratch
        self.progress = Progress()
        self.note = attempt.note
        self.stages: tuple[Stage, ...] = ()
        self.ending: Ending | None = None
        self.confirmed: list[str] = []
        self.stopped = self.killed = self.closed = self.handed_over = False
        self._obedient = obedient

    def make(
        self, content: bytes = b"a clip", *, warnings: tuple[str, ...] = (), stills: bytes | None = None
    ) -> None:
        """End with a clip of this content, and a spritesheet of these stills."""
        clip, poster = self.scratch / "clip.mp4", self.scratch / "poster.jpg"
        clip.write_bytes(content)
        poster.write_bytes(b"poster of " + content)
        shots = (ShotReport(0, 48, "all of it"),)
        made = Clip(clip, poster, 1280, 720, Fraction(24), 48, shots=shots, spritesheet=self._sheet(stills))
        self.ending = Made(made, warnings)

    def _sheet(self, stills: bytes | None) -> Spritesheet | None:
        if stills is None:
            return None
        sheet = Spritesheet(self.scratch / "spritesheet.jpg", 320, 180)
        sheet.path.write_bytes(stills)
        return sheet

    def poll(self) -> Ending | None:
        return self.ending

    def confirm(self, note: str) -> None:
        self.confirmed.append(note)

    def stop(self, *, hand_over: bool = False) -> None:
        self.stopped = True
        self.handed_over = hand_over
        if self._obedient:
            self.ending = self.ending or Stopped()

    def kill(self) -> None:
        self.killed = True

    def close(self) -> None:
        self.closed = True


class FakeExecutor:
    """Room for `slots` attempts. `obedient` attempts end when they are asked to stop."""

    def __init__(self, root: Path, *, slots: int = 4, obedient: bool = True) -> None:
        self.handles: list[FakeHandle] = []
        self.refusal: OSError | None = None
        """Raised by `start` while set."""
        self._root = root
        self._slots = slots
        self._obedient = obedient
        self._lock = Lock()

    def capacity(self) -> int:
        with self._lock:
            return self._slots - sum(not handle.closed for handle in self.handles)

    def start(self, attempt: Attempt) -> FakeHandle:
        if self.refusal is not None:
            raise self.refusal
        handle = FakeHandle(attempt, Path(mkdtemp(dir=self._root)), obedient=self._obedient)
        with self._lock:
            self.handles.append(handle)
        return handle

    def close(self) -> None:
        for handle in self.handles:
            handle.close()
