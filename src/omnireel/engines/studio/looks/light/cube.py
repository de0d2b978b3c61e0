"""Colour cubes: any change of colour, worked out once for a lattice of colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from omnireel.engines.studio.picture.raster import Plane

Shade: TypeAlias = Callable[[Plane], Plane]
"""What a look makes of colours: `(n, 3)` BGR, 0 to 1, in and out. What leaves 0 to 1 is clipped."""
SIDE = 33


def cube_of(shades: Sequence[Shade]) -> Plane:
    """`(33, 33, 33, 3)` by blue, green, red, 0 to 255: the shades one after the other.

    Lattice points lie eight levels apart; the last one, level 256, is one step beyond white.
    """
    colours = np.minimum(_lattice(), 1)
    for shade in shades:
        colours = np.clip(shade(colours), 0, 1).astype(np.float32)
    return np.ascontiguousarray(colours.reshape(SIDE, SIDE, SIDE, 3) * np.float32(255))


@lru_cache(maxsize=1)
def _lattice() -> Plane:
    level = np.arange(SIDE, dtype=np.float32) * np.float32(8 / 255)
    grid = np.meshgrid(level, level, level, indexing="ij")
    lattice: Plane = np.stack(grid, axis=-1).reshape(-1, 3)
    lattice.flags.writeable = False
    return lattice
