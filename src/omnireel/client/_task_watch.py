"""Waiting for a task by asking for it, in questions the server may hold."""

from __future__ import annotations

import time
from collections.abc import Callable

from omnireel.client import _wire
from omnireel.client._connection import Connection
from omnireel.client._retry import Patience
from omnireel.client.errors import TaskCanceled, TaskFailed, Timeout
from omnireel.client.types import Task
from omnireel.models import TaskStatus

WAIT_SECONDS = 3600.0
OUTAGE_SECONDS = 120.0
"""How long a wait rides out a server that does not answer, a restart say."""

_HOLD = 25
_HOLD_WATCHED = 1
_MOST_TRIES = 1000


async def wait(
    connection: Connection, task_id: str, timeout: float, watch: Callable[[Task], object] | None
) -> Task:
    """The task once it has succeeded. Raises TaskFailed, TaskCanceled; Timeout when it is still going."""
    deadline = time.monotonic() + timeout
    hold = _HOLD_WATCHED if watch else _HOLD
    if timeout <= 0:
        task = await connection.read(_wire.show(task_id), _wire.read_task)
    else:
        task = await look(connection, task_id, 0, deadline)
    while True:
        if watch:
            await connection.waiting.tell(watch, task)
        if task.status.terminal:
            return _succeeded(task)
        if time.monotonic() >= deadline:
            raise Timeout(f"task {task_id} is still {task.status} after {timeout:g} s", task_id=task_id)
        task = await look_again(connection, task, hold, deadline)


async def look_again(connection: Connection, before: Task, hold: int, deadline: float) -> Task:
    """The task when its status has changed, or after `hold` seconds."""
    asked = time.monotonic()
    left = deadline - asked
    task = await look(connection, before.task_id, min(hold, max(1, int(left))), deadline)
    # A server that answers at once, not holding the question, must not be asked in a tight loop.
    if task.status == before.status:
        await connection.waiting.rest(max(0.0, min(asked + 1.0, deadline) - time.monotonic()))
    return task


async def look(connection: Connection, task_id: str, hold: int, deadline: float) -> Task:
    """The task, from a server that may be away for a while."""
    seconds = hold + min(OUTAGE_SECONDS, max(0.0, deadline - time.monotonic()) + 1.0)
    try:
        reply = await connection.ask(_wire.show(task_id, hold=hold), Patience(seconds, _MOST_TRIES))
    except Timeout as error:
        raise Timeout(str(error), task_id=task_id) from error
    return _wire.read_task(reply)


def _succeeded(task: Task) -> Task:
    if task.status is TaskStatus.FAILED:
        raise TaskFailed(task)
    if task.status is TaskStatus.CANCELED:
        raise TaskCanceled(task)
    return task
