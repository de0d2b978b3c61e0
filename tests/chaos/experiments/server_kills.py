"""The server killed at random under callers that submit, upload, cancel and repeat themselves."""

from __future__ import annotations

import random
import time

from tests.chaos.callers import Callers, answers, free_port
from tests.chaos.experiments.worker_kills import settled
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground, until

LIFE = 0.5
"""Most seconds a server lives once it answers."""
START = 0.4
"""Most seconds a server lives that is killed while it starts; one in five is."""


def run(ground: Ground, count: int, seed: int) -> Verdict:
    dice = random.Random(seed)
    port = free_port(dice)
    with ground.world() as world:
        worker = world.start("worker")
        with Callers(world, port, seed=seed):
            for n in range(count):
                # Every other one works on tasks itself, in child processes.
                server = world.start("server", port=port, workers=n % 2)
                if dice.random() < 0.2:
                    time.sleep(dice.uniform(0.0, START))
                else:
                    until(lambda: answers(port), "the server to answer")
                    time.sleep(dice.uniform(0.0, LIFE))
                world.kill(server)
            server = world.start("server", port=port)
            until(lambda: answers(port), "the server to answer")
            time.sleep(LIFE)
        world.end(server)
        world.end(worker)
        return settled(world, count)
