"""The tools: each a name, words for the model, what it takes, what it gives and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mcp_types import Tool as PublishedTool
from mcp_types import ToolAnnotations

from omnireel.client._async import AsyncClient
from omnireel.client.errors import APIError, TaskCanceled, TaskFailed, Timeout
from omnireel.client.types import Task
from omnireel.mcp.answers import (
    Deleted,
    FileList,
    ModelList,
    Result,
    Schema,
    TaskState,
    Uploaded,
)
from omnireel.mcp.arguments import (
    Arguments,
    DeleteFile,
    GetSchema,
    GetTask,
    ListFiles,
    ListModels,
    SubmitTask,
    UploadFile,
    WaitTask,
)
from omnireel.mcp.roots import Roots
from omnireel.models import TaskStatus

Watch = Callable[[Task], Awaitable[None]]
A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Visit:
    """One call: the caller's own SDK client, the folders that may be read, and who watches a wait."""

    client: AsyncClient
    roots: Roots
    watch: Watch


@dataclass(frozen=True)
class Tool(Generic[A]):
    """`run` raises APIError and Forbidden."""

    name: str
    title: str
    description: str
    takes: type[A]
    gives: type[Result]
    run: Callable[[Visit, A], Awaitable[Result]]
    changes: bool = False
    destroys: bool = False

    def published(self) -> PublishedTool:
        """The tool as models see it."""
        return PublishedTool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.takes.model_json_schema(),
            output_schema=self.gives.model_json_schema(mode="serialization"),
            annotations=ToolAnnotations(
                read_only_hint=not self.changes,
                destructive_hint=self.destroys,
                idempotent_hint=not self.changes or self.destroys,
                open_world_hint=True,
            ),
        )

    async def call(self, visit: Visit, arguments: dict[str, Any]) -> Result:
        """Judge the arguments, then run. Raises pydantic's ValidationError too."""
        return await self.run(visit, self.takes.model_validate(arguments))


async def _list_models(visit: Visit, _: ListModels) -> Result:
    return ModelList.of(await visit.client.models.list())


async def _get_schema(visit: Visit, asked: GetSchema) -> Result:
    return Schema.of(await visit.client.models.describe(asked.model))


async def _submit_task(visit: Visit, asked: SubmitTask) -> Result:
    options: Any = asked.model_dump(exclude_none=True, exclude={"prompt"})
    return TaskState.of(await visit.client.videos.create(asked.prompt, **options))


async def _get_task(visit: Visit, asked: GetTask) -> Result:
    return TaskState.of(await visit.client.tasks.get(asked.task_id))


async def _wait_task(visit: Visit, asked: WaitTask) -> Result:
    waiting = visit.client.tasks.wait(asked.task_id, timeout=asked.timeout_seconds, on_update=visit.watch)
    try:
        return TaskState.of((await waiting).task)
    except (TaskFailed, TaskCanceled) as ending:
        return TaskState.of(ending.task)
    except Timeout:
        task = await visit.client.tasks.get(asked.task_id)
        pending = task.status is TaskStatus.PENDING
        return TaskState.of(task, waits_for=await _lacking(visit) if pending else None)


async def _lacking(visit: Visit) -> str | None:
    """What the server says it lacks; None when it lacks nothing, or does not say."""
    try:
        readiness = await visit.client.readiness()
    except APIError:
        return None
    return None if readiness.ready else readiness.message.removeprefix("Service unavailable: ")


async def _upload_file(visit: Visit, asked: UploadFile) -> Result:
    with visit.roots.open(asked.path) as file:
        # By descriptor: the name may lead elsewhere by now.
        opened = Path(f"/dev/fd/{file.fileno()}")
        return Uploaded.of(await visit.client.files.upload(opened, filename=Path(asked.path).name))


async def _list_files(visit: Visit, asked: ListFiles) -> Result:
    pages = visit.client.files.list(page_size=asked.limit).pages()
    return FileList.of(await anext(pages), await visit.client.files.usage())


async def _delete_file(visit: Visit, asked: DeleteFile) -> Result:
    await visit.client.files.delete(asked.file_id)
    return Deleted(file_id=asked.file_id)


def tools(roots: Roots) -> tuple[Tool[Any], ...]:
    """All of them. What upload_file may read is part of its description."""
    return (
        Tool(
            "list_models",
            "List models",
            "What the Omnireel server can be asked for. The names are a wire's names; Omnireel's own engines"
            " make the videos.",
            ListModels,
            ModelList,
            _list_models,
        ),
        Tool(
            "get_schema",
            "Get a model's schema",
            "The JSON Schema of a model's request, every limit and rule in it. submit_task's arguments follow"
            " it, except that its one `video` stands for the list `videos` and it adds `shot_type` itself.",
            GetSchema,
            Schema,
            _get_schema,
        ),
        Tool(
            "submit_task",
            "Make a video",
            "Ask for a video from a prompt, pictures and a source video. Returns at once with a task_id; then"
            " call wait_task. It may cost the user money, so submit once per video that the user wants. Local"
            " files go through upload_file first.",
            SubmitTask,
            TaskState,
            _submit_task,
            changes=True,
        ),
        Tool(
            "get_task",
            "Look at a task",
            "A task as it is now; once it has succeeded, fresh links to the video and its poster.",
            GetTask,
            TaskState,
            _get_task,
        ),
        Tool(
            "wait_task",
            "Wait for a task",
            "Wait until a task has ended, with progress notifications meanwhile. When the time is over it"
            " returns the task as it is (`finished` false); call it again to go on waiting.",
            WaitTask,
            TaskState,
            _wait_task,
        ),
        Tool(
            "upload_file",
            "Upload a file",
            "Upload a local picture or clip and get the link that submit_task takes; kept for some days."
            f" Allowed folders: {roots}.",
            UploadFile,
            Uploaded,
            _upload_file,
            changes=True,
        ),
        Tool(
            "list_files",
            "List uploaded files",
            "The files uploaded with this key's team, newest first, with fresh links.",
            ListFiles,
            FileList,
            _list_files,
        ),
        Tool(
            "delete_file",
            "Delete an uploaded file",
            "Forget an uploaded file, for good. Tasks already submitted keep what they need.",
            DeleteFile,
            Deleted,
            _delete_file,
            changes=True,
            destroys=True,
        ),
    )
