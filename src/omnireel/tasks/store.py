"""Where tasks are kept, in the words of those who need it. The queue is the rows nobody has claimed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, Protocol

from omnireel.models import Outcome, Progress, Task, TaskStatus, VideoRequest
from omnireel.tasks.estimate import Forecast
from omnireel.tasks.prices import Quote
from omnireel.tasks.route import NOWHERE_ELSE, Route


@dataclass(frozen=True)
class Once:
    """A submit that is to happen once. `name` stands for it, `fingerprint` for what it asks; SHA-256, hex."""

    name: str
    fingerprint: str


@dataclass(frozen=True)
class Earlier:
    """What the first submit by a name was answered. The task itself may be gone."""

    task_id: str
    model_id: str


class SubmittedBefore(Exception):
    """Nothing was recorded: there is a task for this submit already."""

    def __init__(self, earlier: Earlier) -> None:
        super().__init__(earlier.task_id)
        self.earlier = earlier


@dataclass(frozen=True)
class Wishes:
    """What a submit asks for beside the video. `deadline` counts from the submit."""

    priority: int = 0
    """Higher goes first."""
    deadline: timedelta | None = None


NO_WISHES: Final = Wishes()


@dataclass(frozen=True)
class Origin:
    """How a submit came in. `dialect` is whose words it was in, None for the service's own."""

    dialect: str | None = None
    external_id: str | None = None
    """What the caller calls the task: at most 255 characters, once for each of the team's tasks."""


OUR_OWN: Final = Origin()


@dataclass(frozen=True)
class NewTask:
    """A task to be recorded. `seed` is drawn already, so that every attempt uses the same."""

    task_id: str
    team: str
    request: VideoRequest
    engine: str
    seed: int
    request_id: str = ""
    wishes: Wishes = NO_WISHES
    once: Once | None = None
    """Recorded with the task, when the submit is to happen once."""
    quote: Quote | None = None
    """What it may cost; None where nothing is charged."""
    webhook_url: str | None = None
    """Who is to be told when it ends."""
    trace: str = ""
    """The submit's `traceparent`, when it has one."""
    origin: Origin = OUR_OWN
    route: Route = NOWHERE_ELSE


@dataclass(frozen=True)
class Claim:
    """The right to work on a task until the lease lapses.

    `token` is the fencing token, fresh for every claim: whatever is written later must name it, and one that
    is no longer the row's own changes nothing.
    """

    task_id: str
    token: str
    attempt: int
    request: VideoRequest
    engine: str
    seed: int
    note: str = ""
    """What an earlier attempt asked to be remembered."""
    team: str = ""
    request_id: str = ""
    trace: str = ""
    """The submit's `traceparent`."""
    dialect: str | None = None
    """Whose words the submit was in."""
    submitted_at: float = 0.0
    """Unix seconds on the database's clock, like the next."""
    claimed_at: float = 0.0
    route: Route = NOWHERE_ELSE
    """Where the task goes when this engine does not make it."""
    canceled: bool = False
    """Nobody wants it any more: what `note` tells of is to be called off, and nothing to be made."""


class Hold(Enum):
    """What became of a claim."""

    KEPT = auto()
    CANCEL_REQUESTED = auto()
    """Still ours, and the caller wants it stopped."""
    OVERDUE = auto()
    """Still ours, and past the deadline its caller set."""
    LOST = auto()
    """The task has ended, or is somebody else's now."""


@dataclass(frozen=True)
class Glimpse:
    """As much of a task as tells whether there is news of it."""

    status: TaskStatus
    attempt: int
    progress: Progress


@dataclass(frozen=True)
class TaskFilter:
    """Which of its tasks a team wants to see, and in which order.

    `model` is `provider/name`; both moments are left out.
    """

    status: TaskStatus | None = None
    model: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    oldest_first: bool = False


ALL: Final = TaskFilter()


