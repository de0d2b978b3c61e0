"""Every process killed at every named place, on one pass after the other."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

from sqlalchemy import text
from tests.chaos.callers import Callers, answers, free_port
from tests.chaos.experiments.worker_kills import settled
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground, World, until

from omnireel.crashpoints import CRASH_POINTS
from omnireel.tasks.database import open_database

WORKER = (
    "after_claim", "after_start", "before_publish", "mid_blob_put", "before_blob_rename", "after_blob_put",
    "mid_publish", "after_publish", "before_finish", "mid_settle", "before_ending_commit", "after_finish",
)  # fmt: skip
SUBMITTER = (
    "mid_blob_put",
    "before_blob_rename",
    "after_blob_put",
    "before_submit_commit",
    "after_submit_commit",
)
COURIER = ("before_delivery", "mid_delivery", "after_delivery")
PAYER = ("before_pay", "after_pay", "after_remember")
"""Passed by children of workers that order from an upstream, which no world here has.

See tests/service/test_payer_kills.py.
"""
OTHERS = ("mid_upload", "mid_credit", "mid_janitor", "mid_migration")
PASSES = 3
PATIENCE = 60.0


def run(ground: Ground, count: int, seed: int) -> Verdict:
    """`count` deaths at each name, and as many for each further role that passes it."""
    assert {*WORKER, *SUBMITTER, *COURIER, *PAYER, *OTHERS} == set(CRASH_POINTS)
    verdict = Verdict()
    with ground.world("tasks") as world, ThreadPoolExecutor() as pool:
        lanes = [
            pool.submit(_kill_workers, world, count),
            pool.submit(_kill_couriers, world, count),
            pool.submit(_kill_submitters, world, count, seed),
        ]
        for lane in lanes:
            lane.result()
        verdict += settled(world, count * (len(WORKER) + len(SUBMITTER) + len(COURIER) + len(OTHERS)))
    with ground.world("expired") as world:
        verdict.orphans += _expire(world, count)
    with ground.world("new") as world:
        verdict.corrupt += _migrate(world, count)
    return verdict


def _kill_workers(world: World, count: int) -> None:
    for n in range(count):
        for point in WORKER:
            died(world, world.start("worker", nth(point, n)), lambda: _feed(world))


def _kill_couriers(world: World, count: int) -> None:
    """Somebody must end the tasks that they are to tell of."""
    worker = world.start("worker")
    for n in range(count):
        for point in COURIER:
            died(world, world.start("courier", nth(point, n)), lambda: _feed(world))
    world.end(worker)


def _kill_submitters(world: World, count: int, seed: int) -> None:
    for n in range(count):
        for point in SUBMITTER:
            died(world, world.start("submitter", nth(point, n)), nothing)
        _kill_treasurer(world, n)
    _kill_servers(world, count, seed)


def nth(point: str, n: int) -> str:
    return f"{point}:{1 + n % PASSES}"


def nothing() -> None:
    """Some processes need nothing from us to come to their crash point."""


def _feed(world: World) -> None:
    if world.store.waiting() == 0:
        world.submit(1)


def died(world: World, pid: int, feed: Callable[[], None]) -> None:
    """Wait until a process is dead by its crash point, and give it what it needs to come there."""
    deadline = time.monotonic() + PATIENCE
    while (code := world.nursery.ended(pid)) is None:
        assert time.monotonic() < deadline, "a process never came to its crash point"
        feed()
        time.sleep(0.01)
    world.forget(pid)
    assert code == -signal.SIGKILL, code


def _kill_treasurer(world: World, n: int) -> None:
    """The reference at which one died is where the next begins."""
    done = world.count("SELECT count(*) FROM ledger_transaction WHERE name LIKE 'credit/%/cent-%'")
    died(world, world.start("treasurer", nth("mid_credit", n), **{"from": done}), nothing)


def _kill_servers(world: World, count: int, seed: int) -> None:
    dice = Random(seed)
    port = free_port(dice)
    with Callers(world, port, seed=seed, threads=1, uploads=1.0):
        for n in range(count):
            died(world, world.start("server", nth("mid_upload", n), port=port), nothing)
        server = world.start("server", port=port)
        until(lambda: answers(port), "the server to answer")
    world.end(server)


def _expire(world: World, count: int) -> list[str]:
    """Tasks whose time is over, swept by janitors that die between their files and their rows."""
    world.submit(2)
    world.finish_everything()
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE task SET expires_at = 1"))
    for _ in range(count):
        died(world, world.start("janitor", "mid_janitor"), nothing)
        if world.count("SELECT count(*) FROM task") != 2:
            return ["a janitor took a task's row away before all its files were known to be gone"]
    assert world.wait(world.start("janitor")) == 0
    left = [*world.ids(), *(info.key for info in world.places.blobs().list(""))]
    return [f"{what} outlived its time" for what in left]


def _migrate(world: World, count: int) -> list[str]:
    """A new file whose tables are made by processes that die in between, and at last by us."""
    for n in range(count):
        died(world, world.start("migrator", nth("mid_migration", n)), nothing)
    engine = open_database(world.places.root / "new.db")
    with engine.connect() as connection:
        found = connection.execute(text("PRAGMA integrity_check")).scalar_one()
    engine.dispose()
    return [] if found == "ok" else [f"a new database is broken: {found}"]
