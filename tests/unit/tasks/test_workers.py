from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from omnireel.clock import ManualClock
from omnireel.tasks.workers import Crew, Workers

LATELY = timedelta(seconds=30)


def test_a_worker_counts_while_it_reports_and_until_it_leaves(engine: Engine, clock: ManualClock) -> None:
    workers = Workers(engine, clock=clock)
    assert workers.crew(LATELY) == Crew(0, 0)

    workers.report("a", 2)
    clock.advance(seconds=20)
    workers.report("b", 3)
    assert workers.crew(LATELY) == Crew(2, 5)
    clock.advance(seconds=20)
    assert workers.crew(LATELY) == Crew(1, 3)
    workers.report("a", 4)
    assert workers.crew(LATELY) == Crew(2, 7)
    workers.leave("b")
    assert workers.crew(LATELY) == Crew(1, 4)


def test_workers_not_heard_of_for_a_day_are_forgotten(engine: Engine, clock: ManualClock) -> None:
    workers = Workers(engine, clock=clock)
    workers.report("old", 1)
    clock.advance(seconds=86_000)
    workers.report("new", 1)
    assert workers.sweep() == 0
    clock.advance(seconds=500)
    assert (workers.sweep(), workers.sweep()) == (1, 0)
    assert workers.crew(timedelta(days=3)) == Crew(1, 1)


def test_the_databases_own_clock_serves_when_none_is_given(engine: Engine) -> None:
    workers = Workers(engine)
    workers.report("a", 1)
    assert workers.crew(LATELY) == Crew(1, 1)
