"""The tools: each a name, words for the model, what it takes, what it gives and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mcp_types import Tool as PublishedTool
from mcp_types import ToolAnnotations

from omnireel.client._sync import Client
from omnireel.client.errors import TaskCanceled, TaskFailed, Timeout
from omnireel.client.types import Task
from omnireel.mcp import files
from omnireel.mcp.answers import (
    Deleted,
    FileList,
    ModelList,
    ModelSchema,
    Result,
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

Watch = Callable[[Task], None]
A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Visit:
    """One call: the caller's own SDK client, the folders that may be read, and who watches a wait."""

    client: Client
    roots: Roots
    watch: Watch


@dataclass(frozen=True)
class Tool(Generic[A]):
    """`run` blocks. Raises APIError and Forbidden."""

    name: str
    title: str
    description: str
    takes: type[A]
    gives: type[Result]
    run: Callable[[Visit, A], Result]
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

    def call(self, visit: Visit, arguments: dict[str, Any]) -> Result:
        """Judge the arguments, then run. Raises pydantic's ValidationError too."""
        return self.run(visit, self.takes.model_validate(arguments))


def _list_models(visit: Visit, _: ListModels) -> Result:
    return ModelList.of(visit.client.models.list())


def _get_schema(visit: Visit, asked: GetSchema) -> Result:
    return ModelSchema(model=asked.model, schema_=_schema(visit, asked.model))


def _schema(visit: Visit, model: str) -> Any:
    document = files.answer(visit.client, files.schema(model))
    return document["post"]["requestBody"]["content"]["application/json"]["schema"]


def _submit_task(visit: Visit, asked: SubmitTask) -> Result:
    options: Any = asked.model_dump(exclude_none=True, exclude={"prompt"})
    return TaskState.of(visit.client.videos.create(asked.prompt, **options))


def _get_task(visit: Visit, asked: GetTask) -> Result:
    return TaskState.of(visit.client.tasks.get(asked.task_id))


def _wait_task(visit: Visit, asked: WaitTask) -> Result:
    try:
        done = visit.client.tasks.wait(asked.task_id, timeout=asked.timeout_seconds, on_update=visit.watch)
    except (TaskFailed, TaskCanceled) as ending:
        return TaskState.of(ending.task)
    except Timeout:
        return _get_task(visit, GetTask(task_id=asked.task_id))
    return TaskState.of(done.task)


def _upload_file(visit: Visit, asked: UploadFile) -> Result:
    with visit.roots.open(asked.path) as file:
        source = Path(f"/dev/fd/{file.fileno()}")
        return Uploaded.of(files.answer(visit.client, files.upload(Path(asked.path).name, source)))


def _list_files(visit: Visit, asked: ListFiles) -> Result:
    return FileList.of(files.answer(visit.client, files.list_files(asked.limit)))


def _delete_file(visit: Visit, asked: DeleteFile) -> Result:
    files.answer(visit.client, files.delete_file(asked.file_id))
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
            ModelSchema,
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
