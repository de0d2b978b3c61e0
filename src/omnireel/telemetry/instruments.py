"""What a room tells with, in one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from omnireel.telemetry.metrics import Metrics
from omnireel.telemetry.tracing import Tracer


@dataclass(frozen=True)
class Instruments:
    """Fresh ones count for nobody and trace nothing."""

    metrics: Metrics = field(default_factory=Metrics)
    tracer: Tracer = field(default_factory=Tracer)
