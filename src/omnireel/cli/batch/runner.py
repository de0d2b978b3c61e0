"""Takes lines to their ends, some at a time: ask, watch, save; each step noted before it is relied upon."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

from omnireel.cli.batch.journal import Journal
from omnireel.cli.batch.lines import Line
from omnireel.cli.batch.offer import Counter, LineInDoubt, LineRefused, Stopped
from omnireel.cli.batch.results import SUCCESS, Result, error_of, outcome_of, result_of
from omnireel.cli.history import remember
from omnireel.client.errors import APIError, DownloadFailed, NotFoundError, Timeout
from omnireel.client.types import Task

if TYPE_CHECKING:
    from omnireel.client._sync import Client


class TimeUp(Exception):
    """The time for the whole batch is over."""


@dataclass(frozen=True)
class News:
    """How a line's task is now, what came of a line, or why nothing more is sent."""

    line: Line
    task: Task | None = None
    result: Result | None = None
    stopped: str | None = None


@dataclass(frozen=True)
class Runner:
    """`folder` is where videos go, None to save none. A process that dies at any moment loses nothing."""

    client: Client
    journal: Journal
    counter: Counter
    folder: Path | None
    _stopping: Event = field(default_factory=Event)

    def run(self, lines: Sequence[Line], at_once: int) -> Iterator[News]:
        """News as they come, from `at_once` lines at a time, until all have ended. Raises TimeUp.

        A caller that stops listening leaves the threads behind; they end with the process.
        """
        waiting: SimpleQueue[Line] = SimpleQueue()
        for line in lines:
            waiting.put(line)
        news: Queue[News | None] = Queue()
        workers = min(at_once, len(lines))
        for _ in range(workers):
            Thread(target=self._work, args=(waiting, news), daemon=True).start()
        while workers:
            said = _next(news, self.counter.deadline)
            if said is None:
                workers -= 1
            else:
                yield said
        if self._stopping.is_set() and self._late():
            raise TimeUp

    def _work(self, waiting: SimpleQueue[Line], news: Queue[News | None]) -> None:
        while not self._stopping.is_set():
            try:
                line = waiting.get_nowait()
            except Empty:
                break
            try:
                news.put(News(line, result=self._take(line, news)))
            except Exception as error:  # noqa: BLE001 - a thread's outer edge: the main one tells of it
                self._stopping.set()
                # What ends because the time is up is not the line's fault, nor the server's.
                if not self._late():
                    known = isinstance(error, Stopped | APIError)
                    news.put(News(line, stopped=str(error) if known else f"{type(error).__name__}: {error}"))
        news.put(None)

    def _take(self, line: Line, news: Queue[News | None]) -> Result:
        """What the line comes to. Raises Stopped, APIError, FileUnusable: then it is for another run."""
        try:
            task_id = self.counter.submit(line)
            if self.journal.progress(line.ident).ended is None:
                self._watch(line, task_id, news)
            self._save(line, task_id)
        except LineRefused as refused:
            return Result(line, "refused", {"error": refused.about})
        except LineInDoubt as doubt:
            return Result(line, "unknown", {"error": doubt.about})
        except (DownloadFailed, Timeout) as error:
            if self._late():
                raise
            known = self.journal.progress(line.ident)
            return Result(line, "unfinished", {"task_id": known.task_id, "error": error_of(error)})
        result = result_of(line, self.journal.progress(line.ident), saving=self.folder is not None)
        return result or Result(line, "unfinished", {"task_id": task_id})

    def _late(self) -> bool:
        return time.monotonic() >= self.counter.deadline

    def _watch(self, line: Line, task_id: str, news: Queue[News | None]) -> None:
        left = max(0.001, self.counter.deadline - time.monotonic())
        try:
            with self.client.tasks.events(task_id, timeout=left) as events:
                for event in events:
                    news.put(News(line, task=event.task))
                    if event.task.status.terminal:
                        self.journal.note_ended(line.ident, outcome_of(event.task))
                        remember(self.client.base_url, event.task)
        except NotFoundError as error:
            gone = {"status": "unknown", "task_id": task_id, "error": error_of(error)}
            self.journal.note_ended(line.ident, gone)

    def _save(self, line: Line, task_id: str) -> None:
        progress = self.journal.progress(line.ident)
        made = progress.ended is not None and progress.ended["status"] == SUCCESS
        if self.folder is None or not made or progress.files is not None:
            return
        try:
            result = self.client.tasks.wait(task_id, timeout=0)
        except NotFoundError as error:
            raise DownloadFailed(f"the video is gone from the server: {error}") from error
        name = line.name or f"{line.number:04d}-{task_id}"
        saved = result.download(self.folder / f"{name}.mp4")
        self.journal.note_saved(line.ident, (str(saved),))


def _next(news: Queue[News | None], deadline: float) -> News | None:
    try:
        return news.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        raise TimeUp from None
