"""Watching a task to its end, coming back to it, and saving what it made."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnireel.cli.history import remember
from omnireel.cli.output import Output, complain
from omnireel.cli.progress import shown
from omnireel.client.errors import TaskCanceled, TaskFailed, Timeout
from omnireel.client.types import Task

if TYPE_CHECKING:
    from omnireel.client._sync import Client, Result

MOST_NAMED = 5

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


def watch(
    client: Client, task: Task, talk: Output, timeout: float, output: Path | None, others: Sequence[str] = ()
) -> Result:
    """Wait for a task, showing it. Leaving early says how to come back, to `others` too."""
    with resumable([task.task_id, *others], output), shown(talk) as show:
        show(task)
        try:
            result = client.tasks.wait(task.task_id, timeout=timeout, on_update=show)
        except (TaskFailed, TaskCanceled) as ended:
            remember(client.base_url, ended.task)
            raise
    remember(client.base_url, result.task)
    return result


@dataclass(frozen=True)
class Watched:
    """Tasks that are waited for and handed over. `deadline` is on the monotonic clock."""

    client: Client
    talk: Output
    output: Path | None
    deadline: float
    preview: bool

    def one(self, task_id: str) -> None:
        """Raises what became of it."""
        result = self._wait(task_id, [])
        if self.output is None:
            self.talk.data(result.url, dict(result.task.raw))
        else:
            save(result, self.output, self.talk, preview=self.preview)

    def several(self, task_ids: Sequence[str]) -> bool:
        """Whether all of them made a video; what failed is said, and does not keep the others."""
        documents: list[Mapping[str, Any]] = []
        good = True
        for place, task_id in enumerate(task_ids):
            try:
                result = self._wait(task_id, task_ids[place + 1 :])
                paths = [str(result.download(self.output))] if self.output else []
                documents.append({**result.task.raw, "files": paths})
                self._hand_over(paths[0] if paths else result.url, documents[-1])
            except (TaskFailed, TaskCanceled) as ended:
                good = False
                complain(f"error: {task_id}: {ended}")
                documents.append(ended.task.raw)
        if self.talk.json and not self.talk.jsonl:
            self.talk.data("", {"tasks": documents})
        return good

    def _wait(self, task_id: str, others: Sequence[str]) -> Result:
        task = self.client.tasks.get(task_id)
        left = max(0.0, self.deadline - time.monotonic())
        return watch(self.client, task, self.talk, left, self.output, others)

    def _hand_over(self, text: str, document: Mapping[str, Any]) -> None:
        if self.talk.jsonl or not self.talk.json:
            self.talk.data(text, document)


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
def resumable(task_ids: Sequence[str], output: Path | None) -> Iterator[None]:
    """Say how to come back to tasks when their watcher leaves first."""
    try:
        yield
    except (Timeout, KeyboardInterrupt):
        target = f" -o {shlex.quote(str(output))}" if output else ""
        subject = f"task {task_ids[0]} goes" if len(task_ids) == 1 else f"{len(task_ids)} tasks go"
        pronoun = "it" if len(task_ids) == 1 else "them"
        complain(f"{subject} on without us. To come back to {pronoun}, or to stop {pronoun}:")
        complain(f"  omnireel task wait {' '.join(task_ids)}{target}")
        for task_id in task_ids[:MOST_NAMED]:
            complain(f"  omnireel task cancel {task_id}")
        raise
