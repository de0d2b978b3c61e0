"""A task's news as server-sent events: a snapshot now, one at each change, the last when it has ended.

The format is that of the HTML standard, section 9.2. An event's id stands for the snapshot it brought, so a
caller that comes back with `Last-Event-ID` is told only what it has not seen.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from omnireel.api.lookout import Watch
from omnireel.api.polling import LOOK_UP
from omnireel.api.rooms import Rooms
from omnireel.api.task_answer import task_answer
from omnireel.errors import OmnireelError
from omnireel.models import Task, TaskStatus
from omnireel.tasks.store import Glimpse

HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 3600.0
"""After that the stream ends, and the caller comes back."""

_HEARTBEAT = ": still here\n\n"


def event_id(glimpse: Glimpse) -> str:
    """What a caller that has seen this snapshot sends back."""
    progress = glimpse.progress
    seen = f"{glimpse.attempt} {progress.value} {progress.note}".encode(errors="replace")
    return f"{glimpse.status}-{sha256(seen).hexdigest()[:16]}"


def glimpse_of(task: Task) -> Glimpse:
    return Glimpse(task.status, task.attempt, task.progress)


async def news(
    request: Request, rooms: Rooms, task: Task, last_seen: str, *, heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncIterator[str]:
    """The events after `last_seen`, and a comment after each `heartbeat` seconds of silence.

    Ends after the last event, when the caller hangs up, when the server drains, and when the task is gone.
    """
    began = spoke = time.monotonic()
    status: TaskStatus | None = None
    with rooms.lookout.watch(task.task_id) as watch:
        while True:
            glimpse = glimpse_of(task)
            if event_id(glimpse) != last_seen:
                last_seen, spoke = event_id(glimpse), time.monotonic()
                yield _event(task, last_seen, rooms, news_of_status=task.status is not status)
            status = task.status
            if status.terminal:
                return
            while not _differs(watch, glimpse):
                if time.monotonic() - began > LONGEST_SECONDS or await _over(request, rooms):
                    return
                await watch.wait(min(LOOK_UP, heartbeat))
                if time.monotonic() - spoke >= heartbeat:
                    spoke = time.monotonic()
                    yield _HEARTBEAT
            try:
                task = await run_in_threadpool(rooms.service.get, task.team, task.task_id)
            except OmnireelError:
                # Gone, or the database is away; coming back tells which.
                return


def _differs(watch: Watch, glimpse: Glimpse) -> bool:
    return watch.seen and watch.latest != glimpse


async def _over(request: Request, rooms: Rooms) -> bool:
    return rooms.draining.is_set() or await request.is_disconnected()


def _event(task: Task, name: str, rooms: Rooms, *, news_of_status: bool) -> str:
    kind = "terminal" if task.status.terminal else "status" if news_of_status else "progress"
    data = task_answer(task, rooms.sign).model_dump_json(exclude_none=True)
    return f"id: {name}\nevent: {kind}\ndata: {data}\n\n"
