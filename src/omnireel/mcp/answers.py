"""What each tool gives back: structured content for programs, one sentence for the model."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from omnireel.client.types import File, Model, ModelSchema, Page, Resource, Task, Usage


class Result(BaseModel):
    """A tool's answer. `sentence` says it in words and what to do next."""

    model_config = ConfigDict(frozen=True)

    def sentence(self) -> str:
        raise NotImplementedError


class ModelLine(BaseModel):
    slug: str
    display_name: str
    description: str


class ModelList(Result):
    models: list[ModelLine]

    @classmethod
    def of(cls, models: tuple[Model, ...]) -> Self:
        lines = [
            ModelLine(slug=model.slug, display_name=model.display_name, description=model.description)
            for model in models
        ]
        return cls(models=lines)

    def sentence(self) -> str:
        return "Models: " + ", ".join(model.slug for model in self.models)


class Schema(Result):
    model: str
    schema_: Annotated[
        dict[str, Any],
        Field(serialization_alias="schema", description="JSON Schema of what the server takes."),
    ]

    @classmethod
    def of(cls, found: ModelSchema) -> Self:
        return cls(model=found.slug, schema_=dict(found.schema))

    def sentence(self) -> str:
        # Whole: hosts that show a model the text alone would leave it with nothing.
        return json.dumps(self.schema_, ensure_ascii=False, separators=(",", ":"))


class TaskFile(BaseModel):
    role: Annotated[str, Field(description="`primary` is the video, `poster` a still of it.")]
    type: str
    format: str
    url: Annotated[str, Field(description="Works without a key for a while; get_task gives a fresh one.")]
    width: int | None = None
    height: int | None = None
    duration: Annotated[float | None, Field(description="Seconds.")] = None
    fps: float | None = None
    size: Annotated[int | None, Field(description="Bytes.")] = None
    sha256: str | None = None

    @classmethod
    def of(cls, resource: Resource) -> Self:
        return cls(**{name: getattr(resource, name) for name in cls.model_fields})


class Fault(BaseModel):
    type: str
    message: str
    retryable: Annotated[bool, Field(description="Whether the same request may succeed later.")]


class TaskState(Result):
    task_id: str
    model_id: str
    status: Literal["pending", "processing", "success", "failed", "canceled"]
    finished: bool
    progress: Annotated[float | None, Field(description="0 to 1, measured.")] = None
    note: Annotated[str | None, Field(description="What is being done.")] = None
    queue_position: int | None = None
    waits_for: Annotated[str | None, Field(description="What the server lacks before it can begin.")] = None
    eta_seconds: float | None = None
    expires_at: Annotated[datetime | None, Field(description="When the files go.")] = None
    files: list[TaskFile] = []
    engine: str | None = None
    seed: int | None = None
    warnings: Annotated[list[str], Field(description="What was asked and not done.")] = []
    charged: Annotated[str | None, Field(description="US dollars.")] = None
    error: Fault | None = None

    @classmethod
    def of(cls, task: Task, waits_for: str | None = None) -> Self:
        fault = task.error
        return cls(
            task_id=task.task_id,
            model_id=task.model_id,
            status=task.status.value,
            finished=task.status.terminal,
            progress=task.progress,
            note=task.note or None,
            queue_position=task.queue_position,
            waits_for=waits_for,
            eta_seconds=task.eta_seconds,
            expires_at=task.expires_at,
            files=[TaskFile.of(resource) for resource in task.resources],
            engine=task.engine,
            seed=task.seed,
            warnings=list(task.warnings),
            charged=task.charged,
            error=fault and Fault(type=fault.type, message=fault.message, retryable=fault.retryable),
        )

    def sentence(self) -> str:
        match self.status:
            case "success":
                return f"Done: {self._video()}{self._unmet()}"
            case "failed":
                return f"Task {self.task_id} failed: {self._why()}"
            case "canceled":
                return f"Task {self.task_id} was canceled; there is no video."
        return f"Task {self.task_id} is {self.status}{self._how_far()}. Call wait_task with this task_id."

    def _video(self) -> str:
        return next((file.url for file in self.files if file.role == "primary"), "the task lists no video")

    def _unmet(self) -> str:
        return "\nNot done as asked: " + " ".join(self.warnings) if self.warnings else ""

    def _why(self) -> str:
        if self.error is None:
            return "it does not say why."
        again = "submit it again" if self.error.retryable else "change the request before submitting it again"
        return f"{self.error.message} ({self.error.type}). If the user still wants the video, {again}."

    def _how_far(self) -> str:
        if self.status == "pending":
            place = f", number {self.queue_position} in the queue" if self.queue_position else ""
            return place + (f" (the server says: {self.waits_for})" if self.waits_for else "")
        left = "" if self.eta_seconds is None else f", about {self.eta_seconds:.0f} s left"
        return f", {self.progress or 0:.0%} done{left}"


class UploadedFile(BaseModel):
    file_id: str
    url: Annotated[str, Field(description="Put it into submit_task's `images` or `video`.")]
    type: str
    filename: str
    size: Annotated[int | None, Field(description="Bytes.")] = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, file: File) -> Self:
        return cls(**{name: getattr(file, name) for name in cls.model_fields})


class Uploaded(Result, UploadedFile):
    def sentence(self) -> str:
        place = "video" if self.type == "video" else "images"
        return f"Uploaded {self.filename} as {self.file_id}. Its url, for submit_task's `{place}`: {self.url}"


class FileList(Result):
    files: list[UploadedFile]
    used_bytes: int | None = None
    quota_bytes: int | None = None

    @classmethod
    def of(cls, page: Page[File], usage: Usage) -> Self:
        files = [UploadedFile.of(file) for file in page.items]
        return cls(files=files, used_bytes=usage.used_bytes, quota_bytes=usage.quota_bytes)

    def sentence(self) -> str:
        lines = [f"{file.filename} ({file.file_id}): {file.url}" for file in self.files]
        return "\n".join(lines) or "No files. upload_file adds one."


class Deleted(Result):
    file_id: str
    deleted: Literal[True] = True

    def sentence(self) -> str:
        return f"Deleted {self.file_id}; its url no longer works in new requests."
