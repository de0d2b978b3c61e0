"""Per-pixel loops of light and colour, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def expose(
    frame: Frame,
    cube: Plane,
    passed: Frame,
    added: Frame,
    grain: Mask,
    rim_y: Plane,
    rim_x: Plane,
    out: Frame,
) -> None:
    """Colours through a cube, times the light that passes, plus the light that is added.

    `cube` is `(33, 33, 33, 3)`, 0 to 255, read by tetrahedral interpolation (Sakamoto and Itooka, 1981).
    `passed` has 128 as one, `grain` 128 as none; the rims are darkening by row and column and add up.
    """
    height, width = grain.shape
    flat = cube.reshape(-1, 3)
    for y in range(height):
        for x in range(width):
            b, g, r = np.int32(frame[y, x, 0]), np.int32(frame[y, x, 1]), np.int32(frame[y, x, 2])
            base = (b >> 3) * 1089 + (g >> 3) * 33 + (r >> 3)
            fb, fg, fr = b & 7, g & 7, r & 7
            if fb >= fg:
                if fg >= fr:
                    first, second, high, middle, low = 1089, 1122, fb, fg, fr
                elif fb >= fr:
                    first, second, high, middle, low = 1089, 1090, fb, fr, fg
                else:
                    first, second, high, middle, low = 1, 1090, fr, fb, fg
            elif fb >= fr:
                first, second, high, middle, low = 33, 1122, fg, fb, fr
            elif fg >= fr:
                first, second, high, middle, low = 33, 34, fg, fr, fb
            else:
                first, second, high, middle, low = 1, 34, fr, fg, fb
            w0, w1 = _F(8 - high), _F(high - middle)
            w2, w3 = _F(middle - low), _F(low)
            dark = (rim_y[y] + rim_x[x]) * _F(1 / 1024)  # eighths of a step times 128 as one
            speck = _F(grain[y, x]) - _F(127.5)
            for c in range(3):
                toned = w0 * flat[base, c] + w1 * flat[base + first, c]
                toned += w2 * flat[base + second, c] + w3 * flat[base + 1123, c]
                lit = min(toned * _F(passed[y, x, c]) * dark, _F(255))
                lit = lit + _F(added[y, x, c]) + speck
                out[y, x, c] = np.uint8(np.int32(min(max(lit, _F(0)), _F(255))))


@njit(cache=True, nogil=True, error_model="numpy")
def lay_over(passed: Plane, added: Plane, share: Plane, hidden: Plane, given: Plane) -> None:
    """Over each pixel a share, `(height, width)`, of what hides and gives so much of each channel."""
    height, width = share.shape
    for y in range(height):
        for x in range(width):
            amount = share[y, x]
            if amount != _F(0):
                for c in range(3):
                    kept = _F(1) - amount * hidden[c]
                    passed[y, x, c] *= kept
                    added[y, x, c] = added[y, x, c] * kept + amount * given[c]


@njit(cache=True, nogil=True, error_model="numpy")
def screen_over(passed: Plane, added: Plane, light: Plane) -> None:
    """Light of any colour, 0 to 1, so added that it never goes above white."""
    height, width = light.shape[:2]
    for y in range(height):
        for x in range(width):
            for c in range(3):
                given = min(light[y, x, c], _F(1))
                passed[y, x, c] *= _F(1) - given
                added[y, x, c] = added[y, x, c] * (_F(1) - given) + given
