"""`omnireel task`: look at a task, wait for it, stop it, save its files, delete it."""

from __future__ import annotations

from typing import Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.generate import Target, TimeLimit, check_target, resumable, tell_saved, watch
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import command_group
from omnireel.cli.progress import describe, remaining
from omnireel.cli.session import BaseUrl, connect
from omnireel.client.types import Task

app = command_group("Look at a task, wait for it, stop it, save its video, delete it.")

TaskId = Annotated[
    str, typer.Argument(metavar="TASK_ID", help="As `generate` printed it.", show_default=False)
]


@app.command()
def get(
    task_id: TaskId, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Show a task as it is now; with --quiet, its status alone."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        task = client.tasks.get(task_id)
        talk.data(str(task.status) if quiet else _listing(task), dict(task.raw))


@app.command()
def wait(
    task_id: TaskId,
    *,
    output: Target = None,
    timeout: TimeLimit = 3600,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Wait for a task to end; print its video's link, or save it with -o."""
    check_target(output)
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        result = watch(client, client.tasks.get(task_id), talk, timeout, output)
        if output is None:
            talk.data(result.url, dict(result.task.raw))
        else:
            tell_saved(talk, result, result.download(output))


@app.command()
def cancel(
    task_id: TaskId, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Ask a task to stop and print its status."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        task = client.tasks.cancel(task_id)
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
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Save a finished task's video and print where."""
    check_target(output)
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        with resumable(task_id, output):
            result = client.tasks.wait(task_id, timeout=0)
        tell_saved(talk, result, result.download(output))


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
