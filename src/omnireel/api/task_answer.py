"""A task as its owner reads it on the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from omnireel.api.answers import (
    Answer,
    BillingAnswer,
    ErrorAnswer,
    ExtensionsAnswer,
    GetResult,
    MetadataAnswer,
    PassedOverAnswer,
    Receipt,
    ResourceAnswer,
    ResultAnswer,
    ShotAnswer,
    TaskAnswer,
)
from omnireel.api.asked import request_answer
from omnireel.api.links import Links
from omnireel.models import Failed, Resource, Succeeded, Task, TaskStatus

Sign = Callable[[str], str]
"""Makes a working link to a blob out of its key."""


def receipt(task_id: str, model_id: str, links: Links) -> Receipt:
    """The answer to a submit, the same each time it is given."""
    return Receipt(
        status=TaskStatus.PENDING,
        task_id=task_id,
        model_id=model_id,
        get_result=GetResult(url=links.task(task_id)),
    )


def task_answer(task: Task, sign: Sign, *, with_request: bool = False) -> TaskAnswer:
    """The answer to a poll."""
    live = not task.status.terminal
    return TaskAnswer(
        status=task.status.value,
        task_id=task.task_id,
        model_id=task.model_id,
        progress=round(task.progress.value, 4) if live else None,
        note=task.progress.note or None if live else None,
        queue_position=task.queue_position if live else None,
        eta_seconds=_rounded(task.eta_seconds) if live else None,
        created_at=wire_time(task.created_at),
        started_at=_known_time(task.started_at),
        completed_at=_known_time(task.completed_at),
        expires_at=_known_time(task.expires_at),
        duration=None if live else _milliseconds(task),
        result=_result(task, sign),
        billing=None if live else BillingAnswer(amount=task.charged),
        error=_error(task),
        request=request_answer(task.request, sign) if with_request else None,
    )


def poll_body(task: Task, sign: Sign, *, with_request: bool = False) -> bytes:
    """The whole answer to a poll, byte for byte; a webhook carries the same, without the request."""
    answer = Answer[TaskAnswer](data=task_answer(task, sign, with_request=with_request))
    return answer.model_dump_json(exclude_none=True).encode()


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC, milliseconds: `2026-01-31T12:00:00.000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _known_time(moment: datetime | None) -> str | None:
    return wire_time(moment) if moment else None


def _rounded(seconds: float | None) -> float | None:
    return round(seconds, 1) if seconds is not None else None


def _milliseconds(task: Task) -> int:
    """From the first worker's start to the end; 0 for a task that no worker ever had."""
    if task.started_at is None or task.completed_at is None:
        return 0
    return max(0, round((task.completed_at - task.started_at).total_seconds() * 1000))


def _result(task: Task, sign: Sign) -> ResultAnswer | None:
    made = task.outcome
    if task.status is not TaskStatus.SUCCESS or not isinstance(made, Succeeded):
        return None
    return ResultAnswer(
        resources=[_resource(resource, sign) for resource in made.resources],
        metadata=_metadata(task, made),
        extensions=ExtensionsAnswer(
            submit_time=wire_time(task.created_at), end_time=wire_time(task.completed_at or task.created_at)
        ),
    )


def _resource(resource: Resource, sign: Sign) -> ResourceAnswer:
    return ResourceAnswer(
        url=sign(resource.key),
        type=resource.type,
        width=resource.width,
        height=resource.height,
        format=resource.format,
        role=resource.role,
        duration=resource.duration,
        fps=resource.fps,
        size=resource.size,
        sha256=resource.sha256,
    )


def _metadata(task: Task, made: Succeeded) -> MetadataAnswer:
    shots = [ShotAnswer(start=shot.start, frames=shot.frames, prompt=shot.prompt) for shot in made.shots]
    return MetadataAnswer(
        video_count=sum(resource.type == "video" for resource in made.resources),
        request_id=task.request_id,
        engine=made.engine,
        seed=made.seed,
        shots=shots,
        warnings=list(made.warnings),
        passed_over=[PassedOverAnswer(engine=each.engine, reason=each.reason) for each in made.passed_over]
        or None,
        director=made.director or None,
    )


def _error(task: Task) -> ErrorAnswer | None:
    if not isinstance(task.outcome, Failed):
        return None
    failed = task.outcome
    return ErrorAnswer(type=failed.type, message=failed.message, retryable=failed.retryable)
