"""What is told of one attempt: its spans, its numbers, and whose its log lines are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from structlog.contextvars import bound_contextvars

from omnireel.errors import (
    DeadlineExceeded,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    FetchFailed,
    InvalidMedia,
    OutcomeUnknown,
    WorkerLost,
)
from omnireel.execution.base import Stage
from omnireel.tasks.store import Claim
from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.tracing import Kind, under

_REASONS: Final = frozenset(
    error.type
    for error in (
        DeadlineExceeded,
        EngineFailed,
        EngineLost,
        EngineUnavailable,
        FetchFailed,
        InvalidMedia,
        OutcomeUnknown,
        WorkerLost,
    )
) | {"timeout"}
_PHASES: Final = frozenset({"fetch", "render"})
_GOOD: Final = frozenset({"succeeded", "stopped", "released", "canceled", "rerouted"})


class Account:
    """From a claim to what became of it. The child has no network, so its spans are made here."""

    def __init__(self, claim: Claim, instruments: Instruments) -> None:
        self._claim = claim
        self._metrics, self._tracer = instruments.metrics, instruments.tracer
        self._model = claim.request.model
        if claim.attempt == 1:
            self._waited()
        else:
            self._metrics.repeated.inc()
        self._span = self._tracer.begin(
            "attempt",
            parent=claim.trace,
            kind=Kind.CONSUMER,
            facts={
                "omnireel.task": claim.task_id,
                "omnireel.attempt": claim.attempt,
                "omnireel.engine": claim.engine,
            },
        )

    @property
    def trace(self) -> str:
        """The context of the attempt's work."""
        return self._span.context

    @contextmanager
    def told(self) -> Iterator[None]:
        """A block whose log lines and spans belong to the attempt."""
        claim = self._claim
        facts = {"task": claim.task_id, "attempt": claim.attempt, "team": claim.team}
        with under(self.trace), bound_contextvars(**facts, request_id=claim.request_id):
            yield

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """The block in which the result is stored."""
        began = time.monotonic()
        with self._tracer.span("publish", parent=self.trace):
            yield
        self._metrics.run_seconds.labels(self._model, "publish").observe(time.monotonic() - began)

    def close(self, how: str, stages: Sequence[Stage], *, reason: str = "") -> None:
        """It is over. `reason` is the type of a failure."""
        reason = reason if reason in _REASONS or not reason else "other"
        outcome = how.replace(" ", "_")
        self._metrics.attempts.labels(self._claim.engine, outcome, reason).inc()
        self._tell(stages)
        self._span.tell({"omnireel.outcome": outcome})
        self._span.end(error="" if how in _GOOD else reason or outcome)

    def _waited(self) -> None:
        began, ended = self._claim.submitted_at, self._claim.claimed_at
        self._metrics.queue_wait.labels(self._model).observe(max(0.0, ended - began))
        self._tracer.record("queue wait", began, ended, parent=self._claim.trace)

    def _tell(self, stages: Sequence[Stage]) -> None:
        phases: dict[str, str] = {}
        for stage in stages:
            if not stage.of:
                phases[stage.name] = self._tracer.record(
                    stage.name, stage.began, stage.ended, parent=self.trace
                )
                if stage.name in _PHASES:
                    took = self._metrics.run_seconds.labels(self._model, stage.name)
                    took.observe(stage.ended - stage.began)
        for stage in stages:
            if stage.of:
                parent = phases.get(stage.of, self.trace)
                self._tracer.record(stage.name, stage.began, stage.ended, parent=parent)
