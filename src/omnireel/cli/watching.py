"""Watching a task to its end, coming back to it, and saving what it made."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel.cli.history import remember
from omnireel.cli.output import Output, complain
from omnireel.cli.progress import shown
from omnireel.client.errors import TaskCanceled, TaskFailed, Timeout
from omnireel.client.types import Task

if TYPE_CHECKING:
    from omnireel.client._sync import Client, Result

TimeLimit = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the task.")]
Target = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to save; a folder keeps the file's own name."),
]
Preview = Annotated[
    bool, typer.Option("--preview", help="Show moments of the video in the terminal, as well as it can.")
]


def check_target(output: Path | None) -> None:
    """Refuse a file that cannot be written before anything is asked for."""
    if output is not None and not output.is_dir() and not output.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(output.parent)!r}", param_hint="--output")


def watch(client: Client, task: Task, talk: Output, timeout: float, output: Path | None) -> Result:
    """Wait for a task, showing it. Leaving early says how to come back."""
    with resumable(task.task_id, output), shown(talk) as show:
        show(task)
        try:
            result = client.tasks.wait(task.task_id, timeout=timeout, on_update=show)
        except (TaskFailed, TaskCanceled) as ended:
            remember(client.base_url, ended.task)
            raise
    remember(client.base_url, result.task)
    return result


def save(result: Result, output: Path | None, talk: Output, *, preview: bool) -> None:
    """Save the video, show it if asked to, and hand over where it is."""
    saved = result.download(output)
    if preview:
        from omnireel.cli.preview.show import show_preview

        show_preview(saved, talk, lambda folder: result.download(folder, role="poster"))
    tell_saved(talk, result, saved)


def tell_saved(talk: Output, result: Result, *saved: Path) -> None:
    """Say what was not done, and hand over the paths of the files."""
    for warning in result.warnings:
        talk.say(f"note: {warning}")
    paths = [str(path) for path in saved]
    talk.data("\n".join(paths), dict(result.task.raw) | {"files": paths}, event="saved")


@contextmanager
def resumable(task_id: str, output: Path | None) -> Iterator[None]:
    """Say how to come back to a task when its watcher leaves first."""
    try:
        yield
    except (Timeout, KeyboardInterrupt):
        target = f" -o {shlex.quote(str(output))}" if output else ""
        complain(f"task {task_id} goes on without us. To come back to it, or to stop it:")
        complain(f"  omnireel task wait {task_id}{target}")
        complain(f"  omnireel task cancel {task_id}")
        raise
