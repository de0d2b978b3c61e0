"""A batch's progress for a person: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from omnireel.cli.batch.lines import Line
from omnireel.cli.batch.results import Result
from omnireel.cli.output import Output, printable
from omnireel.cli.progress import describe, remaining
from omnireel.client.types import Task

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class View(Protocol):
    """What is shown of a batch."""

    def show(self, line: Line, task: Task) -> None:
        """How a line's task is now."""

    def end(self, result: Result) -> None:
        """What a line came to."""


@contextmanager
def batch_view(talk: Output, done: int, total: int) -> Iterator[View]:
    """The view that suits; `done` of `total` lines ended in earlier runs."""
    if not talk.quiet and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with _bars() as progress:
            yield Bars(progress, done, total)
    else:
        yield Lines(talk, done, total)


class Lines:
    """Says when a task's state is new, and what came of each line."""

    def __init__(self, talk: Output, done: int, total: int) -> None:
        self._talk, self._done, self._total = talk, done, total
        self._said: dict[str, str] = {}

    def show(self, line: Line, task: Task) -> None:
        if not task.status.terminal and self._said.get(line.ident) != task.status:
            self._said[line.ident] = task.status
            self._talk.say(f"{line.label}: {task.task_id} {task.status}")

    def end(self, result: Result) -> None:
        self._done += 1
        self._talk.say(f"{result.line.label}: {_words(result)} ({self._done} of {self._total})")


class Bars:
    """A bar for all lines, and one for each that is under way."""

    def __init__(self, progress: Progress, done: int, total: int) -> None:
        self._progress = progress
        self._all = progress.add_task("all lines", total=total, completed=done, remaining=f"{done}/{total}")
        self._done, self._total = done, total
        self._rows: dict[str, TaskID] = {}

    def show(self, line: Line, task: Task) -> None:
        row = self._rows.get(line.ident)
        if row is None:
            row = self._rows[line.ident] = self._progress.add_task("", total=None, remaining="")
        words = _safe(f"{line.label}: {describe(task)}")
        total = None if task.progress is None else 1.0
        self._progress.update(
            row, description=words, total=total, completed=task.progress or 0.0, remaining=remaining(task)
        )

    def end(self, result: Result) -> None:
        self._done += 1
        if (row := self._rows.pop(result.line.ident, None)) is not None:
            self._progress.remove_task(row)
        self._progress.update(self._all, completed=self._done, remaining=f"{self._done}/{self._total}")
        if result.status != "success":
            self._progress.console.print(_safe(f"{result.line.label}: {_words(result)}"), highlight=False)


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[remaining]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield progress


def _words(result: Result) -> str:
    error = result.about.get("error")
    return f"{result.status}: {error['message']}" if isinstance(error, dict) else result.status


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(printable(text))
