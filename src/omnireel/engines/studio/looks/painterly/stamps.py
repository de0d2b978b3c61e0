"""Stamps turned to every direction beforehand, so that laying a stroke is copying rows of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from omnireel.engines.studio.looks.painterly.kernels_stamps import Marks, Table, turn_stamps
from omnireel.engines.studio.picture.raster import Mask, Plane

FACINGS = 96
"""Directions a stroke can have: half a turn in steps of about two degrees."""
_BLOCK = 8
"""Rows are filled up with nothing to a multiple of this many pixels: what one instruction works on."""
_BROAD = 8.0
"""Half width in pixels from which a stroke may be half a pixel off; narrower ones are placed to a quarter."""


@dataclass(frozen=True)
class TurnedStamps:
    """Pictures of `k` kinds of stroke in `FACINGS` directions and at `phases` places within a pixel.

    Picture `(kind * FACINGS + facing) * phases + phase` has the rows from `starts[i, 0]` up to that of its
    successor, the first of them `starts[i, 1]` lines below the stroke's middle.
    """

    marks: Marks
    """`(n,)`: cover in the low byte of each pixel, relief in the high one."""
    rows: Table
    """`(m, 3)`: first column, seen from the stroke's middle; pixels; where they begin in `marks`."""
    starts: Table
    directions: Plane
    """`(FACINGS, 2)`: cosine and sine."""
    phases: int


def turned(stamps: Mask, shapes: Plane) -> TurnedStamps:
    """Stamps of cover and relief, `(k, rows, columns, 2)`, in every direction.

    `shapes`, `(k, 3)`: half length and half width in pixels, and the bend in half widths.
    """
    phases = 2 if shapes[:, 1].max() > _BROAD else 4
    side = 2 * int((shapes[:, 0] + shapes[:, 1] * (1 + np.abs(shapes[:, 2]))).max()) + 5 + _BLOCK
    count = len(stamps) * FACINGS * phases
    # Far more than is needed; memory that is never touched costs nothing.
    marks, rows = np.zeros(count * side * side, np.uint16), np.empty((count * side, 3), np.int32)
    starts, directions = np.zeros((count + 1, 2), np.int32), _directions()
    used, last = turn_stamps(stamps, shapes, directions, phases, _BLOCK, marks, rows, starts)
    return TurnedStamps(marks[:used].copy(), rows[:last].copy(), starts, directions, phases)


def varied_shapes(
    random: np.random.Generator,
    count: int,
    longs: tuple[float, float],
    wides: tuple[float, float],
    bend: float,
) -> Plane:
    """`(count, 3)` shapes for `turned`: lengths, widths and bends up to `bend`, each evenly spread."""
    steps = np.linspace(0, 1, count)
    long = np.interp(random.permutation(steps), (0, 1), longs)
    wide = np.interp(random.permutation(steps), (0, 1), wides)
    return np.stack([long, wide, random.permutation(steps * 2 - 1) * bend], axis=1).astype(np.float32)


def _directions() -> Plane:
    angles = (np.arange(FACINGS) / FACINGS - 0.5) * pi
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
