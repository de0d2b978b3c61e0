"""What the SDK hands back: frozen values, read from the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from omnireel.models import TaskStatus

T_co = TypeVar("T_co", covariant=True)
Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One file of a finished task. `size` is in bytes, `duration` in seconds; None when unknown."""

    url: str
    type: str
    role: str
    format: str
    width: int | None = None
    height: int | None = None
    size: int | None = None
    sha256: str | None = None
    duration: float | None = None
    fps: float | None = None


@dataclass(frozen=True)
class TaskFault:
    """Why a task failed."""

    type: str
    message: str
    retryable: bool


@dataclass(frozen=True)
class Task:
    """A task at one moment. `progress` runs from 0 to 1; `raw` is the answer's `data` as it came."""

    task_id: str
    model_id: str
    status: TaskStatus
    progress: float | None = None
    note: str = ""
    queue_position: int | None = None
    eta_seconds: float | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime | None = None
    processing_seconds: float | None = None
    resources: tuple[Resource, ...] = ()
    engine: str | None = None
    seed: int | None = None
    warnings: tuple[str, ...] = ()
    charged: str | None = None
    error: TaskFault | None = None
    raw: Raw = field(default_factory=dict[str, Any], repr=False, compare=False)

    def resource(self, role: str) -> Resource | None:
        """The file with that role: `primary` is the video, `poster` its still."""
        return next((resource for resource in self.resources if resource.role == role), None)


@dataclass(frozen=True)
class TaskEvent:
    """News of a task.

    `type` is `status` when the status is new, `progress` in between, `terminal` at the end. `event_id`
    resumes a stream after this event; it is None where the server has no stream and was asked repeatedly.
    """

    type: str
    task: Task
    event_id: str | None = None


@dataclass(frozen=True)
class Estimate:
    """What a video would take. `expected_seconds` is None while the server has made too few to tell."""

    expected_seconds: float | None
    samples: int
    """How many like it the expectation rests on."""
    queue_position: int | None
    price: Decimal | None
    """US dollars."""
    raw: Raw = field(default_factory=dict[str, Any], repr=False, compare=False)


@dataclass(frozen=True)
class File:
    """An uploaded file. Until `expires_at` its `url` may stand in `images` or `video`. `size` is in bytes."""

    file_id: str
    type: str
    url: str
    filename: str
    size: int | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    raw: Raw = field(default_factory=dict[str, Any], repr=False, compare=False)


@dataclass(frozen=True)
class Usage:
    """What a team's uploaded files take together, and may take, bytes; None when the server does not tell."""

    used_bytes: int | None
    quota_bytes: int | None


@dataclass(frozen=True)
class Page(Generic[T_co]):
    """Some of a list, and where to go on (None at the end)."""

    items: tuple[T_co, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Model:
    """What can be asked for."""

    slug: str
    provider: str
    model_id: str
    type: str
    display_name: str
    description: str


@dataclass(frozen=True)
class ModelSchema:
    """How a model is asked: `schema` is the JSON Schema of a submit's body, `url` where it goes."""

    slug: str
    url: str
    schema: Raw
    raw: Raw = field(default_factory=dict[str, Any], repr=False, compare=False)


@dataclass(frozen=True)
class Check:
    """How one part of a server is, and why."""

    ok: bool
    reason: str


@dataclass(frozen=True)
class Readiness:
    """Whether a server can do its work; `message` says what it lacks."""

    ready: bool
    message: str
    checks: Mapping[str, Check]


@dataclass(frozen=True)
class DeliveryAttempt:
    """One try at telling a receiver. `error` is a word, None when it was delivered."""

    number: int
    at: datetime | None
    status_code: int | None
    latency_ms: int | None
    error: str | None


@dataclass(frozen=True)
class Delivery:
    """A webhook: `status` is pending, delivered, rejected, dead or disabled; `raw` is it as it came."""

    delivery_id: str
    task_id: str
    event: str
    url: str
    status: str
    created_at: datetime | None
    next_attempt_at: datetime | None
    attempts: tuple[DeliveryAttempt, ...]
    raw: Raw = field(default_factory=dict[str, Any], repr=False, compare=False)


@dataclass(frozen=True)
class DeliveryPage(Page[Delivery]):
    """Some deliveries, newest first, and where to go on (None at the end)."""

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        return self.items


@dataclass(frozen=True)
class WebhookEvent:
    """A task that has ended, as its sender signed it."""

    type: str
    delivery_id: str
    task: Task
