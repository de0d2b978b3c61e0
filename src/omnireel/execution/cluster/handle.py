"""A running attempt on the cluster, seen from the dispatcher: what was last heard of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import RLock
from typing import Final

import structlog

from omnireel.execution.base import Attempt, Ending, Lost, Made, Stage
from omnireel.execution.cluster.messages import Confirm, Drop, Ended, Line, News, Order, Report, Said, Stop
from omnireel.execution.results import checked_clip
from omnireel.execution.scratch import Scratch
from omnireel.models import Progress, Stopped

QUIET_SECONDS: Final = 90.0
"""How long nothing at all may be heard of an attempt; its bridge looks after it twice a second."""
_LONGEST_TURN: Final = 1.0
_MOST_LINES: Final = 200
_LEVELS: Final = logging.getLevelNamesMapping()

log = structlog.get_logger(__name__)


class RayHandle:
    """Implements `execution.base.Handle`. Its methods may be called from any thread, and none waits.

    `send` passes an order on, or raises ConnectionError; `release` is called once, by `close`. `now` is a
    clock in seconds that never goes back.
    """

    def __init__(
        self,
        number: int,
        attempt: Attempt,
        place: Scratch,
        send: Callable[[Order], None],
        release: Callable[[RayHandle], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.number = number
        self._place = place
        self._send = send
        self._release = release
        self._news = News(note=attempt.note)
        self._lines: list[Line] = []
        self._ending: Ending | None = None
        self._stopping = False
        self._closed = False
        self._now = now
        self._polled = now()
        self._quiet = 0.0
        self._lock = RLock()

    @property
    def scratch(self) -> Path:
        return self._place.folder

    @property
    def progress(self) -> Progress:
        return self._news.progress

    @property
    def note(self) -> str:
        return self._news.note

    @property
    def stages(self) -> Sequence[Stage]:
        return self._news.stages

    @property
    def running(self) -> bool:
        """Whether it still takes a place in the cluster."""
        return self._ending is None

    def poll(self) -> Ending | None:
        with self._lock:
            self._repeat()
            self._mind_the_quiet()
            return self._ending

    def confirm(self, note: str) -> None:
        with self._lock:
            if self._ending is None and note == self._news.note:
                self._order(Confirm(self.number, note))

    def stop(self, *, hand_over: bool = False) -> None:
        with self._lock:
            if not self._stopping and self._ending is None:
                self._stopping = True
                self._order(Stop(self.number, hand_over))

    def kill(self) -> None:
        self.lose("the attempt was killed")

    def close(self) -> None:
        with self._lock:
            self.kill()
            self._place.remove()
            if not self._closed:
                self._closed = True
                self._release(self)

    def hear(self, report: Report) -> None:
        """Something was said of this attempt."""
        with self._lock:
            self._quiet = 0.0
            match report:
                case Said(news=news) if self._ending is None:
                    self._news = news
                    self._lines = [*self._lines, *news.lines][-_MOST_LINES:]
                case Ended(ending=ending) if self._ending is None:
                    self._ending = self._believed(ending)

    def lose(self, reason: str) -> None:
        """It goes on without us, if at all."""
        with self._lock:
            if self._ending is None:
                self._ending = Stopped() if self._stopping else Lost(reason)
                self._order(Drop(self.number))

    def _order(self, order: Order) -> None:
        try:
            self._send(order)
        except ConnectionError:
            # Then the attempt is lost too, and `lose` is about to be called.
            log.info("ray_order_not_sent", order=type(order).__name__)

    def _believed(self, ending: Ending) -> Ending:
        if not isinstance(ending, Made):
            return ending
        try:
            return Made(checked_clip(ending.clip, self._place.parts.work), ending.warnings)
        except ValueError as error:
            return Lost(str(error))

    def _repeat(self) -> None:
        """What was logged on the node, in our own log."""
        lines, self._lines = self._lines, []
        for line in lines:
            log.log(_LEVELS.get(line.level.upper(), logging.INFO), line.event, **line.facts)

    def _mind_the_quiet(self) -> None:
        now = self._now()
        # Who was frozen for an hour has not listened for an hour.
        self._quiet += min(now - self._polled, _LONGEST_TURN)
        self._polled = now
        if self._quiet > QUIET_SECONDS:
            self.lose(f"nothing was heard of the attempt for {QUIET_SECONDS:g} seconds")
