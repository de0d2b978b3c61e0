"""From our tasks to Kling's. Pure.

`task_result.videos` is empty until there is a video, and `final_unit_deduction` is what was charged in this
service's own unit, USD. `warnings` is a field of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from omnireel.models import Failed, Succeeded, Task, TaskStatus

Sign = Callable[[str], str]
"""Makes a working link to a blob out of its key."""
Status = Literal["submitted", "processing", "succeed", "failed"]

_STATUSES: Final[dict[TaskStatus, Status]] = {
    TaskStatus.PENDING: "submitted",
    TaskStatus.PROCESSING: "processing",
    TaskStatus.SUCCESS: "succeed",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELED: "failed",
}


class TaskInfo(BaseModel):
    external_task_id: str | None = None


class VideoMade(BaseModel):
    id: Annotated[str, Field(description="The task's.")]
    url: Annotated[str, Field(description="Works without a key for a while; every query gives a fresh one.")]
    duration: Annotated[str, Field(description="Seconds.")]


class TaskResult(BaseModel):
    videos: list[VideoMade]


class WatermarkInfo(BaseModel):
    enabled: Literal[False] = False


class KlingTask(BaseModel):
    """A task in Kling's words. Times are unix milliseconds."""

    task_id: str
    task_status: Status
    task_status_msg: Annotated[str, Field(description="Why it failed; `canceled` when somebody stopped it.")]
    task_info: TaskInfo
    task_result: TaskResult
    watermark_info: WatermarkInfo = WatermarkInfo()
    final_unit_deduction: Annotated[str, Field(description="What it cost, USD.")]
    created_at: int
    updated_at: int
    warnings: Annotated[
        list[str],
        Field(
            description="What was changed to fit, and what was asked and not done. Kling has no such field."
        ),
    ]


class KlingAnswer(BaseModel):
    """The envelope around a task."""

    code: Literal[0] = 0
    message: Literal["SUCCEED"] = "SUCCEED"
    request_id: str
    data: KlingTask


class KlingListAnswer(BaseModel):
    """The envelope around several."""

    code: Literal[0] = 0
    message: Literal["SUCCEED"] = "SUCCEED"
    request_id: str
    data: list[KlingTask]


def kling_task(task: Task, sign: Sign) -> KlingTask:
    """The answer to every question about one task."""
    return KlingTask(
        task_id=task.task_id,
        task_status=_STATUSES[task.status],
        task_status_msg=_why(task),
        task_info=TaskInfo(external_task_id=task.external_id),
        task_result=TaskResult(videos=_videos(task, sign)),
        final_unit_deduction=task.charged,
        created_at=_milliseconds(task.created_at),
        updated_at=_milliseconds(task.completed_at or task.started_at or task.created_at),
        warnings=list(task.outcome.warnings if isinstance(task.outcome, Succeeded) else task.request.notes),
    )


def callback_body(task: Task, sign: Sign) -> bytes:
    """What Kling posts to `callback_url`: the task without an envelope."""
    return kling_task(task, sign).model_dump_json(exclude_none=True).encode()


def _why(task: Task) -> str:
    if task.status is TaskStatus.CANCELED:
        return "canceled: the task was stopped before it was done"
    return f"{task.outcome.type}: {task.outcome.message}" if isinstance(task.outcome, Failed) else ""


def _videos(task: Task, sign: Sign) -> list[VideoMade]:
    files = task.outcome.resources if isinstance(task.outcome, Succeeded) else ()
    return [
        VideoMade(id=task.task_id, url=sign(file.key), duration=f"{file.duration or 0:g}")
        for file in files
        if file.type == "video"
    ]


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
