"""Whether the queue has room, without counting it for every submit."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

_KEPT_SECONDS: Final = 1.0
_SHARE: Final = 8
"""So many processes may each admit their part of what was free before the queue is longer than it may be."""


class Room:
    """A queue of at most so many. Any thread may ask.

    A count is good for a second, and for an eighth of the room that it found: a queue that is almost full
    is counted every time, so that what is refused is refused by what is there now.
    """

    def __init__(
        self, waiting: Callable[[], int], most: int, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._waiting = waiting
        self._most = most
        self._now = now
        self._asking = Lock()
        self._left = 0
        self._good_until = float("-inf")

    def take(self) -> bool:
        """Whether one more may wait."""
        with self._asking:
            if self._left > 0 and self._now() < self._good_until:
                self._left -= 1
                return True
        # Not under the lock: a database that is away is waited for.
        free = self._most - self._waiting()
        with self._asking:
            self._left = free // _SHARE - 1
            self._good_until = self._now() + _KEPT_SECONDS
        return free > 0
