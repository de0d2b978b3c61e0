"""Per-pixel loops that find volume, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Plane

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def relax(swell: Plane, seam: Plane, decay: np.float32, sweeps: int) -> None:
    """Red-black Gauss-Seidel sweeps of (decay + seam) u - laplacian(u) = 1; the border mirrors."""
    height, width = swell.shape
    for _ in range(sweeps):
        for colour in range(2):
            for y in range(1, height - 1):
                for x in range(1 + ((y + colour) & 1), width - 1, 2):
                    around = swell[y, x - 1] + swell[y, x + 1] + swell[y - 1, x] + swell[y + 1, x]
                    swell[y, x] = (around + _F(1)) / (_F(4) + decay + seam[y, x])
        for x in range(width):
            swell[0, x], swell[height - 1, x] = swell[1, x], swell[height - 2, x]
        for y in range(height):
            swell[y, 0], swell[y, width - 1] = swell[y, 1], swell[y, width - 2]
