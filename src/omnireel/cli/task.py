"""`omnireel task`: look at a task, wait for it, stop it, save its files, delete it."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.history import remember
from omnireel.cli.output import ItemsFlag, JsonFlag, LinesFlag, Output, QuietFlag
from omnireel.cli.parser import command_group, examples
from omnireel.cli.progress import describe, remaining
from omnireel.cli.session import BaseUrl, connect
from omnireel.cli.spans import beginning
from omnireel.cli.watching import (
    Preview,
    Target,
    TimeLimit,
    Watched,
    check_target,
    resumable,
    save,
    tell_saved,
)
from omnireel.client.types import Task
from omnireel.models import TaskStatus

app = command_group("Look at tasks, wait for them, stop one, save its video, delete it.")


def known_tasks(incomplete: str) -> list[tuple[str, str]]:
    """Task ids that a shell may complete to, from this machine's history, and what they are."""
    from omnireel.cli.history import remembered
    from omnireel.cli.private_file import FileUnusable

    try:
        entries = remembered()
    except FileUnusable:
        # A shell has no use for the reason.
        return []
    return [(entry.task_id, entry.status) for entry in entries if entry.task_id.startswith(incomplete)]


_ABOUT = typer.Argument(
    metavar="TASK_ID", help="As `generate` printed it.", show_default=False, autocompletion=known_tasks
)
TaskId = Annotated[str, _ABOUT]
TaskIds = Annotated[list[str], _ABOUT]


@app.command()
def get(
    task_id: TaskId, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Show a task as it is now; with --quiet, its status alone."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        task = client.tasks.get(task_id)
        remember(client.base_url, task)
        talk.data(str(task.status) if quiet else _listing(task), dict(task.raw))


@app.command(
    epilog=examples(
        "omnireel task wait task-t2v-4mZ8 -o fox.mp4",
        "omnireel task wait $(omnireel task list -q --status pending) -o videos/",
    )
)
def wait(
    task_id: TaskIds,
    *,
    output: Target = None,
    preview: Preview = False,
    timeout: TimeLimit = 3600,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    jsonl: LinesFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Wait for tasks to end; print their videos' links, or save them with -o, a folder for several.

    One after the other is looked at, whatever ends first; each is printed as its turn comes. Exits with 1
    when one of them failed, with 124 when the time is up before all have ended.
    """
    check_target(output)
    if preview and output is None:
        raise typer.BadParameter("shows a video that is saved: add -o FILE", param_hint="--preview")
    if len(task_id) > 1 and output is not None and not output.is_dir():
        raise typer.BadParameter("must be a folder for several tasks", param_hint="--output")
    talk = Output(json, quiet, jsonl)
    with ending(talk), connect(base_url) as client:
        watched = Watched(client, talk, output, time.monotonic() + timeout, preview=preview)
        if len(task_id) == 1:
            watched.one(task_id[0])
        elif not watched.several(task_id):
            raise typer.Exit(FAILED)


@app.command()
def cancel(
    task_id: TaskId, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Ask a task to stop and print its status."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        task = client.tasks.cancel(task_id)
        remember(client.base_url, task)
        talk.data(str(task.status), dict(task.raw))


@app.command()
def delete(
    task_id: TaskId, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Take a task that has ended away, with its files."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        client.tasks.delete(task_id)
        talk.data("deleted", {"task_id": task_id, "deleted": True})


@app.command()
def download(
    task_id: TaskId,
    *,
    output: Target = None,
    poster: Annotated[bool, typer.Option("--poster", help="Save its still picture instead.")] = False,
    preview: Preview = False,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Save a finished task's video and print where."""
    check_target(output)
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        with resumable([task_id], output):
            result = client.tasks.wait(task_id, timeout=0)
        remember(client.base_url, result.task)
        if poster:
            tell_saved(talk, result, result.download(output, role="poster"))
        else:
            save(result, output, talk, preview=preview)


@app.command(
    "list",
    epilog=examples(
        "omnireel task list --status failed",
        "omnireel task list --since 24h --jsonl",
        "omnireel task list -q --status processing | xargs -n1 omnireel task cancel",
    ),
)
def list_tasks(
    *,
    status: Annotated[TaskStatus | None, typer.Option(help="Only tasks in this state.")] = None,
    model: Annotated[str | None, typer.Option(help="Only tasks of this model.", show_default=False)] = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only newer ones: 24h ago, or after 2027-01-31.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    jsonl: ItemsFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List the team's tasks on the server, newest first; with --quiet, their ids alone."""
    talk = Output(json, quiet, jsonl)
    with ending(talk), connect(base_url) as client:
        after = beginning(since, datetime.now(UTC)) if since else None
        pages = client.tasks.list(status=status, model=model, created_after=after, page_size=min(limit, 100))
        tasks = list(islice(pages, limit))
        talk.items([task.task_id if quiet else _row(task) for task in tasks], [task.raw for task in tasks])
        if not tasks:
            talk.say("no such tasks")


@app.command()
def history(
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    clear: Annotated[bool, typer.Option("--clear", help="Forget all of it. The tasks stay.")] = False,
    json: JsonFlag = False,
    jsonl: ItemsFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List what was asked for from this machine, on any server, as it was when last looked at.

    It is kept in a file of yours, without prompts and keys, and works without a server.
    """
    from omnireel.cli.history import forget_all, remembered

    talk = Output(json, quiet, jsonl)
    with ending(talk):
        if clear:
            forget_all()
            talk.say("forgotten")
            return
        entries = remembered()[:limit]
        lines = [
            entry.task_id
            if quiet
            else f"{_local(entry.submitted_at)}  {entry.status:<10}  {entry.task_id}  {entry.origin}"
            for entry in entries
        ]
        talk.items(lines, [asdict(entry) for entry in entries])


def _listing(task: Task) -> str:
    progress = None if task.progress is None or task.status.terminal else f"{task.progress:.0%}"
    facts = {
        "task": task.task_id,
        "status": describe(task),
        "progress": ", ".join(filter(None, [progress, remaining(task)])),
        "error": f"{task.error.type}: {task.error.message}" if task.error else "",
        "engine": task.engine,
        "took": None if task.processing_seconds is None else f"{task.processing_seconds:.1f} s",
        **{resource.role: resource.url for resource in task.resources},
    }
    lines = [f"{name:<9}{value}" for name, value in facts.items() if value]
    return "\n".join([*lines, *(f"{'note':<9}{warning}" for warning in task.warnings)])


def _row(task: Task) -> str:
    made = f"{task.created_at.astimezone():%Y-%m-%d %H:%M}" if task.created_at else " " * 16
    percent = "" if task.progress is None or task.status.terminal else f"{task.progress:.0%}"
    return f"{made}  {task.status:<10}  {percent:>4}  {task.task_id}  {task.model_id}".rstrip()


def _local(moment: str) -> str:
    """A moment of the history in this machine's time; as it stands when it is none."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return moment[:16]
