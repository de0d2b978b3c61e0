"""Waiting for a task to change without holding a thread or a database connection meanwhile."""

from __future__ import annotations

import asyncio
import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from omnireel.api.rooms import Rooms
from omnireel.models import Task

DEFAULT_SECONDS = 30.0
LONGEST_SECONDS = 45.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 0.5


async def wait_for_change(request: Request, rooms: Rooms, team: str, task_id: str, seconds: float) -> Task:
    """The task once its status differs from the present one, or as it is after `seconds`.

    Ends early when the caller hangs up or the server drains. Raises NotFound.
    """
    task = await run_in_threadpool(rooms.service.get, team, task_id)
    deadline = time.monotonic() + min(seconds, LONGEST_SECONDS)
    pause = _FIRST_PAUSE
    while not task.status.terminal and not rooms.draining.is_set():
        remaining = deadline - time.monotonic()
        if remaining <= 0 or await request.is_disconnected():
            break
        await asyncio.sleep(min(pause, remaining))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        if await run_in_threadpool(rooms.service.status, team, task_id) is not task.status:
            break
    else:
        return task
    return await run_in_threadpool(rooms.service.get, team, task_id)
