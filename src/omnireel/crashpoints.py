"""Named places where a test may make the process die as if the power had gone.

`OMNIREEL_CRASH_POINT=name` kills the process with SIGKILL when it passes that place; `name:3` does on the
third pass. Unset, which is always so outside tests, a crash point costs one comparison.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from itertools import count
from typing import Final

VARIABLE: Final = "OMNIREEL_CRASH_POINT"

CRASH_POINTS: Final = (
    "mid_blob_put",
    "before_blob_rename",
    "after_blob_put",
    "before_submit_commit",
    "after_submit_commit",
    "after_claim",
    "after_start",
    "before_pay",
    "after_pay",
    "after_remember",
    "before_publish",
    "mid_publish",
    "after_publish",
    "before_finish",
    "mid_settle",
    "before_ending_commit",
    "after_finish",
    "before_delivery",
    "mid_delivery",
    "after_delivery",
    "mid_janitor",
    "mid_upload",
    "mid_credit",
    "mid_migration",
)
"""Every place there is, in the order a task meets them; then those that are about no task."""


@dataclass(frozen=True)
class Armed:
    """The one place where this process is to die, and on which pass."""

    name: str
    nth: int = 1


def parse(text: str) -> Armed:
    """Read `name[:n]`. Raises ValueError for a place nobody passes."""
    name, _, nth = text.partition(":")
    if name not in CRASH_POINTS:
        raise ValueError(f"{VARIABLE} must name one of {', '.join(CRASH_POINTS)}, got {name!r}")
    return Armed(name, int(nth or 1))


_armed: Armed | None = None
_passes = count(1)


def arm(text: str) -> None:
    """Arm this process as the variable would; empty text disarms it."""
    global _armed, _passes
    _armed, _passes = parse(text) if text else None, count(1)


def crash_point(name: str) -> None:
    """Die here if this is the place and the pass that was armed."""
    if _armed is not None and _armed.name == name and next(_passes) == _armed.nth:
        os.kill(os.getpid(), signal.SIGKILL)


def crash_variable() -> dict[str, str]:
    """What has a process that this one starts die where this one is to."""
    return {name: value for name, value in os.environ.items() if name == VARIABLE}


arm(os.environ.get(VARIABLE, ""))
