"""Couriers killed at random, half of the time while a receiver holds what they brought."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping

from tests.chaos.experiments.worker_kills import settled
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground, World, until
from tests.receiver import Received, ok

LIFE = 0.2
"""Most seconds a courier lives."""
HOLD = 0.05
"""Most seconds a receiver takes to answer."""
REFUSED = 0.1
"""How likely a receiver says "not now" to what it sees for the first time."""


def run(ground: Ground, count: int, seed: int) -> Verdict:
    dice = random.Random(seed)
    with ground.world() as world:
        assert world.receiver is not None
        world.receiver.say = _moody(random.Random(f"{seed}/receiver"))
        submitter, worker = world.start("submitter", pause=0.02), world.start("worker")
        for _ in range(count):
            courier = world.start("courier")
            if dice.random() < 0.5:
                _wait_for_one(world)
                time.sleep(dice.uniform(0.0, HOLD))
            else:
                time.sleep(dice.uniform(0.0, LIFE))
            world.kill(courier)
        world.kill(submitter)
        # Asked to wait now, what was tried before would wait for hours.
        world.receiver.say = ok
        world.end(worker)
        verdict = settled(world, count)
        assert _redelivered(world) > 0, "no kill hit a delivery"
        return verdict


def _moody(dice: random.Random) -> Callable[[Received], tuple[int, Mapping[str, str]]]:
    """A receiver that takes its time, and now and then wants to be asked again."""
    known: set[str] = set()

    def say(came: Received) -> tuple[int, Mapping[str, str]]:
        time.sleep(dice.uniform(0.0, HOLD))
        first = came.headers["webhook-id"] not in known
        known.add(came.headers["webhook-id"])
        return (503 if first and dice.random() < REFUSED else 204), {}

    return say


def _wait_for_one(world: World) -> None:
    assert world.receiver is not None
    received = world.receiver.received
    before = len(received)
    until(lambda: len(received) > before, "a webhook to come")


def _redelivered(world: World) -> int:
    """How many webhooks came more than once."""
    assert world.receiver is not None
    times = Counter(came.headers["webhook-id"] for came in world.receiver.received)
    return sum(n > 1 for n in times.values())
