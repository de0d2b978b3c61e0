"""What moves by itself in a photograph, as smooth fields over it: shifts, light, what is in the air."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Plane, Size, softened, stretched

SIDE = 384
"""Longer side of the grid the fields lie on."""


@dataclass(frozen=True)
class Stir:
    """The fields of one moment, `(height, width)` over the whole picture; movers add to them in place."""

    across: Plane
    down: Plane
    """How far from its own place content is fetched, in picture widths."""
    gain: Plane
    """Factors of the light, 1 where nothing changes."""
    lift: Plane
    """Grey levels added, such as steam."""


Mover = Callable[[float, Stir], None]
"""Adds its part to a moment's fields, at a time in seconds."""


def still(size: Size) -> Stir:
    """A moment at which nothing moves."""
    across, down, gain, lift = np.zeros((4, size[1], size[0]), np.float32)
    return Stir(across, down, gain + np.float32(1), lift)


def added(plane: Plane, part: Plane, factor: float) -> None:
    """Add `factor` times `part` to a plane in place."""
    cv2.scaleAdd(part, factor, plane, plane)


def grid_for(picture: Size) -> Size:
    """The grid's size for a picture."""
    scale = SIDE / max(picture)
    return max(8, round(picture[0] * scale)), max(8, round(picture[1] * scale))


def stirred(movers: Sequence[Mover], size: Size, seconds: float) -> Stir:
    """What all the movers make of one moment."""
    moment = still(size)
    for mover in movers:
        mover(seconds, moment)
    return moment


def anchored(mask: Plane, size: Size, *, rim: float) -> Plane:
    """A mask brought to the grid as a weight that has come down to 0 at its rim, `rim` grid widths wide.

    Whatever borders on what moves then stays where it is, and nothing in between tears.
    """
    wide = stretched(mask, size)
    reach = max(1.0, rim * size[0])
    # A blur of a mask is a half at its edge; twice the rest of it is nothing there.
    return np.asarray(np.clip(2 * blurred(wide, reach) - 1, 0, 1), np.float32)


def blurred(plane: Plane, sigma: float) -> Plane:
    """A Gaussian blur of any width at the price of a narrow one."""
    if sigma <= 4:
        return softened(plane, max(0.3, sigma))
    height, width = plane.shape[:2]
    scale = 3.0 / sigma
    small = max(4, round(width * scale)), max(4, round(height * scale))
    return stretched(softened(stretched(plane, small), 3.0), (width, height))


def rough(random: np.random.Generator, size: Size, cell: tuple[float, float]) -> Plane:
    """Smooth noise of mean 0 and deviation 1, its lumps `cell` grid cells wide and high."""
    small = max(3, round(size[0] / cell[0]) + 1), max(3, round(size[1] / cell[1]) + 1)
    noise = random.standard_normal((small[1], small[0])).astype(np.float32)
    wide = softened(stretched(noise, size), 0.4 * min(4.0, *cell) + 0.3)
    return np.asarray((wide - wide.mean()) / max(1e-6, float(wide.std())), np.float32)


@dataclass(frozen=True)
class Turning:
    """A plane that swings as the sine of a phase of its own: two still planes, mixed anew at every moment."""

    sine: Plane
    cosine: Plane
    pace: float
    """Radians a second."""

    def onto(self, plane: Plane, seconds: float, factor: float = 1.0, ahead: float = 0.0) -> None:
        """Add the swing at a time, `ahead` radians early, to a plane in place."""
        angle = self.pace * seconds + ahead
        added(plane, self.sine, factor * cos(angle))
        added(plane, self.cosine, factor * sin(angle))


def turning(reach: Plane, phase: Plane, pace: float) -> Turning:
    """`reach` times the sine of `phase` plus `pace` a second."""
    sine, cosine = reach * np.sin(phase), reach * np.cos(phase)
    return Turning(np.asarray(sine, np.float32), np.asarray(cosine, np.float32), pace)
