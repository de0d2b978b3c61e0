"""The numbers that this process counts, as Prometheus wants them: base units, few labels, no ids.

What is true for all processes at once, the queue above all, is read from the database: `tasks.gauges`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

_QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
_SLOW: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1800.0)
_LATE: Final = (0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 1800.0, 7200.0, 36_000.0, 259_200.0)

# A second series with each counter's birthday would double what is scraped and is asked for by nobody.
_spare_birthdays: Callable[[], None] = disable_created_metrics
_spare_birthdays()


class Metrics:
    """One process's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        build = Info("omnireel_build", "The version that runs.", registry=self.registry)
        build.info({"version": version("omnireel")})
        self._api()
        self._work()
        self._webhooks()

    def _api(self) -> None:
        self.requests = Counter(
            "omnireel_http_requests",
            "HTTP requests answered; `route` is the template, never the path.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "omnireel_http_request_seconds",
            "From a request's headers to the end of its answer; long polls and streams included.",
            ["method", "route"],
            buckets=_QUICK,
            registry=self.registry,
        )
        self.submitted = Counter(
            "omnireel_tasks_submitted", "Tasks recorded.", ["model"], registry=self.registry
        )

    def _work(self) -> None:
        self.finished = Counter(
            "omnireel_tasks_finished",
            "Tasks that this process wrote the ending of: success, failed or canceled.",
            ["model", "outcome"],
            registry=self.registry,
        )
        self.queue_wait = Histogram(
            "omnireel_queue_wait_seconds",
            "From a submit to the first claim.",
            ["model"],
            buckets=_SLOW,
            registry=self.registry,
        )
        self.run_seconds = Histogram(
            "omnireel_task_run_seconds",
            "How long the stages of attempts took: fetch, render, publish.",
            ["model", "stage"],
            buckets=_SLOW,
            registry=self.registry,
        )
        self.attempts = Counter(
            "omnireel_attempts_ended",
            "Attempts over, by how; `reason` is the type of a failure.",
            ["engine", "outcome", "reason"],
            registry=self.registry,
        )
        self.repeated = Counter(
            "omnireel_attempts_repeated",
            "Attempts begun at tasks that had one before: it was lost, or its worker died.",
            registry=self.registry,
        )
        self.busy = Gauge(
            "omnireel_worker_busy_ratio",
            "Attempts that run, of those that this process may run at once.",
            registry=self.registry,
        )
        self.blob_bytes = Gauge(
            "omnireel_blob_bytes",
            "Bytes stored, by kind, as this process's janitor last counted them.",
            ["kind"],
            registry=self.registry,
        )

    def _webhooks(self) -> None:
        self.deliveries = Counter(
            "omnireel_webhook_deliveries",
            "Attempts at webhooks, by what the delivery is after them; `pending` is to be tried again.",
            ["outcome"],
            registry=self.registry,
        )
        self.delivery_delay = Histogram(
            "omnireel_webhook_delay_seconds",
            "From a task's end to its webhook's arrival; resends left out.",
            buckets=_LATE,
            registry=self.registry,
        )
