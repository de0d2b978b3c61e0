"""The bodies of successful answers, field for field as on the wire."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Data = TypeVar("Data")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Answer(_Frozen, Generic[Data]):
    """The envelope around every success."""

    code: Literal[0] = 0
    message: Literal["success"] = "success"
    data: Data


class GetResult(_Frozen):
    method: Literal["GET"] = "GET"
    url: str


class Receipt(_Frozen):
    """What a submit is answered with."""

    status: str
    task_id: str
    model_id: str
    get_result: GetResult


class EstimateAnswer(_Frozen):
    """What a request would take. Nothing is queued."""

    expected_seconds: Annotated[
        float | None,
        Field(description="From a worker's start to the end; left out while none is measured."),
    ] = None
    samples: Annotated[int, Field(description="Finished tasks of this engine, mode and length behind it.")]
    queue_position: Annotated[int, Field(description="Tasks that wait now, plus one.")]
    price: Annotated[str, Field(description="USD, four decimals.")]


class ResourceAnswer(_Frozen):
    url: Annotated[str, Field(description="Works without a key for a while; every poll gives a fresh one.")]
    type: str
    width: int
    height: int
    format: str
    role: str
    duration: Annotated[float | None, Field(description="Seconds.")] = None
    fps: float | None = None
    size: Annotated[int, Field(description="Bytes.")]
    sha256: str


class ShotAnswer(_Frozen):
    start: Annotated[int, Field(description="First frame, counted from 0.")]
    frames: int
    prompt: str


class PassedOverAnswer(_Frozen):
    engine: str
    reason: str


class MetadataAnswer(_Frozen):
    video_count: int
    request_id: str
    engine: str
    seed: int
    shots: list[ShotAnswer]
    warnings: Annotated[list[str], Field(description="What was asked and not done.")]
    passed_over: Annotated[
        list[PassedOverAnswer] | None,
        Field(description="Engines that were to make it first, and why they did not."),
    ] = None
    director: Annotated[
        str | None,
        Field(description="`model` or `rules`: who read the prompt, where a language model is set up to."),
    ] = None


class ExtensionsAnswer(_Frozen):
    submit_time: str
    end_time: str


class ResultAnswer(_Frozen):
    resources: list[ResourceAnswer]
    metadata: MetadataAnswer
    extensions: ExtensionsAnswer


class BillingAnswer(_Frozen):
    amount: Annotated[str, Field(description="USD, four decimals.")]


class ErrorAnswer(_Frozen):
    type: str
    message: str
    retryable: bool


class RequestAnswer(_Frozen):
    """What a task was asked for. `body` may be submitted again, to make a video like it."""

    model: Annotated[str, Field(description="`provider/name`, the path to submit to.")]
    body: Annotated[
        dict[str, str | int | bool | list[str]],
        Field(
            description="The fields of the submit. Media that lie here are links, fresh like those of a"
            " result, which lead nowhere once the files are no longer kept."
        ),
    ]


class TaskAnswer(_Frozen):
    """A task as a poll shows it; a field that does not apply yet is left out."""

    status: Literal["pending", "processing", "success", "failed", "canceled"]
    task_id: str
    model_id: str
    progress: Annotated[float | None, Field(description="0 to 1, measured.")] = None
    note: Annotated[str | None, Field(description="What is being done, in the engine's words.")] = None
    queue_position: Annotated[
        int | None, Field(description="Tasks ahead of this one as teams take turns, plus one.")
    ] = None
    eta_seconds: float | None = None
    created_at: Annotated[str, Field(description="RFC 3339, UTC.")]
    started_at: str | None = None
    completed_at: str | None = None
    expires_at: Annotated[str | None, Field(description="When the result's files go.")] = None
    duration: Annotated[int | None, Field(description="Processing time, milliseconds.")] = None
    result: ResultAnswer | None = None
    billing: BillingAnswer | None = None
    error: ErrorAnswer | None = None
    request: Annotated[
        RequestAnswer | None, Field(description="Only when asked for with `include=request`.")
    ] = None


class TaskListAnswer(_Frozen):
    items: list[TaskAnswer]
    next_cursor: Annotated[str | None, Field(description="Send as `cursor` for the page after this.")] = None
    has_more: bool


class AttemptAnswer(_Frozen):
    """One try at a delivery."""

    number: Annotated[int, Field(description="Counted from 1.")]
    at: str
    status_code: Annotated[int | None, Field(description="What the receiver answered.")] = None
    latency_ms: int | None = None
    error: Annotated[str | None, Field(description="Why it was not delivered, in one word.")] = None


class DeliveryAnswer(_Frozen):
    """One webhook: what is told of one task to one address."""

    delivery_id: Annotated[str, Field(description="The same for every attempt.")]
    task_id: str
    event: str
    url: str
    status: Literal["pending", "delivered", "rejected", "dead", "disabled"]
    created_at: str
    next_attempt_at: Annotated[str | None, Field(description="While pending and not under way.")] = None
    attempts: list[AttemptAnswer]


class DeliveryListAnswer(_Frozen):
    items: list[DeliveryAnswer]
    next_cursor: Annotated[str | None, Field(description="Send as `cursor` for the page after this.")] = None
    has_more: bool


class WebhookSecretAnswer(_Frozen):
    secret: Annotated[str, Field(description="`whsec_` and Base64; check `webhook-signature` with it.")]
    created_at: str
    previous_until: Annotated[
        str | None, Field(description="Until then the secrets before this one sign too.")
    ] = None


class WebhookTestAnswer(_Frozen):
    """How a receiver took a message made for trying it."""

    delivery_id: Annotated[str, Field(description="What `webhook-id` said. Nothing is logged under it.")]
    status_code: Annotated[int | None, Field(description="What the receiver answered.")] = None
    latency_ms: int
    error: Annotated[str | None, Field(description="Why it counts as not delivered, in one word.")] = None


class TaskDeletedAnswer(_Frozen):
    task_id: str
    deleted: Literal[True] = True


class KeyAnswer(_Frozen):
    is_valid: bool


class BalanceAnswer(_Frozen):
    balance: Annotated[float, Field(description="USD, up to four decimals.")]


class ModelAnswer(_Frozen):
    slug: str
    provider: str
    model_id: str
    type: Literal["video"] = "video"
    display_name: str
    description: str
    docs_url: str
    categories: list[str]


class ModelPage(_Frozen):
    items: list[ModelAnswer]
    total: int
    page: int
    page_size: int
    has_more: bool


class ModelsAnswer(_Frozen):
    """The catalogue: `models` beside the code, and the same page by page in `data`."""

    code: Literal[0] = 0
    message: Literal["success"] = "success"
    models: list[ModelAnswer]
    data: ModelPage


class FileAnswer(_Frozen):
    file_id: str
    type: Literal["image", "video"]
    url: Annotated[str, Field(description="May stand in `images` or `videos` until `expires_at`.")]
    filename: str
    size: int
    created_at: str
    expires_at: str


class FileListAnswer(_Frozen):
    items: list[FileAnswer]
    next_cursor: Annotated[str | None, Field(description="Send as `cursor` for the page after this.")] = None
    has_more: bool
    used_bytes: Annotated[int, Field(description="What all of the team's files take together.")]
    quota_bytes: Annotated[int, Field(description="What they may take at most.")]


class FileDeletedAnswer(_Frozen):
    file_id: str
    deleted: Literal[True] = True


class HealthAnswer(_Frozen):
    status: Literal["ok"] = "ok"


class CheckAnswer(_Frozen):
    """How one part is, and why."""

    ok: bool
    reason: str


class ReadyAnswer(_Frozen):
    status: Literal["ready"] = "ready"
    checks: dict[str, CheckAnswer]


class UnreadyState(_Frozen):
    status: Literal["unready"] = "unready"
    checks: dict[str, CheckAnswer]


class UnreadyAnswer(_Frozen):
    """The error envelope, with every check in it."""

    code: Literal[503] = 503
    message: str
    data: UnreadyState


class QueueAnswer(_Frozen):
    pending: Annotated[int, Field(description="Tasks of all teams that wait.")]
    processing: int
    oldest_seconds: Annotated[float, Field(description="How long the oldest that waits has waited.")]
    most: Annotated[int, Field(description="So many waiting tasks, and submits get 503.")]


class WorkersAnswer(_Frozen):
    live: Annotated[int, Field(description="Workers that have reported lately.")]
    slots: Annotated[int, Field(description="Tasks they may run at once, together.")]


class DiskAnswer(_Frozen):
    free_bytes: int
    least_bytes: Annotated[int, Field(description="With less, submits and uploads get 503.")]


class SandboxAnswer(_Frozen):
    level: Annotated[str, Field(description="The tightest layer: `bubblewrap`, … or `none`.")]
    description: str


class StatusAnswer(_Frozen):
    """How the service is, for those who use it."""

    version: str
    python: str
    uptime_seconds: Annotated[float, Field(description="Of the process that answers.")]
    ready: Annotated[bool, Field(description="Whether every check is well.")]
    queue: QueueAnswer
    workers: WorkersAnswer
    webhooks_pending: Annotated[int, Field(description="Webhooks of all teams that are still to be tried.")]
    disk: DiskAnswer
    sandbox: Annotated[SandboxAnswer, Field(description="What attempts are boxed in by.")]
    engines: list[str]
    default_engine: str
    metering: Annotated[bool, Field(description="Whether tasks are charged for.")]
    retention_days: Annotated[float, Field(description="How long results are kept.")]
    checks: Annotated[dict[str, CheckAnswer], Field(description="As `/readyz` shows them.")]


class ProblemAnswer(_Frozen):
    """Every error. `code` is the HTTP status."""

    code: int
    message: Annotated[str, Field(examples=["Invalid parameters: parameter 'prompt' is required"])]
