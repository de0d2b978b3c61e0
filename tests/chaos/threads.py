"""An executor without processes: the fake engine on a thread, so that a kill takes milliseconds."""

from __future__ import annotations

import secrets
import struct
import time
from pathlib import Path
from threading import Event, Thread

from omnireel.director.direct import direct
from omnireel.errors import Canceled
from omnireel.execution import scratch
from omnireel.execution.base import Attempt, Ending, Lost, Made, Stage
from omnireel.execution.protocol import AnyEvent, Warned
from omnireel.execution.run import ChildRun
from omnireel.models import Clip, Job, MediaLimits, Progress, Stopped
from omnireel.testing.fake_engine import FakeEngine


class ThreadHandle:
    """An attempt that makes a real clip; `padding` bytes of nothing are added to it."""

    stages: tuple[Stage, ...] = ()

    def __init__(self, root: Path, attempt: Attempt, seconds: float, padding: int) -> None:
        self._place = scratch.create(root)
        self._attempt = attempt
        self.note = attempt.note
        self._seconds = seconds
        self._padding = padding
        self._stopping = Event()
        self._ending: Ending | None = None
        self._warnings: list[str] = []
        self.progress = Progress(0.5)
        Thread(target=self._run, daemon=True).start()

    @property
    def scratch(self) -> Path:
        return self._place.folder

    def poll(self) -> Ending | None:
        return self._ending

    def confirm(self, note: str) -> None:
        """Nothing it does is remembered."""

    def stop(self, *, hand_over: bool = False) -> None:
        self._stopping.set()

    def kill(self) -> None:
        self.stop()

    def close(self) -> None:
        self._place.remove()

    def _hear(self, event: AnyEvent) -> None:
        if isinstance(event, Warned):
            self._warnings.append(event.text)

    def _run(self) -> None:
        try:
            self._ending = Made(self._generate(), tuple(self._warnings))
        except Canceled:
            self._ending = Stopped()
        except Exception as error:  # noqa: BLE001 - the machinery's faults, as those of a child would be
            self._ending = Lost(f"{type(error).__name__}: {error}")

    def _generate(self) -> Clip:
        time.sleep(self._seconds)
        request, work = self._attempt.request, self._place.parts.work
        run = ChildRun(
            work, self._attempt.seed, "", {}, MediaLimits(), self._hear, self._stopping.is_set, bytes
        )
        clip = FakeEngine().generate(Job(request, direct(request)), run)
        if self._padding:
            with clip.path.open("ab") as file:
                file.write(struct.pack(">I4s", 8 + self._padding, b"free"))
                file.write(secrets.token_bytes(self._padding))
        return clip


class ThreadExecutor:
    """Room for two attempts, each at least so many seconds long."""

    def __init__(self, root: Path, seconds: float = 0.0, padding: int = 0) -> None:
        self._root = root
        self._seconds = seconds
        self._padding = padding
        self._handles: list[ThreadHandle] = []

    def capacity(self) -> int:
        self._handles = [handle for handle in self._handles if handle.scratch.exists()]
        return 2 - len(self._handles)

    def start(self, attempt: Attempt) -> ThreadHandle:
        handle = ThreadHandle(self._root, attempt, self._seconds, self._padding)
        self._handles.append(handle)
        return handle

    def close(self) -> None:
        """Holds nothing."""
