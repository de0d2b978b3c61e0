"""Numbers that are true for all processes at once, because the database has them: for Prometheus.

What may be many is counted from an index alone, all in one transaction, and remembered for some seconds, so
that many scrapers cost no more than one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from omnireel.models import TaskStatus
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.database import reading
from omnireel.tasks.dialect import DatabaseNow
from omnireel.tasks.tables import PENDING, PROCESSING, SUCCEEDED, UNDELIVERED, task, webhook_delivery
from omnireel.tasks.workers import Crew, crew

RECENT: Final = timedelta(minutes=5)
REMEMBERED: Final = 5.0
"""Seconds for which numbers are not counted anew."""

_MOST_WEBHOOKS: Final = 100_000


@dataclass(frozen=True)
class QueueState:
    """The queue at one moment. Times are seconds."""

    going: Mapping[tuple[str, str], int]
    """Tasks that have not ended, by model and status."""
    oldest: float
    """How long the oldest pending task has been there; 0 when there is none."""
    ended: Mapping[tuple[str, str], int]
    """Tasks that ended within `RECENT`, by model and outcome."""
    last_success: float | None
    """Unix seconds."""
    webhooks: int
    crew: Crew


def queue_state(connection: Connection, now: ColumnElement[float], heard: timedelta) -> QueueState:
    """Count everything; a worker counts when it was heard of within `heard`."""
    of = task.c
    each = select(of.model, of.status, func.count(), func.min(of.created_at)).group_by(of.model, of.status)
    ended = (
        select(of.model, of.status, func.count())
        .where(of.completed_at > now - RECENT.total_seconds())
        .group_by(of.model, of.status)
    )
    done = select(of.completed_at).where(of.completed_at.is_not(None), SUCCEEDED)
    latest = done.order_by(of.completed_at.desc()).limit(1)
    some = select(webhook_delivery.c.seq).where(UNDELIVERED).limit(_MOST_WEBHOOKS).subquery()
    rows = [row for which in (PENDING, PROCESSING) for row in connection.execute(each.where(which))]
    first = min((row[3] for row in rows if row[1] == TaskStatus.PENDING), default=None)
    moment = connection.execute(select(now)).scalar_one()
    return QueueState(
        going={(row[0], row[1]): row[2] for row in rows},
        oldest=0.0 if first is None else max(0.0, moment - first),
        ended={(row[0], row[1]): row[2] for row in connection.execute(ended)},
        last_success=connection.execute(latest).scalar(),
        webhooks=connection.execute(select(func.count()).select_from(some)).scalar_one(),
        crew=crew(connection, now - heard.total_seconds()),
    )


class QueueLook:
    """Counts the queue when asked, at most once in `REMEMBERED`. Any thread may ask.

    A worker counts when it was heard of within `heard`; `clock` is in seconds that never go back.
    """

    def __init__(
        self, engine: Engine, *, heard: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._heard = heard
        self._clock = clock
        self._lock = Lock()
        self._state: QueueState | None = None
        self._fresh_until = float("-inf")

    def latest(self) -> QueueState | None:
        """None while the database cannot be read."""
        with self._lock:
            if self._clock() >= self._fresh_until:
                self._state = self._count()
                self._fresh_until = self._clock() + REMEMBERED
            return self._state

    def _count(self) -> QueueState | None:
        try:
            with reading(self._engine) as connection:
                return queue_state(connection, DatabaseNow(), self._heard)
        except (DatabaseAway, SQLAlchemyError):
            return None


class StoreGauges(Collector):
    """Reads the database when scraped. `free_disk` is in bytes, `clock` in seconds that never go back."""

    def __init__(
        self,
        engine: Engine,
        *,
        heard: timedelta,
        free_disk: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free_disk = free_disk
        self._look = QueueLook(engine, heard=heard, clock=clock)

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        state = self._look.latest()
        yield _one("omnireel_database_up", "Whether the database could be read.", float(state is not None))
        yield _one("omnireel_disk_free_bytes", "Free where results are kept.", float(self._free_disk()))
        if state is not None:
            yield from _families(state)


def _families(state: QueueState) -> Iterator[Metric]:
    depth = GaugeMetricFamily("omnireel_queue_depth", "Tasks that wait.", labels=["model"])
    running = GaugeMetricFamily("omnireel_tasks_running", "Tasks being worked on.", labels=["model"])
    for (model, status), count in state.going.items():
        (depth if status == TaskStatus.PENDING else running).add_metric([model], count)
    recent = GaugeMetricFamily(
        "omnireel_tasks_finished_recently",
        "Tasks that ended in the last five minutes, whichever process wrote it.",
        labels=["model", "outcome"],
    )
    for labels, count in state.ended.items():
        recent.add_metric(labels, count)
    yield from (depth, running, recent)
    yield _one("omnireel_queue_oldest_seconds", "Age of the oldest task that waits.", state.oldest)
    yield _one("omnireel_webhook_queue_depth", "Webhooks that are still to be tried.", state.webhooks)
    yield _one("omnireel_workers", "Worker processes that have reported lately.", state.crew.workers)
    yield _one("omnireel_worker_slots", "Tasks they may run at once, together.", state.crew.slots)
    if state.last_success is not None:
        told = "When a task last ended well, among those that are kept."
        yield _one("omnireel_last_success_timestamp_seconds", told, state.last_success)


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)
