"""Per-pixel loops of the drawn and printed looks, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def colour_in(flat: Frame, base: Plane, gain: Plane, ink: Mask, left: Plane, out: Frame) -> None:
    """A frame in the tones of `base`, `(256, 3)` by luma, with its own hue times `gain`, `(256,)`, by luma.

    Skies and seas get still more hue. Where `ink` is 255 only `left`, `(3,)`, of the colour is left.
    """
    height, width = ink.shape
    for y in range(height):
        for x in range(width):
            blue, green, red = _F(flat[y, x, 0]), _F(flat[y, x, 1]), _F(flat[y, x, 2])
            luma = blue * _F(0.114) + green * _F(0.587) + red * _F(0.299)
            level = np.uint8(np.int32(luma + _F(0.5)))
            hue = gain[level] + max(blue - max(green, red), _F(0)) * _F(0.004)
            inked = _F(ink[y, x]) * _F(1 / 255)
            blue = (base[level, 0] + (blue - luma) * hue) * (_F(1) - inked * (_F(1) - left[0]))
            green = (base[level, 1] + (green - luma) * hue) * (_F(1) - inked * (_F(1) - left[1]))
            red = (base[level, 2] + (red - luma) * hue) * (_F(1) - inked * (_F(1) - left[2]))
            out[y, x, 0] = np.uint8(np.int32(min(max(blue, _F(0)), _F(255)) + _F(0.5)))
            out[y, x, 1] = np.uint8(np.int32(min(max(green, _F(0)), _F(255)) + _F(0.5)))
            out[y, x, 2] = np.uint8(np.int32(min(max(red, _F(0)), _F(255)) + _F(0.5)))
