"""One attempt on its node: driven by a thread, told to whoever asks."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Condition, Thread
from typing import Protocol

import structlog

from omnireel.errors import AttemptError, NotFound, Unavailable
from omnireel.execution.base import Attempt, Ending, Handle, Lost, Made
from omnireel.execution.cluster.carrying import described
from omnireel.execution.cluster.host_log import HostLog
from omnireel.execution.cluster.messages import News
from omnireel.models import Clip, Stopped

POLL_SECONDS = 0.03

log = structlog.get_logger(__name__)


class NodeExecutor(Protocol):
    """What a host runs attempts with."""

    def start(self, attempt: Attempt) -> Handle: ...

    def prepare(self, engine: str) -> None: ...


class Work:
    """An attempt while this host has it. Its methods may be called from any thread."""

    def __init__(self, number: int, attempt: Attempt, executor: NodeExecutor, lines: HostLog) -> None:
        self.number = number
        self.attempt = attempt
        self.began = time.time()
        self._executor = executor
        self._lines = lines
        self._news = News(note=attempt.note)
        self._changed = Condition()
        self._handle: Handle | None = None
        self._stop: bool | None = None
        """Whether what runs elsewhere shall go on, once a stop was asked for."""
        self._closed = False
        self._thread = Thread(target=self._run, name=f"attempt-{number}", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def news(self, seen: int, seconds: float) -> News:
        """All there is to know, as soon as it is more than `seen`, or when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._news.version > seen, seconds)
            return replace(self._news, lines=self._lines.since(seen, self._news.version))

    @property
    def progress(self) -> float:
        return self._news.progress.value

    @property
    def clip(self) -> Clip:
        """The finished clip. Raises LookupError when there is none."""
        match self._news.ending:
            case Made(clip=clip):
                return clip
        raise LookupError("there is no clip")

    def stop(self, *, hand_over: bool) -> None:
        with self._changed:
            self._stop = hand_over
            if self._handle is not None:
                self._handle.stop(hand_over=hand_over)

    def confirm(self, note: str) -> None:
        with self._changed:
            if self._handle is not None:
                self._handle.confirm(note)

    def close(self) -> None:
        """Kill what runs and delete its files."""
        with self._changed:
            self._closed = True
            if self._handle is not None:
                self._handle.close()

    def _run(self) -> None:
        structlog.contextvars.bind_contextvars(task=self.attempt.task_id, attempt=self.attempt.number)
        try:
            self._prepare()
            ending = self._begun() or self._followed()
        except Exception as error:
            # An attempt without an ending would be waited for for ever.
            log.exception("attempt_unfollowed")
            ending = Lost(f"the attempt could not be followed: {type(error).__name__}")
        self._tell(ending)

    def _prepare(self) -> None:
        try:
            self._executor.prepare(self.attempt.engine)
        except (AttemptError, NotFound) as error:
            # The attempt itself will say what is wrong; without kernels it is only slower.
            log.warning("engine_not_prepared", engine=self.attempt.engine, error=str(error))

    def _begun(self) -> Ending | None:
        with self._changed:
            if self._closed or self._stop is not None:
                return Stopped()
            try:
                self._handle = self._executor.start(self.attempt)
            except (Unavailable, OSError) as error:
                return Lost(f"the node could not begin: {error}")
        return None

    def _followed(self) -> Ending:
        while (ending := self._look()) is None:
            time.sleep(POLL_SECONDS)
        return ending

    def _look(self) -> Ending | None:
        with self._changed:
            if self._handle is None:
                return Lost("the attempt was never begun")
            ending = self._handle.poll()
            if ending is None and self._differs(self._handle):
                self._tell(None)
            return ending

    def _differs(self, handle: Handle) -> bool:
        shown = (self._news.progress, self._news.note, self._news.stages)
        return shown != (handle.progress, handle.note, tuple(handle.stages)) or self._lines.fresh

    def _tell(self, ending: Ending | None) -> None:
        try:
            files = described(ending.clip) if isinstance(ending, Made) else ()
        except OSError as error:
            ending, files = Lost(f"the clip could not be read: {error}"), ()
        with self._changed:
            handle, before = self._handle, self._news
            self._news = News(
                version=before.version + 1,
                progress=handle.progress if handle else before.progress,
                note=handle.note if handle else before.note,
                stages=tuple(handle.stages) if handle else (),
                ending=ending,
                files=files,
            )
            self._lines.date(self._news.version)
            self._changed.notify_all()
