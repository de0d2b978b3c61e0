"""Somebody placed, and what the placing depends on."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.engines.studio.scenery.cast import Role
from omnireel.engines.studio.scenery.sprite import Sprite
from omnireel.models import Framing


@dataclass(frozen=True)
class Floor:
    """What the placing of a cast depends on. Pixels and metres; `horizon` is a row."""

    width: int
    height: int
    focal: float
    horizon: float
    eye: float
    depth: float
    medium: str
    shore: float | None
    """Where water begins, for those who need it; None where there is none."""
    framing: Framing | None


@dataclass(frozen=True)
class Member:
    """Somebody placed. Metres; `y` is the height of the feet, or of the middle of what floats."""

    drawings: tuple[Sprite, ...]
    role: Role
    x: float
    y: float
    z: float
    metres: float
    mark: int
    phase: float
    flip: bool
    held: bool = False
    """Something else carries it: it neither sinks into water nor stands on the ground."""

    @property
    def front(self) -> bool:
        return self.role.art.facing == "front"

    @property
    def floats(self) -> bool:
        """True when it has no feet on the ground."""
        return self.role.gait.airborne

    @property
    def noun(self) -> str:
        """What the storyboard calls it."""
        subject = self.role.subject
        return subject.noun if subject is not None else self.role.art.name

    @property
    def wide(self) -> float:
        """Metres."""
        return self.metres * self.drawings[0].width / self.drawings[0].height
