"""The door of this room: what callers may do with tasks."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import structlog

from omnireel.crashpoints import crash_point
from omnireel.engines.base import Engine
from omnireel.errors import InsufficientBalance, InvalidRequest, Unavailable
from omnireel.models import Task, VideoRequest
from omnireel.storage.base import BlobStore
from omnireel.tasks import base62
from omnireel.tasks.erase import delete_unneeded, erase
from omnireel.tasks.estimate import Forecast
from omnireel.tasks.prices import PriceList, Quote
from omnireel.tasks.room import Room
from omnireel.tasks.store import (
    ALL,
    NO_WISHES,
    OUR_OWN,
    Earlier,
    Glimpse,
    NewTask,
    Once,
    Origin,
    TaskFilter,
    TaskPage,
    TaskStore,
    Wishes,
)
from omnireel.telemetry.instruments import Instruments

# 62 ** 22 is a little more than 2 ** 130.
_RANDOM_CHARACTERS: Final = 22
_RETRY_FULL_QUEUE: Final = 30
_RETRY_FULL_DISK: Final = 60

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Admission:
    """When new tasks are refused for the time being."""

    max_queued: int = 10_000
    min_free_disk: int = 512 * 1024 * 1024
    """Bytes."""


class TaskService:
    """Submit, look at, cancel and delete tasks, each team its own.

    `engines` are those a request may name; `default` serves requests that name none. `balance_of` reads a
    team's stored balance and `free_disk` the bytes left where results go, which is in `blobs`. Without
    `prices` nothing is charged.
    """

    def __init__(
        self,
        store: TaskStore,
        engines: Mapping[str, Engine],
        blobs: BlobStore,
        *,
        default: str,
        balance_of: Callable[[str], Decimal],
        free_disk: Callable[[], int],
        admission: Admission = Admission(),
        prices: PriceList | None = None,
        instruments: Instruments | None = None,
        log_prompts: bool = False,
    ) -> None:
        self._store = store
        self._engines = engines
        self._blobs = blobs
        self._default = default
        self._balance_of = balance_of
        self._free_disk = free_disk
        self._admission = admission
        self._room = Room(store.waiting, admission.max_queued)
        self._prices = prices
        self._instruments = instruments or Instruments()
        self._log_prompts = log_prompts

    def submit(
        self,
        team: str,
        request: VideoRequest,
        *,
        request_id: str,
        wishes: Wishes = NO_WISHES,
        once: Once | None = None,
        webhook_url: str | None = None,
        origin: Origin = OUR_OWN,
    ) -> Task:
        """Record a task; it is durable when this returns. Its end will be told to `webhook_url`.

        Raises InvalidRequest when the engine can never do it or the external id is taken, Unavailable when
        there is no room now, InsufficientBalance when the team cannot pay, and for a submit that is to happen
        once SubmittedBefore or IdempotencyConflict.
        """
        name = request.engine or self._default
        self._engine(name).check(request)
        self.check_room()
        seed = secrets.randbelow(2**32) if request.seed is None else request.seed
        task_id = new_task_id(request)
        with self._instruments.tracer.span(
            "submit", facts={"omnireel.task": task_id, "omnireel.team": team}
        ) as span:
            task = self._store.add(
                NewTask(
                    task_id,
                    team,
                    request,
                    name,
                    seed,
                    request_id,
                    wishes,
                    once,
                    quote=self._quote(request),
                    webhook_url=webhook_url,
                    trace=span.context,
                    origin=origin,
                )
            )
        crash_point("after_submit_commit")
        self._instruments.metrics.submitted.labels(request.model).inc()
        facts = {"task": task_id, "team": team, "engine": name, "request_id": request_id}
        log.info("task submitted", **facts, **({"prompt": request.prompt} if self._log_prompts else {}))
        return task

    def estimate(self, request: VideoRequest) -> tuple[Forecast, Decimal]:
        """How long this would take and cost at most, USD; nothing is queued.

        Raises InvalidRequest when the engine can never do it.
        """
        name = request.engine or self._default
        self._engine(name).check(request)
        quote = self._quote(request)
        return self._store.forecast(name, request), quote.reserved if quote else Decimal(0)

    def recall(self, once: Once) -> Earlier | None:
        """What the first submit by this name was answered. Raises IdempotencyConflict when it was another."""
        return self._store.recall(once)

    def get(self, team: str, task_id: str) -> Task:
        """Raises NotFound for a task that is unknown, expired or another team's."""
        return self._store.get(team, task_id)

    def named(self, team: str, external_id: str) -> Task:
        """The task by what its caller calls it. Raises NotFound like `get`."""
        return self._store.named(team, external_id)

    def glimpses(self, task_ids: Collection[str]) -> Mapping[str, Glimpse]:
        """Whether there is news of these tasks, whosever they are; for those who wait."""
        return self._store.glimpses(task_ids)

    def list(
        self,
        team: str,
        wanted: TaskFilter = ALL,
        *,
        limit: int = 20,
        cursor: str | None = None,
        skip: int = 0,
    ) -> TaskPage:
        """A team's tasks, newest first unless wanted otherwise, at most 100 at a time.

        Raises InvalidFormat for a strange cursor.
        """
        return self._store.list(team, wanted, limit=limit, cursor=cursor, skip=skip)

    def cursor_at(self, team: str, task_id: str) -> str:
        """Where the page after this task begins. Raises NotFound like `get`."""
        return self._store.cursor_at(team, task_id)

    def cancel(self, team: str, task_id: str) -> Task:
        """Ask for a stop. A task that has ended stays as it is. Raises NotFound."""
        task = self._store.cancel(team, task_id)
        log.info("task cancel asked", task=task_id, team=team, status=task.status)
        return task

    def delete(self, team: str, task_id: str) -> None:
        """Take a task that has ended away, at once and with its files.

        A file that an unfinished task reads goes when that one has ended. Raises NotFound, and InvalidRequest
        for a task that is still going.
        """
        erase(self._store, self._blobs, self._store.expire(team, task_id))
        log.info("task deleted", task=task_id, team=team)

    def discard(self, key: str) -> None:
        """Delete a blob that an older version stored for an upload; shared ones are the janitor's."""
        delete_unneeded(self._store, self._blobs, key)

    def balance(self, team: str) -> Decimal:
        """What the team has left, USD."""
        return self._balance_of(team)

    def _engine(self, name: str) -> Engine:
        if name not in self._engines:
            known = ", ".join(sorted(self._engines))
            raise InvalidRequest(f"parameter 'engine' must be one of {known}", field="engine")
        return self._engines[name]

    def check_room(self) -> None:
        """Whether a task would be taken now; worth asking before its inputs are. Raises Unavailable."""
        if not self._room.take():
            raise Unavailable("the queue is full", retry_after=_RETRY_FULL_QUEUE)
        self.check_disk()

    def check_funds(self, team: str, request: VideoRequest) -> None:
        """Whether the team could pay now; worth asking before inputs are. Raises InsufficientBalance."""
        quote = self._quote(request)
        if quote is not None and quote.reserved > (balance := self.balance(team)):
            raise InsufficientBalance(quote.reserved, balance)

    def _quote(self, request: VideoRequest) -> Quote | None:
        return self._prices.quote(request) if self._prices else None

    def check_disk(self) -> None:
        """Whether there is disk enough for more files. Raises Unavailable."""
        if self._free_disk() < self._admission.min_free_disk:
            raise Unavailable("the disk is almost full", retry_after=_RETRY_FULL_DISK)


def new_task_id(request: VideoRequest) -> str:
    """A name nobody can guess: `task-`, the kind of work, 130 random bits."""
    return f"task-{request.task_kind}-{base62.draw(_RANDOM_CHARACTERS)}"
