"""Workers, submitters and attempts' children killed at random, milliseconds apart."""

from __future__ import annotations

import random
import time
from contextlib import suppress

import psutil
from tests.chaos.judge import judge
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground, World

PAUSE = 0.12
"""Most seconds between two kills."""
CHILD_EVERY = 30
"""Workers with child processes live longer: a child takes a while to start."""
SUBMITTER_EVERY = 20
ATTEMPT_EVERY = 7


def run(ground: Ground, count: int, seed: int) -> Verdict:
    dice = random.Random(seed)
    with ground.world() as world:
        start = world.start
        workers = [start("worker"), start("worker")]
        child_worker, submitter = start("child_worker"), start("submitter", pause=0.02)
        for n in range(1, count + 1):
            time.sleep(dice.uniform(0.0, PAUSE))
            if n % ATTEMPT_EVERY == 0:
                _kill_attempt(child_worker, dice)
            if n % SUBMITTER_EVERY == 0:
                world.kill(submitter)
                submitter = start("submitter", pause=0.02)
            if n % CHILD_EVERY == 0:
                world.kill(child_worker)
                child_worker = start("child_worker")
            else:
                victim = dice.randrange(len(workers))
                world.kill(workers[victim])
                workers[victim] = start("worker")
        world.kill(submitter)
        for pid in (*workers, child_worker):
            world.end(pid)
        return settled(world, count)


def settled(world: World, count: int) -> Verdict:
    """What became of a world's promises after so many faults."""
    world.finish_everything()
    verdict = judge(world)
    verdict.count = count
    return verdict


def _kill_attempt(worker: int, dice: random.Random) -> None:
    with suppress(psutil.NoSuchProcess):
        if children := psutil.Process(worker).children(recursive=True):
            dice.choice(children).kill()
