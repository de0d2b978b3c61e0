"""The simulated fleet of benchmarks/fleet.py does what a fleet does."""

from __future__ import annotations

import pytest
from benchmarks.fleet import Fleet, Simulation


def test_every_task_is_taken_and_ended_and_none_waits_long() -> None:
    found = Simulation(Fleet(processes=100, slots=1, per_day=100_000)).run(120.0)
    tasks = found.rates["submit"] * 120
    assert tasks == pytest.approx(100_000 / 86_400 * 120, rel=0.3)
    assert found.rates["claim"] == pytest.approx(found.rates["submit"], rel=0.05)
    assert found.waiting <= 1
    assert max(found.waited) < 0.2


def test_running_tasks_are_watched_and_renewed_as_often_as_the_rhythm_says() -> None:
    found = Simulation(Fleet(processes=100, slots=1, per_day=100_000)).run(240.0)
    running = found.rates["submit"] * 60
    assert found.rates["watch"] == pytest.approx(4 * running, rel=0.2)
    assert found.rates["renew"] == pytest.approx(running, rel=0.2)


def test_many_slots_in_a_process_are_watched_by_one_look() -> None:
    single, shared = (Simulation(Fleet(100 // slots, slots, 100_000)).run(60.0) for slots in (1, 10))
    assert shared.rates["watch"] < single.rates["watch"] / 3


def test_too_few_workers_fall_behind() -> None:
    found = Simulation(Fleet(processes=30, slots=1, per_day=100_000)).run(120.0)
    assert found.waiting > 50


def test_idle_workers_do_not_all_look_at_every_ring() -> None:
    found = Simulation(Fleet(processes=1000, slots=1, per_day=1_000_000)).run(10.0, settle=120.0)
    idle = 1000 - found.rates["submit"] * 60
    assert found.rates["look"] < 4 * idle
    assert max(found.waited) < 0.5
