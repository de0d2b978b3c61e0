"""Cancels that race what happens to their task: its claim, its work and its finish."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.chaos.experiments.worker_kills import settled
from tests.chaos.places import TEAM
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground, World

from omnireel.tasks.store import TaskStore

CALLERS = 4
LATEST = 0.12
"""Most seconds between a submit and its cancel: about what a task takes when nobody cancels it."""
BY_STATUS = "SELECT count(*) FROM task WHERE status = "


def run(ground: Ground, count: int, seed: int) -> Verdict:
    """`count` races on SQLite, or on PostgreSQL where there is one."""
    url = "" if ground.postgres is None else ground.postgres.new_database()
    with ground.world(url=url) as world:
        workers = [world.start("worker", seconds=LATEST / 4), world.start("worker")]
        with ThreadPoolExecutor(CALLERS) as pool:
            for _ in pool.map(lambda n: _race(world, Random(f"{seed}/{n}")), range(count)):
                pass
        for pid in workers:
            world.end(pid)
        verdict = settled(world, count)
        won = world.count(f"{BY_STATUS}'canceled'"), world.count(f"{BY_STATUS}'success'")
        assert min(won) > 0, f"no race at all: {won[0]} canceled, {won[1]} finished"
    if ground.postgres is not None:
        ground.postgres.drop(url)
    return verdict


def _race(world: World, dice: Random) -> None:
    [task_id] = world.submit(1)
    time.sleep(dice.uniform(0.0, LATEST))
    world.history.asked_to_cancel(task_id)
    _agreed(world.store, task_id)


def _agreed(store: TaskStore, task_id: str) -> None:
    """What a cancel answers is what stays, where it says that the task has ended."""
    answered = store.cancel(TEAM, task_id)
    if answered.status.terminal:
        assert store.get(TEAM, task_id).status is answered.status
