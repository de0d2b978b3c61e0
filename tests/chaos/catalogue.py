"""Every experiment there is, with how often its fault is made in each tier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.chaos.experiments import (
    cancel_races,
    courier_kills,
    crash_points,
    full_disk,
    postgres_stops,
    queue_model,
    server_kills,
    wal_cuts,
    worker_kills,
)
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground


@dataclass(frozen=True)
class Experiment:
    """`run` takes what it may use, how often, and the seed of its dice."""

    name: str
    fault: str
    run: Callable[[Ground, int, int], Verdict]
    full: int
    quick: int
    """0 for one that the quick tier leaves to another test."""
    store: str = "sqlite"

    def scaled(self, scale: float) -> int:
        return max(1, round(self.full * scale))


_CANCEL: Final = "a cancel that races its task's end"

EXPERIMENTS: Final = (
    Experiment("worker_kills", "`kill -9` of a worker at a random moment", worker_kills.run, 1000, 40),
    Experiment("server_kills", "`kill -9` of the server under its callers", server_kills.run, 200, 6),
    Experiment("courier_kills", "`kill -9` of a courier of webhooks", courier_kills.run, 500, 10),
    Experiment("cancel_races", _CANCEL, cancel_races.run, 1000, 20),
    Experiment("cancel_races_postgresql", _CANCEL, cancel_races.run, 1000, 20, "postgresql"),
    # So often at each name, and for each kind of process that passes it.
    Experiment("crash_points", "`kill -9` at a named place in the code", crash_points.run, 25, 1),
    Experiment("wal_cuts", "SQLite's log cut off at any byte", wal_cuts.run, 2000, 50),
    Experiment("full_disk", "a full disk, at one place after the other", full_disk.run, 30, 6),
    # Three seconds each.
    Experiment("postgres_stops", "PostgreSQL stopped or killed", postgres_stops.run, 40, 2, "postgresql"),
    Experiment("queue_model", "a history of the queue, against its model", queue_model.run, 1000, 0),
)
