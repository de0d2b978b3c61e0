"""The files of a finished video, for who has a key."""

from __future__ import annotations

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from omnireel.api.dialects.openai.shown import resource
from omnireel.api.files_routes import hand_out
from omnireel.api.problems import Problem
from omnireel.api.rooms import Rooms
from omnireel.errors import NotFound
from omnireel.models import Task, TaskStatus

Variant = Literal["video", "thumbnail", "spritesheet"]

_ROLES: Final[dict[Variant, str]] = {
    "video": "primary",
    "thumbnail": "poster",
    "spritesheet": "spritesheet",
}


def content(request: Request, task: Task, variant: Variant, rooms: Rooms) -> Response:
    """One of a task's files. Raises a 400 Problem while there are none, and NotFound for one never made."""
    check_done(task)
    file = resource(task, _ROLES[variant])
    if file is None:
        raise NotFound(f"this video has no {variant}")
    return hand_out(request, file.key, rooms.values.link_lifetime, rooms)


def check_done(task: Task) -> None:
    """Raises a 400 Problem for a task that has no video, or none yet."""
    if task.status is TaskStatus.SUCCESS:
        return
    if task.status.terminal:
        detail = f"video {task.task_id!r} ended without a result"
        raise Problem(400, "Invalid parameters", detail, code="video_failed")
    detail = f"video {task.task_id!r} is not ready yet; it is {task.status}"
    raise Problem(400, "Invalid parameters", detail, code="video_not_ready")
