"""How the service is: what its users may know of the queue, the workers and the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from omnireel.models import TaskStatus
from omnireel.tasks.gauges import QueueState


@dataclass(frozen=True)
class Standing:
    """What the composition root knows of the service. Sizes in bytes, times in seconds."""

    queue: Callable[[], QueueState | None]
    """None while the database cannot be read."""
    free_disk: Callable[[], int]
    least_free: int
    most_queued: int
    sandbox_level: str
    sandbox: str
    engines: tuple[str, ...]
    default_engine: str
    metering: bool
    retention_days: float
    began: float = field(default_factory=time.monotonic)


def tasks_in(state: QueueState, status: TaskStatus) -> int:
    """How many tasks of all models have this status."""
    return sum(count for (_, found), count in state.going.items() if found == status)
