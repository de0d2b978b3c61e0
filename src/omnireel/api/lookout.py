"""One look at the database, a few times a second, for all callers who wait for tasks to change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock, Thread

import structlog

from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.bell import Bell
from omnireel.tasks.store import Glimpse

EVERY = 0.25
"""Seconds between looks when nobody rings."""
_SHORTEST = 0.02
"""Seconds between looks however often somebody rings."""

Look = Callable[[Collection[str]], Mapping[str, Glimpse]]

log = structlog.get_logger(__name__)


class Watch:
    """What one caller on an event loop is told of a task. `latest` is None when the task is gone.

    Nothing is told before the first look; `seen` says whether there was one.
    """

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.seen = False
        self.latest: Glimpse | None = None
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._told: Glimpse | bool | None = False

    async def wait(self, seconds: float) -> None:
        """Until there is news, but at most so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()

    def tell(self, glimpse: Glimpse | None) -> None:
        """From the lookout's thread."""
        if glimpse == self._told:
            return
        self._told = glimpse
        # The caller may have gone, and its loop with it.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, glimpse)

    def _take(self, glimpse: Glimpse | None) -> None:
        self.seen, self.latest = True, glimpse
        self._news.set()


class Lookout:
    """Looks on a thread of its own, which is there only while somebody waits.

    `endings` is rung when a task has ended; that, and not each step of its progress, is worth a look at once.
    """

    def __init__(self, look: Look, endings: Bell, every: float = EVERY) -> None:
        self._look = look
        self._endings = endings
        self._every = every
        self._lock = Lock()
        self._watches: set[Watch] = set()
        self._running = False

    @contextmanager
    def watch(self, task_id: str) -> Iterator[Watch]:
        """For a caller on an event loop, which holds no thread and no connection meanwhile."""
        watch = Watch(task_id)
        with self._lock:
            self._watches.add(watch)
            if not self._running:
                self._running = True
                Thread(target=self._run, name="lookout", daemon=True).start()
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.remove(watch)

    def _run(self) -> None:
        while watches := self._all_or_end():
            try:
                seen = self._look({watch.task_id for watch in watches})
            except DatabaseAway:
                # Whoever waits goes on waiting, at most as long as it asked to.
                log.warning("tasks not looked at: the database is away")
            except Exception:
                log.exception("tasks not looked at")
            else:
                for watch in watches:
                    watch.tell(seen.get(watch.task_id))
            time.sleep(_SHORTEST)
            self._endings.wait(self._every - _SHORTEST)

    def _all_or_end(self) -> tuple[Watch, ...]:
        with self._lock:
            self._running = bool(self._watches)
            return tuple(self._watches)
