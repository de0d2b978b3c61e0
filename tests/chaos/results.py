"""What an experiment found, as JSON: a list in which each experiment has one entry."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.chaos.catalogue import EXPERIMENTS, Experiment
from tests.chaos.verdict import Verdict
from tests.postgres_server import PostgresServer

RESULTS: Final = Path(__file__).with_name("RESULTS.json")


@dataclass(frozen=True)
class Result:
    name: str
    fault: str
    count: int
    """How often the fault was made."""
    tasks: int
    """How many tasks were acknowledged meanwhile."""
    lost: int
    doubled: int
    wrongly_charged: int
    corrupt: int
    orphans: int
    seconds: float
    simulated_hours: float
    """Of the injected clock, where there was one."""
    seed: int
    store: str
    machine: str


def result(
    experiment: Experiment, verdict: Verdict, *, seconds: float, seed: int, postgres: PostgresServer | None
) -> Result:
    return Result(
        name=experiment.name,
        fault=experiment.fault,
        count=verdict.count,
        tasks=verdict.tasks,
        lost=len(verdict.lost),
        doubled=len(verdict.doubled),
        wrongly_charged=len(verdict.wrongly_charged),
        corrupt=len(verdict.corrupt),
        orphans=len(verdict.orphans),
        seconds=round(seconds, 1),
        simulated_hours=round(verdict.hours, 1),
        seed=seed,
        store=_store(postgres),
        machine=_machine(),
    )


def keep(new: Result, place: Path = RESULTS) -> None:
    """Write a result in the place of the one before."""
    found = {entry["name"]: entry for entry in (json.loads(place.read_text()) if place.exists() else [])}
    found[new.name] = asdict(new)
    order = [experiment.name for experiment in EXPERIMENTS if experiment.name in found]
    place.write_text(json.dumps([found[name] for name in order], indent=2) + "\n")


def _store(postgres: PostgresServer | None) -> str:
    if postgres is None:
        return f"SQLite {sqlite3.sqlite_version}"
    return f"PostgreSQL {postgres.execute('SHOW server_version')[0][0].split()[0]}"


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
