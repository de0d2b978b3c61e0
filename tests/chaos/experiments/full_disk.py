"""The disk full at one place after the other, and later not.

How a disk is made full without one of our own: the kernel refuses to let a process's files grow beyond so
many bytes (RLIMIT_FSIZE, error EFBIG), which stops writes of clips, inputs and the database's log in the
middle, as ENOSPC does; and SQLite is allowed only so many pages (`max_page_count`, SQLITE_FULL), which is
what it says when the disk is full. Limits are set from outside, on a server and a worker that run, and
lifted again: nothing is restarted.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from random import Random

from tests.chaos.callers import Callers, answers, free_port
from tests.chaos.experiments.crash_points import nothing
from tests.chaos.experiments.worker_kills import settled
from tests.chaos.verdict import Verdict
from tests.chaos.world import ENDED, Ground, World, until

FULL = 0.5
"""Seconds a disk stays full."""
CLIP = 6_000_000
"""Bytes of a clip. SQLite's log stays shorter, so that a limit may stop the one and not the other."""
GROWTH = 12
"""Pages, 4 KiB each."""
FREE = resource.RLIM_INFINITY


def run(ground: Ground, count: int, seed: int) -> Verdict:
    """`count` places in all, in turn: bytes for the server, bytes for the worker, pages for newcomers."""
    dice = Random(seed)
    port = free_port(dice)
    with ground.world() as world:
        server = world.start("server", port=port, quiet=True)
        worker = world.start("worker", padding=CLIP, quiet=True)
        until(lambda: answers(port), "the server to answer")
        with Callers(world, port, seed=seed, threads=2) as callers:
            for n in range(count):
                match n % 3:
                    case 0:
                        _fill(world, server, dice, lambda: _still_reads(callers))
                    case 1:
                        _fill(world, worker, dice, nothing)
                    case _:
                        _crowd(world, dice)
                _goes_on(world)
        for pid in (server, worker):
            world.end(pid)
        return settled(world, count)


def _fill(world: World, pid: int, dice: Random, meanwhile: Callable[[], None]) -> None:
    """Let no file of a process grow beyond a size: any at all, or a little more than the log has now."""
    log = world.places.root / "omnireel.db-wal"
    size = dice.choice((dice.randrange(CLIP), log.stat().st_size + dice.randrange(GROWTH * 4096)))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, FREE))
    time.sleep(FULL)
    meanwhile()
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (FREE, FREE))


def _crowd(world: World, dice: Random) -> None:
    """Newcomers that may make the database only a few pages larger."""
    pages = world.count("PRAGMA page_count") + dice.randrange(GROWTH)
    pids = [world.start(role, pages=pages, quiet=True, most=10**9) for role in ("worker", "submitter")]
    time.sleep(FULL)
    for pid in pids:
        world.kill(pid)


def _still_reads(callers: Callers) -> None:
    """What is there can be read while nothing can be written."""
    if (task_id := callers.last) is not None:
        assert callers.read(task_id) == 200


def _goes_on(world: World) -> None:
    """With room again, there are new receipts and new endings, and nobody had to do anything."""
    receipts, ended = len(world.history.answers), world.count(ENDED)
    until(lambda: len(world.history.answers) > receipts, "a receipt after the disk was full")
    until(lambda: world.count(ENDED) > ended, "an ending after the disk was full")
