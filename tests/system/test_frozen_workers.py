"""A worker that is not killed but stands still, and goes on when its task is another's."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chaos.judge import judge
from tests.chaos.nursery import Nursery
from tests.chaos.places import LEASE, TEAM
from tests.chaos.world import World, until

pytestmark = [pytest.mark.system, pytest.mark.slow]

BIG = 20_000_000
"""Bytes of a clip that takes a while to store."""


@pytest.fixture
def world(tmp_path: Path, nursery: Nursery) -> Iterator[World]:
    world = World(tmp_path / "world", nursery)
    yield world
    world.close()


def test_a_worker_stopped_past_its_lease_has_its_result_refused(world: World) -> None:
    for n in range(4):
        world.submit(1)
        stalled = world.start("worker", seconds=3 * LEASE.total_seconds())
        until(lambda: world.count("SELECT count(*) FROM task WHERE status = 'processing'") == 1, "claim")
        assert _freeze(world, stalled, tries=50)
        time.sleep(1.2 * LEASE.total_seconds())
        world.finish_everything()
        before = world.store.get(TEAM, world.ids()[n])
        assert before.attempt == 2
        _thaw(world, stalled)
        assert world.store.get(TEAM, world.ids()[n]) == before
    assert judge(world).faults == []


def test_a_worker_stopped_while_publishing_leaves_the_newer_result_alone(world: World) -> None:
    refused = 0
    for n in range(25):
        world.submit(1)
        stalled = world.start("worker", padding=BIG)
        # The moment may be missed; then this round does not count.
        until(lambda: world.publishing() or world.live() == 0, "a clip on its way into storage")
        frozen = _freeze(world, stalled, tries=1)
        time.sleep(1.2 * LEASE.total_seconds())
        world.finish_everything()
        before = world.store.get(TEAM, world.ids()[n])
        refused += frozen and before.attempt == 2
        _thaw(world, stalled)
        assert world.store.get(TEAM, world.ids()[n]) == before
        if refused == 3:
            break
    assert refused == 3
    assert judge(world).faults == []


def _freeze(world: World, pid: int, *, tries: int) -> bool:
    """Stop a worker, but not inside a write: frozen there it would hold the database's only write lock."""
    for _ in range(tries):
        os.kill(pid, signal.SIGSTOP)
        if world.writable():
            return True
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.01)
    return False


def _thaw(world: World, pid: int) -> None:
    """Let a worker go on, long enough to do what it should not, and end it."""
    os.kill(pid, signal.SIGCONT)
    time.sleep(LEASE.total_seconds())
    world.end(pid)
