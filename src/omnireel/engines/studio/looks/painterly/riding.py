"""Noise and grain that ride on what moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnireel.engines.studio.anchor import Sheet, canvas_offset
from omnireel.engines.studio.looks.clay.relief import TILE, sampled, spread_tile
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    crossfaded,
    pixel_grid,
    stretched,
    wrapped_at,
)


def riding(tile: Plane, sheets: Sequence[Sheet], grid: Size) -> Plane:
    """A wrapping tile, `(side, side, n)`, laid over a grid so that it moves with the picture."""
    laid = [_laid(tile, sheet, grid) for sheet in sheets]
    return laid[0] if len(laid) == 1 else crossfaded(laid[0], laid[1], sheets[1].weight)


def _laid(tile: Plane, sheet: Sheet, grid: Size) -> Plane:
    place = pixel_grid(grid) + stretched(canvas_offset(sheet, grid), grid)
    return wrapped_at(tile, np.mod(place, np.float32(len(tile))))


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


GRAIN_TILE = TILE
