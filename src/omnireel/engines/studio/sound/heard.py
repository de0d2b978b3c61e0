"""What the picture tells the sound: who is in each shot, where, and when a foot touches the ground."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.models import Shot


@dataclass(frozen=True)
class Source:
    """Something in the picture that can be heard. `pan` runs from -1 (left) to 1 (right)."""

    names: tuple[str, ...]
    """What it is called, the most exact name first."""
    action: str | None = None
    gait: str = ""
    """How the picture moves it, such as `walk` or `gallop`; empty when it is not known to."""
    pan: float = 0.0
    weight: float = 1.0
    """1 for a grown person."""
    contacts: tuple[float, ...] = ()
    """Seconds into the shot at which it touches the ground."""


@dataclass(frozen=True)
class Heard:
    """One shot of a clip as it is to be heard. `start` and `seconds` lie in the clip."""

    shot: Shot
    start: float
    seconds: float
    sources: tuple[Source, ...] = ()
    flashes: tuple[float, ...] = ()
    """Seconds into the shot at which lightning strikes."""


def sources_of(shot: Shot) -> tuple[Source, ...]:
    """The subjects of a shot whose picture says nothing more about them, spread from left to right."""
    count = len(shot.subjects)
    return tuple(
        Source((subject.noun,), subject.action, pan=0.0 if count == 1 else -0.5 + place / (count - 1))
        for place, subject in enumerate(shot.subjects)
    )
