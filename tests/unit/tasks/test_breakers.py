from __future__ import annotations

from dataclasses import dataclass

from omnireel.tasks.breakers import Breakers


@dataclass
class Hour:
    """A clock that the test moves."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


def broken(hour: Hour) -> Breakers:
    breakers = Breakers(threshold=3, pause=30, longest=100, now=hour)
    for _ in range(3):
        assert breakers.objection("far") is None
        breakers.failed("far", "nobody answers")
    return breakers


def test_only_failures_in_a_row_count() -> None:
    breakers = Breakers(threshold=3, now=Hour())
    for _ in range(5):
        breakers.failed("far", "nobody answers")
        breakers.failed("far", "nobody answers")
        breakers.succeeded("far")
    assert breakers.objection("far") is None


def test_after_three_it_is_left_alone_and_others_are_not() -> None:
    breakers = broken(Hour())
    assert breakers.objection("far") == "left alone for 30 s after 3 failures, the last: nobody answers"
    assert breakers.objection("near") is None


def test_then_it_gets_one_attempt_which_decides() -> None:
    hour = Hour()
    breakers = broken(hour)
    hour.seconds += 30
    assert breakers.objection("far") is None
    assert breakers.objection("far") is not None
    breakers.succeeded("far")
    assert breakers.objection("far") is None


def test_an_attempt_of_which_nothing_is_heard_does_not_keep_it_shut() -> None:
    hour = Hour()
    breakers = broken(hour)
    hour.seconds += 30
    assert breakers.objection("far") is None
    hour.seconds += 30
    assert breakers.objection("far") is None


def test_pauses_double_and_have_an_end() -> None:
    hour = Hour()
    breakers = broken(hour)
    for pause in (60, 100, 100):
        hour.seconds += 100
        assert breakers.objection("far") is None
        breakers.failed("far", "nobody answers")
        hour.seconds += pause - 1
        assert breakers.objection("far") is not None
        hour.seconds += 1
