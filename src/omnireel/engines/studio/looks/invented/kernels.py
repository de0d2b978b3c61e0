"""Per-pixel loops of invented looks, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def turn_to_light(height: Plane, rise: np.float32, out: Mask) -> None:
    """Light on a height field from the upper left, as `(4, height, width)` bytes.

    In turn: matt light (128 as one), gloss (Blinn, 1977), what a studio with a bright ceiling and a strip of
    light looks like in the surface, and how far it turns away from the eye.
    """
    rows, columns = height.shape
    for y in range(rows):
        up, down = max(y - 1, 0), min(y + 1, rows - 1)
        for x in range(columns):
            left, right = max(x - 1, 0), min(x + 1, columns - 1)
            sx = (height[y, right] - height[y, left]) * rise
            sy = (height[down, x] - height[up, x]) * rise
            nz = _F(1) / np.sqrt(sx * sx + sy * sy + _F(1))
            nx, ny = -sx * nz, -sy * nz
            wrapped = max((nx * _F(-0.46) + ny * _F(-0.58) + nz * _F(0.67) + _F(0.3)) / _F(1.3), _F(0))
            matt = _F(0.34) + wrapped * _F(0.92) - ny * _F(0.06)
            half = max(nx * _F(-0.26) + ny * _F(-0.33) + nz * _F(0.907), _F(0))
            half4 = half * half * half * half
            half16 = half4 * half4 * half4 * half4
            gloss = half16 * half16 * half4 * _F(0.85)
            ceiling = min(max(-ny * _F(1.5) + _F(0.40), _F(0)), _F(1))
            strip = max(_F(1) - abs(nx + _F(0.42)) * _F(6), _F(0)) * _F(0.55)
            floor = max(ny - _F(0.45), _F(0)) * _F(0.7)
            out[0, y, x] = np.uint8(np.int32(min(matt * _F(128), _F(255))))
            out[1, y, x] = np.uint8(np.int32(min(gloss * _F(255), _F(255))))
            out[2, y, x] = np.uint8(np.int32(min((ceiling * _F(0.85) + strip + floor) * _F(255), _F(255))))
            out[3, y, x] = np.uint8(np.int32(min((_F(1) - nz) * _F(420), _F(255))))


@njit(cache=True, nogil=True, error_model="numpy")
def cast_in_material(
    level: Mask,
    matt: Mask,
    gloss: Mask,
    tone: Mask,
    lean: Mask,
    tint: Frame,
    ramp: Plane,
    grain: np.float32,
    emboss: np.float32,
    out: Frame,
) -> None:
    """Every pixel's colour from its level and the pattern, lit, dyed by `tint` (128 as one), with gloss."""
    height, width = level.shape
    for y in range(height):
        for x in range(width):
            place = _F(level[y, x]) + (_F(tone[y, x]) - _F(128)) * grain
            index = np.uint32(np.int32(min(max(place, _F(0)), _F(255))))
            facing = _F(1) + (_F(lean[y, x]) - _F(128)) * emboss
            lit = _F(matt[y, x]) * max(facing, _F(0)) * _F(1 / 16384)
            shine = _F(gloss[y, x]) * max(facing * _F(2) - _F(1), _F(0))
            for c in range(3):
                value = ramp[index, c] * lit * _F(tint[y, x, c]) + shine
                out[y, x, c] = np.uint8(np.int32(min(value, _F(255))))
