"""The compiled loop that lays a ceiling of clouds over a sky."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@njit(cache=True, nogil=True)
def lay_clouds(sky: Floats, tile: Floats, across: Floats, up: Floats, scale: Floats, tones: Floats) -> None:
    """Mix clouds into `sky` `(height, width, 3)`, in place.

    `tile` (n, n, 2) holds how thick and how bright clouds are and repeats on all sides, n a power of two.
    `across` (width,) and `up` (height,) are where columns and rows look, `up` 1 at the horizon. `scale` is
    texels per unit, drift in texels, where clouds begin in thickness, 1 / width of their edge; `tones` (2, 3)
    their colours in shade and in light.
    """
    last = tile.shape[0] - 1
    for row in range(sky.shape[0]):
        # Clouds are a ceiling: they draw together and flatten towards the horizon.
        depth = np.float32(1) / min(np.float32(2), max(np.float32(0.1), np.float32(1.12) - up[row]))
        haze = min(np.float32(1), max(np.float32(0.15), (np.float32(1) - up[row]) * 4)) * np.float32(0.85)
        y = depth * scale[0] * np.float32(1.3)
        top = int(np.floor(y))
        below = y - np.float32(top)
        for column in range(sky.shape[1]):
            x = across[column] * depth * scale[0] + scale[1]
            left = int(np.floor(x))
            right = x - np.float32(left)
            a, b, c, d = left & last, (left + 1) & last, top & last, (top + 1) & last
            upper = tile[c, a, 0] + (tile[c, b, 0] - tile[c, a, 0]) * right
            lower = tile[d, a, 0] + (tile[d, b, 0] - tile[d, a, 0]) * right
            share = (upper + (lower - upper) * below - scale[2]) * scale[3]
            if share <= 0:
                continue
            share = min(np.float32(1), share) * haze
            upper = tile[c, a, 1] + (tile[c, b, 1] - tile[c, a, 1]) * right
            lower = tile[d, a, 1] + (tile[d, b, 1] - tile[d, a, 1]) * right
            light = min(np.float32(1), max(np.float32(0), upper + (lower - upper) * below))
            for channel in range(3):
                tone = tones[0, channel] + (tones[1, channel] - tones[0, channel]) * light
                sky[row, column, channel] += (tone - sky[row, column, channel]) * share
