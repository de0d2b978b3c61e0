"""Per-pixel loops that follow the grain of a picture, compiled."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane

_F = np.float32
Taps: TypeAlias = NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy")
def find_tangents(tensor: Plane, out: Plane) -> None:
    """The direction of least change of a structure tensor (xx, yy, xy), and how decided it is, 0 to 1."""
    height, width = tensor.shape[:2]
    for y in range(height):
        for x in range(width):
            half_sum = (tensor[y, x, 0] + tensor[y, x, 1]) * _F(0.5)
            half_gap = (tensor[y, x, 0] - tensor[y, x, 1]) * _F(0.5)
            cross = tensor[y, x, 2]
            spread = np.sqrt(half_gap * half_gap + cross * cross)
            # Of two ways to write the eigenvector, the one that does not cancel.
            along, across = spread - half_gap, -cross
            if half_gap > _F(0):
                along, across = -cross, half_gap + spread
            length = np.sqrt(along * along + across * across)
            if length > _F(1e-6):
                out[y, x, 0], out[y, x, 1] = along / length, across / length
            else:
                out[y, x, 0], out[y, x, 1] = _F(1), _F(0)
            out[y, x, 2] = spread / (half_sum + _F(1e-6))


@njit(cache=True, nogil=True, error_model="numpy")
def find_ways(tangent: Plane, table: Mask, out: Mask) -> None:
    """Which of several ways each tangent runs. `table`, square with an odd side, has the way of every unit
    vector whose components, from -1 to 1, lead from its middle to its borders."""
    height, width = out.shape
    half = _F(table.shape[0] // 2)
    for y in range(height):
        for x in range(width):
            across = np.uint32(np.int32(tangent[y, x, 0] * half + half + _F(0.5)))
            down = np.uint32(np.int32(tangent[y, x, 1] * half + half + _F(0.5)))
            out[y, x] = table[down, across]


@njit(cache=True, nogil=True, error_model="numpy")
def mean_along(field: Plane, way: Mask, taps: Taps, out: Plane) -> None:
    """The mean of a field over the places `taps[way]`, steps in its flat array, from each pixel.

    `field` is larger than `way` and `out` by the same rim on all sides, which no tap may leave.
    """
    height, width = way.shape
    count, rim = taps.shape[1], (field.shape[0] - height) // 2
    share, flat = _F(1) / _F(count), field.reshape(-1)
    for y in range(height):
        start = np.int32((y + rim) * field.shape[1] + rim)
        for x in range(width):
            total, ways = _F(0), np.uint32(way[y, x])
            for k in range(count):
                total += flat[np.uint32(start + np.int32(x) + taps[ways, np.uint32(k)])]
            out[y, x] = total * share
