"""What a child says about how long the stages of its work took."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

from omnireel.execution.protocol import MAX_STAGES, AnyEvent, Staged

_NUMBER: Final = re.compile(r"[0-9]+")
_LONGEST_NAME: Final = 60


class Stages:
    """One stage after the other. Numbers in a name become `#`, so that few names are many stages."""

    def __init__(self, tell: Callable[[AnyEvent], None]) -> None:
        self._tell = tell
        self._name = ""
        self._began = self._since = 0.0
        self._told = 0

    def enter(self, name: str) -> None:
        """The stage before is over; this one begins, unless it goes on."""
        name = _NUMBER.sub("#", name)[:_LONGEST_NAME]
        if name != self._name:
            self.leave()
            self._name, self._began, self._since = name, time.time(), time.monotonic()

    def leave(self) -> None:
        """The stage before is over."""
        if self._name and self._told < MAX_STAGES:
            self._told += 1
            self._tell(Staged(self._name, self._began, time.monotonic() - self._since))
        self._name = ""
