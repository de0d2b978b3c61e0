"""A running attempt, driven by polling: which child runs, what it said, how it ended."""

from __future__ import annotations

import logging
import re
import signal
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import RLock

import structlog

from omnireel.errors import AttemptError, EngineFailed, FetchFailed, NotFound
from omnireel.execution.base import Ending, Lost, Made, Stage
from omnireel.execution.child_logs import told_by
from omnireel.execution.process import ChildProcess
from omnireel.execution.protocol import (
    HANDOVER,
    MAX_NOTE,
    MAX_STAGES,
    MAX_TEXT,
    MAX_WARNINGS,
    STORED,
    AnyEvent,
    Broke,
    Ceased,
    Done,
    Fell,
    Phase,
    Remembered,
    Reported,
    Staged,
    Warned,
)
from omnireel.execution.results import checked_clip
from omnireel.execution.scratch import MAX_ENTRIES, Scratch
from omnireel.models import Clip, Failed, Progress, Stopped
from omnireel.telemetry.redaction import without

log = structlog.get_logger(__name__)

SANE_STAGE = re.compile(r"[A-Za-z# ,._-]{1,60}", re.ASCII)
"""Names of stages end in traces."""
LEVELS = logging.getLevelNamesMapping()
BRING_SECONDS = 600.0
"""For all stored inputs together; a bucket may be far away."""
MEASURE_SECONDS = 1.0
"""Between two looks at how much it has written."""
LOGGED = 2000
"""How much of a failed child's standard error goes into our log, characters."""


