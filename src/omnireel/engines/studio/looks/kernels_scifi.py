"""Per-pixel loops of the science-fiction look, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def rim_light(
    volume: Plane, luma: Mask, sweep: Plane, left: Plane, right: Plane, gain: np.float32, out: Frame
) -> None:
    """Two coloured lights behind the subject, grazing every edge that faces them.

    `volume` is a height field in pixels; `sweep` is the lights' strength by column; `left` and `right` are
    their colours, BGR, 0 to 255. Light falls on what is lit anyway, so that black stays black.
    """
    height, width = volume.shape
    for y in range(height):
        up, down = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            before, after = max(x - 1, 0), min(x + 1, width - 1)
            slope_x = (volume[y, after] - volume[y, before]) * _F(0.5)
            slope_y = (volume[down, x] - volume[up, x]) * _F(0.5)
            flat = _F(1) / np.sqrt(slope_x * slope_x + slope_y * slope_y + _F(1))
            graze = (_F(1) - flat) * (_F(1) - flat)
            upper = _F(0.6) - slope_y * flat * _F(-0.4)
            body = (_F(0.12) + _F(luma[y, x]) * _F(1 / 255)) * gain * sweep[x] * graze
            from_left = max(slope_x * flat, _F(0)) * body * max(upper, _F(0.2))
            from_right = max(-slope_x * flat, _F(0)) * body * max(upper, _F(0.2))
            for c in range(3):
                level = from_left * left[c] + from_right * right[c]
                out[y, x, c] = np.uint8(np.int32(min(level, _F(255))))


@njit(cache=True, nogil=True, error_model="numpy")
def screened(base: np.uint8, added: np.uint8) -> np.float32:
    """Two lights on one film: never above 255."""
    return _F(255) - (_F(255) - _F(base)) * (_F(255) - _F(added)) * _F(1 / 255)


@njit(cache=True, nogil=True, error_model="numpy")
def finish_film(graded: Frame, glow: Frame, rim_y: Plane, rim_x: Plane, shift: Plane, out: Frame) -> None:
    """Screen `glow` over `graded`, part the colours towards the sides by `shift` pixels, darken the rims."""
    height, width = rim_y.shape[0], rim_x.shape[0]
    for y in range(height):
        for x in range(width):
            apart = np.int32(shift[x])
            red_x = np.uint32(min(max(x + apart, 0), width - 1))
            blue_x = np.uint32(min(max(x - apart, 0), width - 1))
            dark = rim_y[y] + rim_x[x]
            blue = screened(graded[y, blue_x, 0], glow[y, x, 0])
            green = screened(graded[y, x, 1], glow[y, x, 1])
            red = screened(graded[y, red_x, 2], glow[y, x, 2])
            out[y, x, 0] = np.uint8(np.int32(blue * dark))
            out[y, x, 1] = np.uint8(np.int32(green * dark))
            out[y, x, 2] = np.uint8(np.int32(red * dark))
