from __future__ import annotations

import pytest

from omnireel.tasks.estimate import remaining, until_done


@pytest.mark.parametrize(
    ("progress", "elapsed", "typical", "seconds"),
    [
        (0.0, 3.0, None, None),
        (0.0, 3.0, 10.0, 7.0),
        (0.0, 30.0, 10.0, 0.0),
        (0.04, 1.0, None, None),
        (0.5, 6.0, None, 6.0),
        (0.5, 6.0, 100.0, 6.0),
        (1.0, 6.0, None, 0.0),
    ],
)
def test_a_running_task_goes_on_at_its_own_pace_or_the_usual_one(
    progress: float, elapsed: float, typical: float | None, seconds: float | None
) -> None:
    assert remaining(progress, elapsed, typical) == seconds


@pytest.mark.parametrize(
    ("position", "lanes", "typical", "seconds"),
    [(1, 1, None, None), (1, 0, 10.0, None), (1, 1, 10.0, 20.0), (4, 2, 10.0, 30.0)],
)
def test_a_waiting_task_waits_for_those_before_it(
    position: int, lanes: int, typical: float | None, seconds: float | None
) -> None:
    assert until_done(position, lanes, typical) == seconds
