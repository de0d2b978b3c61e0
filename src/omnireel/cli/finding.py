"""What `omnireel doctor` says: one finding per look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing is broken."""
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What one look found, and what to do about it."""

    check: str
    state: State
    detail: str


def guarded(check: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a look finds; a part that cannot even be loaded, or raises an error of ours, is a finding too."""
    from omnireel.errors import OmnireelError

    try:
        yield from look()
    except (OmnireelError, ImportError, OSError) as error:
        yield Finding(check, State.BAD, str(error))
