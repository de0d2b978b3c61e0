"""Volume from outlines: every piece of a picture swollen between its seams."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.kernels_volume import relax
from omnireel.engines.studio.picture.raster import Plane, shrunk, size_of, stretched

_LEVELS = 4
_SMALLEST = 16
_SWEEPS = (24, 12, 6, 3)


def inflated(seam: Plane, bevel: float) -> Plane:
    """Quarter circles of radius `bevel` pixels along deep seams, flat plateaus between: `bevel**2 / 2` high.

    Solves the screened Poisson equation (2 / bevel**2 + seam) u - laplacian(u) = 1, coarse to fine; sqrt(2 u)
    is a circle's profile across narrow pieces. It depends on `seam` (0 and up) continuously, so an outline
    that fades takes its edge along instead of snapping.
    """
    levels = [seam]
    while len(levels) < _LEVELS and min(levels[-1].shape) > _SMALLEST:
        size = size_of(levels[-1])
        # A seam is a line: at half the size its pixels are half as many, so each counts double.
        levels.append(shrunk(levels[-1], (size[0] // 2, size[1] // 2)) * np.float32(2))
    swell = np.zeros_like(levels[-1])
    for depth, sweeps in zip(reversed(range(len(levels))), _SWEEPS, strict=False):
        if swell.shape != levels[depth].shape:
            swell = stretched(swell, size_of(levels[depth])) * np.float32(4)
        decay = np.float32(4 + 2 / (bevel / 2**depth) ** 2)
        relax(swell, np.float32(1) / (decay + levels[depth]), sweeps)
    return swell
