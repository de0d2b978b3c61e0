"""Nothing acknowledged is lost, doubled, wrongly charged, broken or left lying about. See README.md."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.chaos.catalogue import EXPERIMENTS, Experiment
from tests.chaos.nursery import Nursery
from tests.chaos.results import keep, result
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.system

HOURS = 3600.0
QUICK = [experiment for experiment in EXPERIMENTS if experiment.quick]


@pytest.fixture
def postgres(request: pytest.FixtureRequest, experiment: Experiment) -> PostgresServer | None:
    """One that may be killed, for the experiments that want it."""
    if experiment.store != "postgresql":
        return None
    server: PostgresServer = request.getfixturevalue("durable_postgres")
    return server


@pytest.mark.slow
@pytest.mark.parametrize("experiment", QUICK, ids=lambda experiment: experiment.name)
def test_promises_are_kept_through_some(
    experiment: Experiment, nursery: Nursery, postgres: PostgresServer | None, tmp_path: Path
) -> None:
    verdict = experiment.run(Ground(tmp_path, nursery, postgres), experiment.quick, 1)
    assert verdict.faults == []
    assert verdict.count >= experiment.quick
    assert verdict.tasks > 0


@pytest.mark.chaos
@pytest.mark.timeout(4 * HOURS)
@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
def test_promises_are_kept_through_very_many(
    experiment: Experiment,
    nursery: Nursery,
    postgres: PostgresServer | None,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    """Writes down what it found, also when that is bad."""
    scale, seed = pytestconfig.getoption("--scale"), pytestconfig.getoption("--chaos-seed")
    began = time.monotonic()
    verdict: Verdict = experiment.run(Ground(tmp_path, nursery, postgres), experiment.scaled(scale), seed)
    seconds = time.monotonic() - began
    keep(result(experiment, verdict, seconds=seconds, seed=seed, postgres=postgres))
    assert verdict.faults == []
    assert verdict.count >= experiment.scaled(scale)
