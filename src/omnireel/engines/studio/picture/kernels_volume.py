"""Per-pixel loops that find volume, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Plane

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def relax(swell: Plane, share: Plane, sweeps: int) -> None:
    """Sweeps of u = (1 + its four neighbours) * share, down and up by turns; the border mirrors.

    Within a row all pixels are taken at once, from row to row each one builds on the last: the loop is a
    vector loop and still converges nearly as fast as Gauss and Seidel's.
    """
    height, width = swell.shape
    before = np.empty(width + 2, np.float32)
    for sweep in range(sweeps):
        for step in range(height):
            y = step if sweep & 1 == 0 else height - 1 - step
            above, below = swell[y - 1 if y > 0 else 1], swell[y + 1 if y < height - 1 else height - 2]
            hold(swell[y], before[1:-1])
            before[0], before[-1] = before[2], before[-3]
            level(before[:-2], before[2:], above, below, share[y], swell[y])


@njit(cache=True, nogil=True, error_model="numpy")
def hold(row: Plane, copy: Plane) -> None:
    for x in range(row.shape[0]):
        copy[x] = row[x]


@njit(cache=True, nogil=True, error_model="numpy")
def level(left: Plane, right: Plane, above: Plane, below: Plane, share: Plane, row: Plane) -> None:
    """One row of `relax` out of the pixels on all four sides."""
    for x in range(row.shape[0]):
        row[x] = (_F(1) + left[x] + right[x] + above[x] + below[x]) * share[x]
