"""Noise that rides on what moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnireel.engines.studio.anchor import Sheet, canvas_offset
from omnireel.engines.studio.picture.raster import Plane, Size, crossfaded, pixel_grid, stretched, wrapped_at


def riding(tile: Plane, sheets: Sequence[Sheet], grid: Size) -> Plane:
    """A wrapping tile, `(side, side, n)`, laid over a grid so that it moves with the picture."""
    laid = [_laid(tile, sheet, grid) for sheet in sheets]
    return laid[0] if len(laid) == 1 else crossfaded(laid[0], laid[1], sheets[1].weight)


def _laid(tile: Plane, sheet: Sheet, grid: Size) -> Plane:
    place = pixel_grid(grid) + stretched(canvas_offset(sheet, grid), grid)
    return wrapped_at(tile, np.mod(place, np.float32(len(tile))))
