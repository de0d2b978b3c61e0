"""The queue against its model in plain Python, under random histories of days."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground
from tests.contracts.test_task_store_model import StoreAgainstModel, emptied
from tests.hasty_sqlite import hasty_sqlite

STEPS = 60


def run(ground: Ground, count: int, seed: int) -> Verdict:
    """`count` histories of up to 60 steps. Raises AssertionError for one that strays from the model."""
    engine = hasty_sqlite(ground.folder / "world" / "omnireel.db")
    verdict = Verdict()

    class OnSqlite(StoreAgainstModel):
        def open_empty(self) -> Engine:
            return emptied(engine)

        def teardown(self) -> None:
            if hasattr(self, "began"):
                verdict.count += 1
                verdict.tasks += len(self.model)
                verdict.hours += self.now / 3600

    run_state_machine_as_test(
        seeded(seed)(OnSqlite),
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    engine.dispose()
    return verdict