@dataclass(frozen=True)
class TaskPage:
    """Some tasks in the order asked for, and where to go on (None at the end)."""

    tasks: tuple[Task, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Expired:
    """A task past its keeping time, and the blobs it handed back."""

    task_id: str
    keys: tuple[str, ...]


class TaskStore(Protocol):
    """Tasks, durable when a call returns. Any thread of any process may call any method at any time."""

    def add(self, new: NewTask) -> Task:
        """Record a task as pending, and reserve what it may cost. Raises InsufficientBalance.

        The answer is the task as it was recorded; its place in the queue is not counted.

        Raises SubmittedBefore when a submit by the same name made a task already, IdempotencyConflict when
        that one asked for something else, and InvalidRequest when another of the team's tasks has the
        external id.
        """
        ...

    def recall(self, once: Once) -> Earlier | None:
        """What the first submit by this name was answered, for a week. Raises IdempotencyConflict."""
        ...

    def forget(self) -> int:
        """Delete some of the answers past their week; how many that were."""
        ...

    def get(self, team: str, task_id: str) -> Task:
        """Raises NotFound for a task that is unknown, expired or another team's."""
        ...

    def named(self, team: str, external_id: str) -> Task:
        """The team's task by this external id. Raises NotFound like `get`."""
        ...

    def glimpses(self, task_ids: Collection[str]) -> Mapping[str, Glimpse]:
        """All of these tasks in one cheap query, those left out that are unknown or expired."""
        ...

    def list(
        self,
        team: str,
        wanted: TaskFilter = ALL,
        *,
        limit: int = 20,
        cursor: str | None = None,
        skip: int = 0,
    ) -> TaskPage:
        """A team's tasks, newest first, the first `skip` of them left out.

        Raises InvalidFormat for a cursor that no page gave out.
        """
        ...

    def cursor_at(self, team: str, task_id: str) -> str:
        """Where the page after this task begins. Raises NotFound like `get`."""
        ...

    def forecast(self, engine: str, request: VideoRequest) -> Forecast:
        """How long such a task takes, from what was measured, and where it would stand in the queue."""
        ...

    def waiting(self) -> int:
        """How many tasks are pending."""
        ...

    def cancel(self, team: str, task_id: str) -> Task:
        """End a task that nobody works on; ask for a stop where somebody does. Raises NotFound.

        One that nobody works on and that remembers something is claimed once more, before all others, so
        that it is called off, and ends then.
        """
        ...

    def claim(self, worker: str) -> Claim | None:
        """Take the next task: pending and due, or left behind by a worker whose lease lapsed.

        Highest priority first, then of the team with the fewest running, then of the one that began none for
        the longest time, then oldest. Not one past its deadline, and none of a team that has as many running
        as it may. None when there is nothing to take.
        """
        ...

    def renew(self, claim: Claim, progress: Progress, note: str) -> Hold:
        """Extend the lease; write down how far the work is and what to remember."""
        ...

    def watch(self, claims: Collection[Claim]) -> Mapping[str, Hold]:
        """What became of each claim, by token, in one cheap query."""
        ...

    def finish(self, claim: Claim, outcome: Outcome) -> bool:
        """Write how the task ended, once. False when the claim was lost, and then nothing is written."""
        ...

    def retry(self, claim: Claim, reason: str, delay: timedelta) -> TaskStatus | None:
        """Give a task back after a fault of the machinery.

        It waits `delay` for its next attempt; after the last one allowed it fails as `worker_lost`; one that
        should stop is canceled, after an attempt to call off what it remembers if there is one left. None
        when the claim was lost.
        """
        ...

    def release(self, claim: Claim) -> bool:
        """Give a task back at once, as if this attempt had never begun. False when the claim was lost."""
        ...

    def reroute(self, claim: Claim, engine: str, route: Route) -> bool:
        """Give a task back for another engine, which begins at once and from the beginning: its attempts are
        its own, and what the engine before it remembered is forgotten.

        One that should stop is canceled. False when the claim was lost.
        """
        ...

    def reap(self) -> int:
        """End the tasks that nobody works on and nobody may: past their deadline, or tried often enough.

        Returns how many that were.
        """
        ...

    def expire(self, team: str, task_id: str) -> Expired:
        """Let a task that has ended expire now. Raises NotFound, and InvalidRequest for one that has not."""
        ...

    def expired(self, limit: int) -> tuple[Expired, ...]:
        """Tasks past their keeping time."""
        ...

    def delete(self, task_id: str) -> None:
        """Forget an expired task."""
        ...

    def live_tokens(self, tokens: Collection[str]) -> frozenset[str]:
        """Those tokens under which files are being published, or belong to a result that is kept."""
        ...

    def needed_inputs(self, keys: Collection[str]) -> frozenset[str]:
        """Those blobs that a task which has not ended reads."""
        ...
