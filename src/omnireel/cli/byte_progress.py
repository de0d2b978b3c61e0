"""Progress counted in bytes: a bar on a terminal, a line for each tenth elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from omnireel.cli.output import Output
from omnireel.cli.progress import drawable

Show = Callable[[int, int, str], None]
"""Told how many bytes of how many are done, and what is being done."""
GIB = 2**30
TICK = 2**20
"""Small steps are not drawn one by one, bytes."""


@contextmanager
def bytes_shown(output: Output) -> Iterator[Show]:
    """Give a function that shows how far it is each time it is called."""
    if output.quiet:
        yield _nothing
    elif drawable():
        with _bar() as show:
            yield show
    else:
        yield _Lines(output.say).show


class _Lines:
    """Says another tenth of the way, and when something else is being done."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: tuple[str, int] | None = None

    def show(self, done: int, total: int, note: str) -> None:
        now = (note, 10 * done // total if total else 10)
        if now != self._said:
            self._said = now
            self._say(f"{note}, {10 * now[1]} % of {total / GIB:.1f} GiB")


@contextmanager
def _bar() -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        line = progress.add_task("looking", total=None)
        drawn = (0, "")

        def show(done: int, total: int, note: str) -> None:
            nonlocal drawn
            if note != drawn[1]:
                # Another kind of work: its speed is another.
                progress.reset(line, total=total, description=note)
            elif abs(done - drawn[0]) < TICK and done != total:
                return
            drawn = (done, note)
            progress.update(line, completed=done)

        yield show


def _nothing(done: int, total: int, note: str) -> None:
    """Show nothing."""
