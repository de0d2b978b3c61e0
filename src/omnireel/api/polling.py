"""Waiting for a task to change without holding a thread or a database connection meanwhile."""

from __future__ import annotations

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from omnireel.api.lookout import Watch
from omnireel.api.rooms import Rooms
from omnireel.models import Task

DEFAULT_SECONDS = 30.0
LONGEST_SECONDS = 45.0
LOOK_UP = 0.5
"""Seconds between looks for a caller that hung up and a server that drains."""


async def wait_for_change(request: Request, rooms: Rooms, team: str, task_id: str, seconds: float) -> Task:
    """The task once its status differs from the present one, or as it is after `seconds`.

    Ends early when the caller hangs up or the server drains. Raises NotFound.
    """
    task = await run_in_threadpool(rooms.service.get, team, task_id)
    if task.status.terminal or seconds <= 0 or rooms.draining.is_set():
        return task
    with rooms.lookout.watch(task_id) as watch:
        await _change(request, rooms, watch, task, time.monotonic() + min(seconds, LONGEST_SECONDS))
    return await run_in_threadpool(rooms.service.get, team, task_id)


async def _change(request: Request, rooms: Rooms, watch: Watch, task: Task, deadline: float) -> None:
    while (left := deadline - time.monotonic()) > 0 and not rooms.draining.is_set():
        if await request.is_disconnected():
            return
        await watch.wait(min(left, LOOK_UP))
        if watch.seen and (watch.latest is None or watch.latest.status is not task.status):
            return
