"""PostgreSQL stopped or killed and started again, again and again, under a server, a worker and a courier."""

from __future__ import annotations

import time
from random import Random

from tests.chaos.callers import Callers, answers, free_port
from tests.chaos.experiments.worker_kills import settled
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground, until

AWAY = 2.0
"""Most seconds it is away."""
BACK = 2.0
"""Most seconds it stays."""


def run(ground: Ground, count: int, seed: int) -> Verdict:
    """`count` is the number of stops; with the pauses between them they take two minutes for 40."""
    dice, server = Random(seed), ground.postgres
    assert server is not None
    port = free_port(dice)
    url = server.new_database()
    with ground.world(url=url) as world:
        pids = [world.start("server", port=port, workers=1), world.start("worker"), world.start("submitter")]
        until(lambda: answers(port), "the server to answer")
        with Callers(world, port, seed=seed):
            for n in range(count):
                time.sleep(dice.uniform(0.0, BACK))
                (server.kill if n % 2 else server.stop)()
                time.sleep(dice.uniform(0.0, AWAY))
                server.start()
            time.sleep(1.0)
        world.kill(pids[2])
        for pid in pids[:2]:
            world.end(pid)
        verdict = settled(world, count)
    server.drop(url)
    return verdict
