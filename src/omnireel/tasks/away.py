"""A database that is away for a moment: what that is called, and what can be done twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from omnireel.errors import Unavailable

PATIENCE: Final = 3.0
"""Seconds that a caller is kept waiting for the database, in the hope that it comes back."""

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 0.5

Given = ParamSpec("Given")
Found = TypeVar("Found")


class DatabaseAway(Unavailable):
    """The database cannot be reached, or cannot do what was asked just now.

    What was being written may be there or not. The reason, for the operator, is the error's cause.
    """

    def __init__(self) -> None:
        super().__init__("the database is away; send the request again in a moment", retry_after=5)


def patiently(work: Callable[[], Found], patience: float = PATIENCE) -> Found:
    """Do something that may be done twice, again and again while the database is away.

    Raises DatabaseAway when it still is after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    for pause in _pauses():
        try:
            return work()
        except DatabaseAway:
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
    raise AssertionError("the pauses never end")


def repeatable(method: Callable[Given, Found]) -> Callable[Given, Found]:
    """For a method that may run twice: wait a little for a database that is away."""

    @wraps(method)
    def run(*given: Given.args, **named: Given.kwargs) -> Found:
        return patiently(lambda: method(*given, **named))

    return run


def _pauses() -> Iterator[float]:
    """Longer and longer, and spread out, so that many do not return together. Seconds."""
    pause = _FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.5)
        pause = min(2 * pause, _LONGEST_PAUSE)
