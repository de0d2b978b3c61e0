"""Noise and grain that ride on what moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnireel.engines.studio.anchor import Sheet, canvas_offset
from omnireel.engines.studio.looks.clay.relief import TILE, sampled, spread_tile
from omnireel.engines.studio.picture.raster import (
    Mask,
    Size,
    crossfaded,
    pixel_grid,
    stretched,
    wrapped_at,
)

GRAIN_TILE = TILE
_APART = 4
"""Offsets are smooth, so that looking at every fourth tells where a tile has to begin."""


class RidingNoise:
    """A wrapping tile, `(side, side, n)` bytes, laid over a grid so that it moves with the picture.

    Sampled for every other point and smoothed over the rest, so nothing in it should be finer than that.
    """

    def __init__(self, tile: Mask, grid: Size) -> None:
        self._side, self._grid = len(tile), grid
        self._half = (grid[0] + 1) // 2, (grid[1] + 1) // 2
        # Repeated so often that the grid fits on it wherever its corner lies in the first: wrapping is slow.
        times = 2 + grid[1] // self._side, 2 + grid[0] // self._side, 1
        self._spread = np.tile(tile, times)

    def under(self, sheets: Sequence[Sheet]) -> Mask:
        """`(height, width, n)`: the noise at every point of the grid."""
        laid = [self._laid(sheet) for sheet in sheets]
        few = laid[0] if len(laid) == 1 else crossfaded(laid[0], laid[1], sheets[1].weight)
        return stretched(few, self._grid)

    def _laid(self, sheet: Sheet) -> Mask:
        offset = canvas_offset(sheet, self._grid)
        corner = np.floor(offset[::_APART, ::_APART].min(axis=(0, 1)) / self._side) * self._side
        shift = (np.float32(0.5) - corner).astype(np.float32)
        place = pixel_grid(self._half) * np.float32(2) + stretched(offset + shift, self._half)
        return wrapped_at(self._spread, place)


class RidingGrain:
    """What the tooth of a paper does to the marks on it, carried along with what was drawn.

    Grain that stands still while the picture passes underneath looks like a dirty window, so it goes where
    the marks go (Cunzi et al., "Dynamic Canvas for Non-Photorealistic Walkthroughs", 2003). `tile` is
    `(GRAIN_TILE, GRAIN_TILE)` bytes that wrap.
    """

    def __init__(self, tile: Mask, size: Size) -> None:
        self._spread, self._size = spread_tile(tile, size), size

    def under(self, sheets: Sequence[Sheet]) -> Mask:
        """The grain at every pixel of the canvas."""
        laid = [sampled(self._spread, canvas_offset(sheet, self._size), self._size) for sheet in sheets]
        return laid[0] if len(laid) == 1 else crossfaded(laid[0], laid[1], sheets[1].weight)
