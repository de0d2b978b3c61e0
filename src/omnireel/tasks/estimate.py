"""How long a task may still take, from what was measured and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Forecast:
    """How long tasks of a kind took, and where the next one would stand.

    `seconds` is the mean of the newest `samples` that succeeded, None when there are none; `position` is 1
    when nothing waits.
    """

    seconds: float | None
    samples: int
    position: int


# Below this the first report says more about start-up than about pace.
_ENOUGH_PROGRESS = 0.05


def remaining(progress: float, elapsed: float, typical: float | None) -> float | None:
    """Seconds left of a running attempt, or None when nothing is known.

    `progress` runs from 0 to 1; `elapsed` is seconds since it started; `typical` is the mean of recent tasks
    of its kind, seconds.
    """
    if progress >= _ENOUGH_PROGRESS:
        return elapsed * (1 - progress) / progress
    return None if typical is None else max(0.0, typical - elapsed)


def until_done(position: int, lanes: int, typical: float | None) -> float | None:
    """Seconds until a waiting task is done, or None when nothing is known.

    `position` is 1 for the next task, `lanes` how many tasks run at once now. One of them ends every
    `typical / lanes` seconds on average.
    """
    if typical is None or lanes == 0:
        return None
    return typical * position / lanes + typical
