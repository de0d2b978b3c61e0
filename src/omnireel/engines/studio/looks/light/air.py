"""What a look of light is made of: a shade, lights cast on the working grid, and things drawn in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np

from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.looks.light.kernels import lay_over, screen_over
from omnireel.engines.studio.picture.raster import Plane, Size
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame


@dataclass(frozen=True)
class Footage:
    """What is known of a clip before its first frame."""

    samples: Sequence[Frame]
    """A few frames, at any size."""
    size: Size
    fps: float
    seed: int

    @property
    def grid(self) -> Size:
        """The working grid on which light is worked out."""
        return working_size(self.size)


@dataclass(frozen=True)
class View:
    """One frame on the working grid."""

    moment: Moment
    small: Plane
    """`(height, width, 3)`: the source, BGR, 0 to 1."""
    luma: Plane
    seconds: float
    """Since the clip began."""


@dataclass
class Light:
    """The light of one frame, changed by one effect after the other. Planes are `(height, width, 3)`."""

    passed: Plane
    """What gets through of the picture's own light; 1 is all, 1.99 the most."""
    added: Plane
    """What is added to it, 0 to 1."""

    def veil(self, share: Plane, tint: Plane) -> None:
        """Hide a share, `(height, width)`, of the picture behind a colour."""
        lay_over(self.passed, self.added, _plane(share), _ALL, tint.astype(np.float32))

    def glow(self, strength: Plane, tint: Plane) -> None:
        """Add light of one colour; like all light added, it never goes above white."""
        given = tint.astype(np.float32)
        lay_over(self.passed, self.added, np.minimum(_plane(strength), 1), given, given)

    def shine(self, light: Plane) -> None:
        """Add light of any colour, `(height, width, 3)`."""
        screen_over(self.passed, self.added, _plane(light))

    def filter(self, share: Plane, tint: Plane) -> None:
        """Multiply by a colour, in its share."""
        lay_over(self.passed, self.added, _plane(share), (1 - tint).astype(np.float32), np.zeros_like(_ALL))


_ALL = np.ones(3, np.float32)


def _plane(values: Plane) -> Plane:
    return np.ascontiguousarray(values, np.float32)


class Effect(Protocol):
    """Light on a clip, frame by frame in order; it may remember the frame before."""

    def fall(self, view: View, light: Light) -> None:
        """Change the light of one frame."""
        ...


class Overlay(Protocol):
    """Something between the lens and the scene, drawn at full size from the frame's number alone."""

    def draw(self, frame: Frame, index: int) -> Frame:
        """The frame seen through it; it may draw into `frame`."""
        ...


EffectMaker: TypeAlias = Callable[[Footage], Effect]
OverlayMaker: TypeAlias = Callable[[Footage], Overlay]
ShadeMaker: TypeAlias = Callable[[Footage], Shade]


@dataclass(frozen=True)
class Air:
    """A look of light. The defaults change nothing."""

    shade: ShadeMaker | None = None
    effects: tuple[EffectMaker, ...] = ()
    overlays: tuple[OverlayMaker, ...] = ()
    rim: float = 0.0
    """How much darker the corners are."""
    grain: float = 0.0
    """Standard deviation of the film's grain in levels."""
    by_hue: bool = False
    """Whether its shade tells things apart by hue, so that the source's hues must be calmed first."""
    lens: tuple[OverlayMaker, ...] = field(default=())
    """What bends the source before anything else: water, a projector's gate."""
