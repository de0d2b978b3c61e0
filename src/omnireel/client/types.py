"""What the SDK hands back: frozen values, read from the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omnireel.models import TaskStatus


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
    expires_at: datetime | None = None
    processing_seconds: float | None = None
    resources: tuple[Resource, ...] = ()
    engine: str | None = None
    seed: int | None = None
    warnings: tuple[str, ...] = ()
    charged: str | None = None
    error: TaskFault | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def resource(self, role: str) -> Resource | None:
        """The file with that role: `primary` is the video, `poster` its still."""
        return next((resource for resource in self.resources if resource.role == role), None)


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
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class DeliveryPage:
    """Some deliveries, newest first, and where to go on (None at the end)."""

    deliveries: tuple[Delivery, ...]
    next_cursor: str | None
