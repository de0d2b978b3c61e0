"""From our tasks to OpenAI's videos. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from omnireel.media.canvas import canvas
from omnireel.models import Failed, Resource, Succeeded, Task, TaskStatus
from omnireel.tasks.places import RESULTS

Status = Literal["queued", "in_progress", "completed", "failed"]

_STATUSES: Final[dict[TaskStatus, Status]] = {
    TaskStatus.PENDING: "queued",
    TaskStatus.PROCESSING: "in_progress",
    TaskStatus.SUCCESS: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELED: "failed",
}
_SOONEST_POLL: Final = 1.0
_LATEST_POLL: Final = 5.0
_POLLS: Final = 20
"""About how many polls a task is worth."""


class VideoError(BaseModel):
    code: Annotated[str, Field(description="`canceled` when somebody stopped it.")]
    message: str


class Video(BaseModel):
    """A task in OpenAI's words. Times are unix seconds."""

    id: str
    object: Literal["video"] = "video"
    model: str
    status: Status
    progress: Annotated[int, Field(description="Percent, measured.")]
    created_at: int
    completed_at: int | None = None
    expires_at: Annotated[int | None, Field(description="When its files go.")] = None
    size: Annotated[
        str | None,
        Field(description="Width x height; null while a source video that is not measured yet decides it."),
    ] = None
    seconds: Annotated[str | None, Field(description="Null as long as `size`.")] = None
    prompt: str
    remixed_from_video_id: str | None = None
    error: VideoError | None = None
    warnings: Annotated[
        list[str],
        Field(
            description="What was changed to fit, and what was asked and not done. OpenAI has no such field."
        ),
    ]


class VideoList(BaseModel):
    object: Literal["list"] = "list"
    data: list[Video]
    first_id: str | None
    last_id: Annotated[str | None, Field(description="Send as `after` for the page after this.")]
    has_more: bool


class VideoDeleted(BaseModel):
    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True


def video(task: Task) -> Video:
    """The answer to every question about one task."""
    return Video(
        id=task.task_id,
        model=task.model_id,
        status=_STATUSES[task.status],
        progress=_percent(task),
        created_at=int(task.created_at.timestamp()),
        completed_at=_seconds(task.completed_at),
        expires_at=_seconds(task.expires_at) if resource(task, "primary") else None,
        size=_size(task),
        seconds=_length(task),
        prompt=task.request.prompt,
        remixed_from_video_id=_source(task),
        error=_error(task),
        warnings=list(task.outcome.warnings if isinstance(task.outcome, Succeeded) else task.request.notes),
    )


def video_list(tasks: tuple[Task, ...], *, has_more: bool) -> VideoList:
    videos = [video(task) for task in tasks]
    first, last = (videos[0].id, videos[-1].id) if videos else (None, None)
    return VideoList(data=videos, first_id=first, last_id=last, has_more=has_more)


def resource(task: Task, role: str) -> Resource | None:
    """The file that a finished task hands back in this role."""
    if not isinstance(task.outcome, Succeeded):
        return None
    return next((file for file in task.outcome.resources if file.role == role), None)


def poll_after(task: Task) -> int:
    """Milliseconds after which a client does well to ask again: the longer it takes, the later."""
    pause = (task.eta_seconds or 0.0) / _POLLS
    return round(1000 * min(max(pause, _SOONEST_POLL), _LATEST_POLL))


def _percent(task: Task) -> int:
    return 100 if task.status is TaskStatus.SUCCESS else min(99, int(100 * task.progress.value))


def _size(task: Task) -> str | None:
    made = resource(task, "primary")
    if made is not None:
        return f"{made.width}x{made.height}"
    shape = task.request.aspect_ratio
    return None if shape is None else "{}x{}".format(*canvas(task.request.mode, shape))


def _length(task: Task) -> str | None:
    made = resource(task, "primary")
    length = task.request.duration if made is None else made.duration
    return None if length is None else f"{length:g}"


def _source(task: Task) -> str | None:
    """The task whose result is repainted: the second part of the result's key."""
    keys = [ref.blob_key or "" for ref in task.request.videos]
    return next((key.split("/")[1] for key in keys if key.startswith(RESULTS)), None)


def _error(task: Task) -> VideoError | None:
    if task.status is TaskStatus.CANCELED:
        return VideoError(code="canceled", message="the task was canceled before it was done")
    if isinstance(task.outcome, Failed):
        return VideoError(code=task.outcome.type, message=task.outcome.message)
    return None


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