class LocalHandle:
    """Implements `execution.base.Handle`. Its methods may be called from any thread.

    `phases` are the children to run one after the other, each with the seconds it may take; `launch` starts
    one. `bring` begins to put stored inputs into place, which must be done before the rendering child starts;
    None when there are none. `grace` is in seconds, `disk` in bytes; `note` is the earlier attempt's.
    `release` is called once, by `close`. Nothing of `private` comes into the log, and nothing of `secrets`
    anywhere.
    """

    def __init__(
        self,
        place: Scratch,
        phases: Sequence[tuple[Phase, float]],
        launch: Callable[[Phase], ChildProcess],
        *,
        bring: Callable[[], Future[None]] | None = None,
        grace: float,
        disk: int,
        note: str,
        release: Callable[[LocalHandle], None],
        private: Collection[str] = (),
        secrets: Collection[str] = (),
    ) -> None:
        self._place = place
        self._phases = list(phases)
        self._launch = launch
        self._bring = bring
        self._bringing: Future[None] | None = None
        self._grace = grace
        self._disk = disk
        self._measure_at = 0.0
        self._release = release
        self._ending: Ending | None = None
        self._lock = RLock()
        self._child: ChildProcess | None = None
        self._verdict: Ending | Done | None = None
        self._deadline = self._stop_by = float("inf")
        self._progress = Progress()
        self._note = note
        self._unconfirmed = 0
        self._warnings: list[str] = []
        self._secrets = tuple(secrets)
        self._private = (*private, *self._secrets)
        self._stages: list[Stage] = []
        self._phase: Phase | None = None
        self._phase_began = 0.0
        self._closed = False
        self._ending = self._next_phase()

    @property
    def scratch(self) -> Path:
        return self._place.folder

    @property
    def progress(self) -> Progress:
        return self._progress

    @property
    def note(self) -> str:
        return self._note

    @property
    def stages(self) -> Sequence[Stage]:
        return tuple(self._stages)

    @property
    def pid(self) -> int | None:
        """The child's process number, which is also its process group; None when none runs."""
        return self._child.pid if self._child else None

    def poll(self) -> Ending | None:
        with self._lock:
            if self._ending is None:
                self._ending = self._follow()
            return self._ending

    def confirm(self, note: str) -> None:
        with self._lock:
            if self._child is not None and note == self._note:
                self._child.answer(STORED * self._unconfirmed)
                self._unconfirmed = 0

    def stop(self, *, hand_over: bool = False) -> None:
        with self._lock:
            if self._stopping:
                return
            if self._child is not None:
                self._stop_by = time.monotonic() + self._grace
                if hand_over:
                    self._child.answer(HANDOVER)
                self._child.signal(signal.SIGTERM)
            elif self._bringing is not None:
                self._stop_by = time.monotonic()

    def kill(self) -> None:
        with self._lock:
            if self._bringing is not None or self._child is not None:
                self._let_go()
                self._ending = self._ending or self._stopped_or("the attempt was killed")

    def close(self) -> None:
        with self._lock:
            self.kill()
            self._place.remove()
            if not self._closed:
                self._closed = True
                self._release(self)

    @property
    def _stopping(self) -> bool:
        return self._stop_by != float("inf")

    def _stopped_or(self, reason: str) -> Ending:
        return Stopped() if self._stopping else Lost(reason)

    def _let_go(self) -> None:
        """End what goes on. Bringing cannot be interrupted; what it still writes is swept with the folder."""
        if self._bringing is not None:
            self._bringing.cancel()
            self._bringing = None
        if self._child is not None:
            self._child.close()
            self._child = None

    def _next_phase(self) -> Ending | None:
        self._verdict = None
        if self._phases[0][0] is Phase.RENDER and self._bring is not None:
            # Not sooner: they may be links to the stored files, and a fetching child writes this folder.
            self._bringing = self._bring()
            self._deadline = time.monotonic() + BRING_SECONDS
            return None
        return self._start_child()

    def _brought(self, bringing: Future[None]) -> Ending | None:
        if self._stopping or (not bringing.done() and time.monotonic() >= self._deadline):
            self._let_go()
            return self._stopped_or("the inputs could not be read from storage in time")
        if not bringing.done():
            return None
        self._bringing = None
        match bringing.exception():
            case None:
                return self._start_child()
            case AttemptError() as error:
                return Failed(error.type, str(error), error.retryable)
            case error:
                log.warning("inputs_not_brought", scratch=self.scratch.name, error=str(error))
                return Lost(f"the inputs could not be read from storage ({type(error).__name__})")

    def _start_child(self) -> Ending | None:
        phase, seconds = self._phases.pop(0)
        self._phase, self._phase_began = phase, time.time()
        self._unconfirmed = 0
        try:
            self._child = self._launch(phase)
        except AttemptError as error:
            return Failed(error.type, str(error), error.retryable)
        except NotFound as error:
            return Failed("engine_unavailable", str(error))
        except OSError as error:
            return Lost(f"the {phase} could not start: {error}")
        self._deadline = time.monotonic() + seconds
        self._overrun = _overrun(phase, seconds)
        return None

    def _follow(self) -> Ending | None:
        try:
            if self._bringing is not None:
                return self._brought(self._bringing)
            return None if self._child is None else self._advance(self._child)
        except Exception as error:
            # An attempt without an ending would be waited for for ever.
            log.exception("attempt_unfollowed", scratch=self.scratch.name)
            self._let_go()
            return Lost(f"the attempt could not be followed: {type(error).__name__}")

    def _advance(self, child: ChildProcess) -> Ending | None:
        exited = child.exited()
        self._hear(child)
        if exited:
            return self._conclude(child)
        self._verdict = self._verdict or self._overdue()
        if self._verdict is not None:
            # Whatever it still does cannot matter any more.
            child.signal(signal.SIGKILL)
        return None

    def _overdue(self) -> Ending | None:
        now = time.monotonic()
        if now >= self._stop_by:
            return Stopped()
        if now >= self._deadline:
            return self._overrun
        return self._overfull(now)

    def _overfull(self, now: float) -> Ending | None:
        if now < self._measure_at:
            return None
        self._measure_at = now + MEASURE_SECONDS
        if not self._place.parts.overfull(self._disk):
            return None
        most = f"{self._disk // 1024**2} MiB or {MAX_ENTRIES} files"
        return Failed(EngineFailed.type, f"the attempt wrote more than the {most} it may use")

    def _conclude(self, child: ChildProcess) -> Ending | None:
        child.close()
        self._child = None
        self._stages += [Stage(str(self._phase), self._phase_began, time.time())]
        ending = self._judge(child)
        self._repeat(child.log, ending)
        return ending

    def _repeat(self, said: str, ending: Ending | None) -> None:
        """What the child said, in our own log, without what its caller wrote."""
        lines, rest = told_by(said)
        for line in lines:
            facts = {name: without(fact, self._private) for name, fact in line.facts.items()}
            log.log(LEVELS[line.level.upper()], without(line.event, self._private), source="child", **facts)
        if isinstance(ending, Failed | Lost):
            stderr = without(rest[-LOGGED:], self._private)
            told = without(str(ending), self._private)
            log.warning("attempt_failed", scratch=self.scratch.name, ending=told, stderr=stderr)

    def _judge(self, child: ChildProcess) -> Ending | None:
        if self._phase is Phase.CONSULT:
            return self._without_script(child)
        if self._phase is Phase.RECALL:
            return self._recalled(child)
        match self._verdict:
            case None:
                return self._stopped_or(without(child.obituary(), self._private))
            case Done(clip):
                if self._phases:
                    return Stopped() if self._stopping else self._next_phase()
                return self._made(clip)
            case ending:
                return ending

    def _recalled(self, child: ChildProcess) -> Ending:
        """Called off, or else another attempt is to try, also when this one was told to stop."""
        match self._verdict:
            case Done():
                return Stopped()
            case Failed(message=reason) | Lost(reason=reason):
                return Lost(without(reason, self._private))
        return Lost(without(child.obituary(), self._private))

    def _without_script(self, child: ChildProcess) -> Ending | None:
        """Nothing that a language model does, or whoever asks it, ends an attempt but its own stop."""
        if self._verdict is None:
            log.warning("nobody_consulted", reason=without(child.obituary(), self._private))
        return Stopped() if self._stopping else self._next_phase()

    def _made(self, clip: Clip | None) -> Ending:
        if clip is None:
            return Lost("the child process finished without a clip")
        try:
            return Made(checked_clip(clip, self._place.parts.work), tuple(self._warnings))
        except ValueError as error:
            return Lost(str(error))

    def _hear(self, child: ChildProcess) -> None:
        try:
            for event in child.pump():
                if self._verdict is None:
                    self._take(event)
        except ValueError as error:
            self._verdict = Lost(f"the child process broke the protocol: {error}")

    def _take(self, event: AnyEvent) -> None:
        match event:
            case Reported(value, note):
                shown = without(note[:MAX_TEXT], self._secrets)
                self._progress = Progress(min(1.0, max(self._progress.value, value)), shown)
            case Warned(text):
                self._warnings = [*self._warnings, without(text[:MAX_TEXT], self._secrets)][:MAX_WARNINGS]
            case Remembered(note):
                self._note = note[:MAX_NOTE]
                self._unconfirmed += 1
            case Staged():
                self._note_stage(event)
            case Done():
                self._verdict = event
            case Fell(type=kind, message=message, retryable=retryable):
                self._verdict = Failed(kind[:MAX_TEXT], without(message[:MAX_TEXT], self._secrets), retryable)
            case Broke(reason):
                self._verdict = Lost(without(reason[:MAX_TEXT], self._private))
            case Ceased():
                self._verdict = self._stopped_or("somebody else stopped the child process")

    def _note_stage(self, said: Staged) -> None:
        """Believed only as far as it lies within its phase."""
        if len(self._stages) < 2 * MAX_STAGES and SANE_STAGE.fullmatch(said.name):
            now = time.time()
            began = min(max(said.began, self._phase_began), now)
            ended = min(max(began + said.seconds, began), now)
            self._stages += [Stage(said.name, began, ended, of=str(self._phase))]


def _overrun(phase: Phase, seconds: float) -> Failed:
    if phase is Phase.FETCH:
        return Failed(FetchFailed.type, "the inputs could not be read in time")
    return Failed("timeout", f"the attempt took longer than {seconds:g} seconds")
