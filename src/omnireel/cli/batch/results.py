"""What came of a line, as it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from omnireel.cli.batch.journal import Progress
from omnireel.cli.batch.lines import Line
from omnireel.client.errors import APIError
from omnireel.client.types import Task

SUCCESS = "success"


@dataclass(frozen=True)
class Result:
    """`status` is success, failed, canceled, refused, unknown (nobody knows), or unfinished (for now)."""

    line: Line
    status: str
    about: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        name = {} if self.line.name is None else {"id": self.line.name}
        return {"line": self.line.number, **name, "status": self.status, **self.about}


def outcome_of(task: Task) -> dict[str, Any]:
    """What is kept of a task that has ended."""
    video = task.resource("primary")
    about: dict[str, Any] = {
        "status": str(task.status),
        "task_id": task.task_id,
        "model_id": task.model_id,
        "engine": task.engine,
        "seed": task.seed,
        "url": video.url if video else None,
        "sha256": video.sha256 if video else None,
        "charged": task.charged,
        "warnings": list(task.warnings) or None,
    }
    if task.error is not None:
        error = task.error
        about["error"] = {"type": error.type, "message": error.message, "retryable": error.retryable}
    return {name: value for name, value in about.items() if value is not None}


def error_of(error: APIError) -> dict[str, Any]:
    about = {"type": error.type, "message": str(error), "retryable": error.retryable}
    return about | ({"request_id": error.request_id} if error.request_id else {})


def result_of(line: Line, progress: Progress, *, saving: bool) -> Result | None:
    """What a line has come to, when there is nothing left to do for it; `saving` is part of that."""
    if progress.refused is not None:
        return Result(line, "refused", {"error": progress.refused})
    if progress.ended is None:
        return None
    about = {name: value for name, value in progress.ended.items() if name != "status"}
    status = str(progress.ended["status"])
    if status == SUCCESS and saving and progress.files is None:
        return None
    return Result(line, status, about | ({"files": list(progress.files)} if progress.files else {}))


def summary(results: Sequence[Result], seconds: float) -> str:
    """One line for a person."""
    counts: dict[str, int] = {}
    for result in results:
        counts[result.status] = counts.get(result.status, 0) + 1
    charged = sum((Decimal(str(result.about.get("charged", 0))) for result in results), Decimal(0))
    parts = [f"{count} {status}" for status, count in counts.items()]
    money = [f"{charged:.4f} USD charged"] if charged else []
    return ", ".join([f"{len(results)} lines: {', '.join(parts)}", *money, f"{seconds:.0f} s"])
