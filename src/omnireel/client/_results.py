"""From a finished task to its files."""

from __future__ import annotations

import os
from pathlib import Path

from omnireel.client import _wire
from omnireel.client._connection import Connection
from omnireel.client._download import choose_target, download
from omnireel.client.errors import DownloadFailed
from omnireel.client.types import Resource, Task

DOWNLOAD_SECONDS = 1800.0


def file_of(task: Task, role: str) -> Resource:
    """Raises DownloadFailed when the task has no such file."""
    resource = task.resource(role)
    if resource is None or not resource.url:
        raise DownloadFailed(f"task {task.task_id} has no file with the role {role!r}")
    return resource


async def save(
    connection: Connection, task: Task, path: str | os.PathLike[str] | None, role: str, seconds: float
) -> Path:
    """Save one file of a task and return where."""

    async def renewed() -> Resource:
        return file_of(await connection.read(_wire.show(task.task_id), _wire.read_task), role)

    resource = file_of(task, role)
    target = choose_target(resource, path)
    await download(connection.waiting, resource, target, renew=renewed, seconds=seconds)
    return target
