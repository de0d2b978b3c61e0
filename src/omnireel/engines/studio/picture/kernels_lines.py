"""Per-pixel loops that follow the grain of a picture, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Plane

_F = np.float32


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
def smooth_along(field: Plane, tangent: Plane, steps: int, out: Plane) -> None:
    """The mean of a field along its tangents, `steps` strides of two pixels either way, nearer ones more."""
    height, width = field.shape
    for y in range(height):
        for x in range(width):
            total, whole = field[y, x] * _F(steps + 1), _F(steps + 1)
            for side in range(2):
                stride = _F(2) - _F(4) * _F(side)
                along, across = tangent[y, x, 0] * stride, tangent[y, x, 1] * stride
                px, py = _F(x) + _F(0.5), _F(y) + _F(0.5)
                for step in range(steps):
                    px, py = px + along, py + across
                    if px < _F(0) or py < _F(0) or px >= _F(width) or py >= _F(height):
                        break
                    column, row = np.uint32(np.int32(px)), np.uint32(np.int32(py))
                    share = _F(steps - step)
                    total, whole = total + field[row, column] * share, whole + share
                    ahead, aside = tangent[row, column, 0], tangent[row, column, 1]
                    turn = _F(2) if ahead * along + aside * across > _F(0) else _F(-2)
                    along, across = ahead * turn, aside * turn
            out[y, x] = total / whole
