"""Colour cubes: any change of colour, worked out once for a lattice of colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Plane

Shade: TypeAlias = Callable[[Plane], Plane]
"""What a look makes of colours: `(n, 3)` BGR, 0 to 1, in and out. What leaves 0 to 1 is clipped."""
Cube: TypeAlias = NDArray[np.uint64]
"""`(35937,)` colours by blue, green, red: three fields of 16 bits each, in sixteenths of a level, blue
lowest. All three are interpolated by one multiplication, because eight times white still fits its field."""
SIDE = 33
FINE = 16
"""Parts of a level in a cube."""


def cube_of(shades: Sequence[Shade]) -> Cube:
    """The shades one after the other.

    Lattice points lie eight levels apart; the last one, level 256, is one step beyond white.
    """
    colours = np.minimum(_lattice(), 1)
    for shade in shades:
        colours = np.clip(shade(colours), 0, 1).astype(np.float32)
    fields = np.round(colours * np.float32(255 * FINE)).astype(np.uint64)
    return np.asarray(fields @ np.array([1, 1 << 16, 1 << 32], np.uint64), np.uint64)


@lru_cache(maxsize=1)
def _lattice() -> Plane:
    level = np.arange(SIDE, dtype=np.float32) * np.float32(8 / 255)
    grid = np.meshgrid(level, level, level, indexing="ij")
    lattice: Plane = np.stack(grid, axis=-1).reshape(-1, 3)
    lattice.flags.writeable = False
    return lattice
