"""Per-pixel loops that simplify and blend frames, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def choose_calmest(mean: Frame, spread: Plane, reach: int, out: Frame) -> None:
    """Kuwahara's filter (1976): of four neighbouring means, the one whose neighbourhood varies least."""
    height, width = spread.shape
    for y in range(height):
        up, down = max(y - reach, 0), min(y + reach, height - 1)
        for x in range(width):
            left, right = max(x - reach, 0), min(x + reach, width - 1)
            row, column, least = up, left, spread[up, left]
            if spread[up, right] < least:
                row, column, least = up, right, spread[up, right]
            if spread[down, left] < least:
                row, column, least = down, left, spread[down, left]
            if spread[down, right] < least:
                row, column = down, right
            out[y, x, 0] = mean[row, column, 0]
            out[y, x, 1] = mean[row, column, 1]
            out[y, x, 2] = mean[row, column, 2]


@njit(cache=True, nogil=True, error_model="numpy")
def mix_bytes(one: Mask, other: Mask, share: Mask, out: Mask) -> None:
    """`other` where `share` is 255, `one` where it is 0. All flat and equally long: one vector loop."""
    for i in range(out.shape[0]):
        base = _F(one[i])
        mixed = base + (_F(other[i]) - base) * (_F(share[i]) * _F(1 / 255))
        out[i] = np.uint8(np.int32(mixed + _F(0.5)))
