"""When others must hold back for one who waits."""

from __future__ import annotations

from omnireel.execution.cluster.messages import Shape
from omnireel.execution.cluster.waiting import PATIENCE_SECONDS, Waiting

USUAL = Shape(cpus=1.0, memory=0)
BIG = Shape(cpus=4.0, memory=0)
NODES = [{"CPU": 2.0}, {"CPU": 4.0}]


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_who_needs_much_is_waited_for_after_a_while() -> None:
    clock = Clock()
    waiting = Waiting(USUAL, clock)
    with waiting.here(BIG):
        assert not waiting.overtaken(NODES)
        clock.time += PATIENCE_SECONDS + 1
        assert waiting.overtaken(NODES)
    assert not waiting.overtaken(NODES)


def test_who_fits_nowhere_holds_up_nobody() -> None:
    clock = Clock()
    waiting = Waiting(USUAL, clock)
    with waiting.here(BIG):
        clock.time += PATIENCE_SECONDS + 1
        assert not waiting.overtaken(NODES[:1])
        assert not waiting.overtaken([])


def test_who_waits_with_the_usual_shape_is_overtaken_by_nobody() -> None:
    clock = Clock()
    waiting = Waiting(USUAL, clock)
    with waiting.here(USUAL), waiting.here(USUAL):
        clock.time += PATIENCE_SECONDS + 1
        assert not waiting.overtaken(NODES)
