"""What a look of light is made of: a shade, lights cast on the working grid, and things drawn in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np

from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.looks.light.kernels import lay_over, screen_over, show_over
from omnireel.engines.studio.looks.light.sky import Sky
from omnireel.engines.studio.looks.light.tones import ramp_of_bytes
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, grey_of, shrunk, size_of
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

    @cached_property
    def sky(self) -> Sky:
        """The clip's sky, which every effect that asks for it shares."""
        return Sky(self.samples, self.grid)


@dataclass(frozen=True)
class View:
    """One frame on the working grid."""

    moment: Moment
    seconds: float
    """Since the clip began."""

    @property
    def size(self) -> Size:
        """The working grid's."""
        return size_of(self.moment.small)

    @cached_property
    def grey(self) -> Mask:
        """Brightness in bytes."""
        return grey_of(self.moment.small)

    @cached_property
    def luma(self) -> Plane:
        """Brightness, 0 to 1."""
        return self.grey.astype(np.float32) * np.float32(1 / 255)

    @cached_property
    def small(self) -> Plane:
        """`(height, width, 3)`: the source, BGR, 0 to 1."""
        return self.moment.small.astype(np.float32) * np.float32(1 / 255)

    def bright(self, low: float, high: float) -> Plane:
        """`ramp` of the brightness, at a tenth of its cost."""
        return ramp_of_bytes(self.grey, low, high)

    def grid(self, parts: int) -> Size:
        """A grid of `parts` pixels of the working grid to one."""
        return max(8, self.size[0] // parts), max(8, self.size[1] // parts)

    def reduced(self, parts: int) -> Frame:
        """The source on such a grid."""
        return shrunk(self.moment.small, self.grid(parts))


@dataclass
class Light:
    """The light of one frame, changed by one effect after the other. Planes are `(3, height, width)`."""

    passed: Plane
    """What gets through of the picture's own light; 1 is all, 1.99 the most."""
    added: Plane
    """What is added to it, 0 to 1."""

    @staticmethod
    def of(size: Size) -> Light:
        """Light on a grid of `size` that leaves a picture as it is."""
        return Light(np.ones((3, size[1], size[0]), np.float32), np.zeros((3, size[1], size[0]), np.float32))

    def dim(self, share: Plane) -> None:
        """Let through a share, `(height, width)`, of what passes; over 1 brightens."""
        self.passed *= share

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

    def show(self, share: Plane, picture: Frame, tint: Plane, hidden: float = 0.0) -> None:
        """Add a share, `(height, width)`, of a picture on the working grid, times a tint; that share of the
        surface it is seen in is darkened by `hidden`."""
        tinted = tint.astype(np.float32)
        show_over(self.passed, self.added, _plane(share), picture, np.float32(hidden), tinted)

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


class Sensor(Protocol):
    """What a picture is taken with, frame by frame in order; it may remember the frame before."""

    def seen(self, view: View) -> Frame:
        """One frame as the sensor has it, on any grid, in place of the source."""
        ...


EffectMaker: TypeAlias = Callable[[Footage], Effect]
OverlayMaker: TypeAlias = Callable[[Footage], Overlay]
SensorMaker: TypeAlias = Callable[[Footage], Sensor]
ShadeMaker: TypeAlias = Callable[[Footage], Shade]


@dataclass(frozen=True)
class Air:
    """A look of light. The defaults change nothing."""

    shade: ShadeMaker | None = None
    sensor: SensorMaker | None = None
    """What the source is seen with before anything else."""
    effects: tuple[EffectMaker, ...] = ()
    overlays: tuple[OverlayMaker, ...] = ()
    rim: float = 0.0
    """How much darker the corners are."""
    grain: float = 0.0
    """Standard deviation of the film's grain in levels."""
    by_hue: bool = False
    """Whether its shade tells things apart by hue, so that the source's hues must be calmed first."""
    optics: tuple[OverlayMaker, ...] = field(default=())
    """What a lens or a sensor does to the source before anything else, and never moves: softness."""
    lens: tuple[OverlayMaker, ...] = field(default=())
    """What bends the source: water, a projector's gate."""
    aperture: tuple[OverlayMaker, ...] = field(default=())
    """What frames the finished picture, and never moves."""
