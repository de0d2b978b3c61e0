"""A task's progress for a person: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from omnireel.cli.output import Output, printable
from omnireel.client.types import Task

Show = Callable[[Task], None]


@contextmanager
def shown(output: Output) -> Iterator[Show]:
    """Give a function that shows a task's state each time it is called with one, to people and programs."""
    tell = Events(output).tell
    with _for_people(output) as show:

        def both(task: Task) -> None:
            tell(task)
            show(task)

        yield both


def drawable() -> bool:
    """Whether standard error is a terminal that can draw a bar."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


@contextmanager
def _for_people(output: Output) -> Iterator[Show]:
    if output.quiet:
        yield _nothing
    elif drawable():
        with _bar() as show:
            yield show
    else:
        yield Lines(output.say).show


class Events:
    """Tells what changed, under the names that the server's own stream has: status, progress, terminal."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._told: Task | None = None

    def tell(self, task: Task) -> None:
        if self._told is not None and task.raw == self._told.raw:
            return
        new = self._told is None or task.status != self._told.status
        self._told = task
        kind = "terminal" if task.status.terminal else "status" if new else "progress"
        self._output.event(kind, task.raw)


def describe(task: Task) -> str:
    """The state in words, without figures."""
    if task.status == "pending":
        place = task.queue_position
        return "pending" if place is None else f"pending, place {place} in the queue"
    return f"{task.status}: {task.note}" if task.note and not task.status.terminal else str(task.status)


def remaining(task: Task) -> str:
    """The time left in words; empty when the server does not know."""
    eta = task.eta_seconds
    if eta is None or task.status.terminal:
        return ""
    return f"{eta:.0f} s left" if eta < 90 else f"{eta / 60:.0f} min left"


class Lines:
    """Says what changed: the state, or another tenth of the way."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: tuple[str, int] | None = None

    def show(self, task: Task) -> None:
        percent = round(100 * (task.progress or 0.0))
        now = (describe(task), percent // 10)
        if now != self._said:
            self._said = now
            figures = [f"{percent} %"] if task.status == "processing" and task.progress is not None else []
            self._say(", ".join([describe(task), *figures, *filter(None, [remaining(task)])]))


@contextmanager
def _bar() -> Iterator[Show]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[remaining]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        line = progress.add_task("sending", total=None, remaining="")

        def show(task: Task) -> None:
            done = 1.0 if task.status == "success" else task.progress
            words = escape(printable(describe(task)))
            total = None if done is None else 1.0
            progress.update(
                line, description=words, total=total, completed=done or 0.0, remaining=remaining(task)
            )

        yield show


def _nothing(task: Task) -> None:
    """Show nothing."""
