"""Loops of looking at a picture, compiled: where each place of a view lies in it, and what is there.

float32 throughout, one thread, the same bits every time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Plane
from omnireel.media.frames import Frame

STEP = 4
"""Positions are worked out for every fourth pixel each way, and are linear in between."""
_F = np.float32
_ROUNDS = 4


@njit(cache=True, nogil=True, error_model="numpy")
def place(near: Plane, camera: Plane, across: np.float32, down: np.float32, out: Plane) -> None:
    """For every STEPth pixel of a view, the point of the picture seen there, in pixels, x then y.

    `near` is the picture's depth plane, `across` and `down` the picture's size. `camera` holds the view:
    middle x, y, picture pixels per view pixel, cosine and sine of its roll, slide x, y in picture pixels,
    swell, the pivot's depth, and the view's width and height in pixels. Backward fixed-point iteration; it
    converges while slide times the depth's slope stays under 1, which smooth depth ensures.
    """
    rows, columns = out.shape[0], out.shape[1]
    height, width = near.shape
    to_column, to_row = _F(width) / across, _F(height) / down
    for row in range(rows):
        for column in range(columns):
            x = (_F(column * STEP) + _F(0.5) - camera[9] * _F(0.5)) * camera[2]
            y = (_F(row * STEP) + _F(0.5) - camera[10] * _F(0.5)) * camera[2]
            turned_x = x * camera[3] - y * camera[4]
            turned_y = x * camera[4] + y * camera[3]
            seen_x, seen_y = camera[0] + turned_x, camera[1] + turned_y
            for _ in range(_ROUNDS):
                u = min(max(seen_x * to_column - _F(0.5), _F(0)), _F(width) - _F(1.001))
                v = min(max(seen_y * to_row - _F(0.5), _F(0)), _F(height) - _F(1.001))
                i, j = np.int32(u), np.int32(v)
                a, b = u - _F(i), v - _F(j)
                top = near[j, i] + (near[j, i + 1] - near[j, i]) * a
                bottom = near[j + 1, i] + (near[j + 1, i + 1] - near[j + 1, i]) * a
                depth = top + (bottom - top) * b - camera[8]
                grown = _F(1) / (_F(1) + camera[7] * depth)
                seen_x = camera[0] + (turned_x - camera[5] * depth) * grown
                seen_y = camera[1] + (turned_y - camera[6] * depth) * grown
            out[row, column, 0] = seen_x
            out[row, column, 1] = seen_y


@njit(cache=True, nogil=True, error_model="numpy")
def look(picture: Frame, places: Plane, out: Frame) -> None:
    """Bilinear samples of a picture at positions given for every STEPth pixel of `out`, x then y."""
    height, width = out.shape[0], out.shape[1]
    last_x, last_y = _F(picture.shape[1]) - _F(1.001), _F(picture.shape[0]) - _F(1.001)
    share = _F(1) / _F(STEP)
    for y in range(height):
        row = y // STEP
        b = _F(y - row * STEP) * share
        for column in range((width + STEP - 1) // STEP):
            x0 = places[row, column, 0] + (places[row + 1, column, 0] - places[row, column, 0]) * b
            y0 = places[row, column, 1] + (places[row + 1, column, 1] - places[row, column, 1]) * b
            x1 = (
                places[row, column + 1, 0] + (places[row + 1, column + 1, 0] - places[row, column + 1, 0]) * b
            )
            y1 = (
                places[row, column + 1, 1] + (places[row + 1, column + 1, 1] - places[row, column + 1, 1]) * b
            )
            step_x, step_y = (x1 - x0) * share, (y1 - y0) * share
            begin = column * STEP
            for x in range(begin, min(begin + STEP, width)):
                u = min(max(x0 + step_x * _F(x - begin), _F(0)), last_x)
                v = min(max(y0 + step_y * _F(x - begin), _F(0)), last_y)
                i, j = np.int32(u), np.int32(v)
                fx = np.int32((u - _F(i)) * _F(1024))
                fy = np.int32((v - _F(j)) * _F(1024))
                for channel in range(3):
                    top = (
                        np.int32(picture[j, i, channel]) * (1024 - fx)
                        + np.int32(picture[j, i + 1, channel]) * fx
                    )
                    bottom = (
                        np.int32(picture[j + 1, i, channel]) * (1024 - fx)
                        + np.int32(picture[j + 1, i + 1, channel]) * fx
                    )
                    out[y, x, channel] = np.uint8((top * (1024 - fy) + bottom * fy + (1 << 19)) >> 20)


@njit(cache=True, nogil=True, error_model="numpy")
def relight(frame: Frame, light: Plane) -> None:
    """Multiply and raise a frame in place by `light`: gain, then lift, for every STEPth pixel each way."""
    height, width = frame.shape[0], frame.shape[1]
    share = _F(1) / _F(STEP)
    for y in range(height):
        row = y // STEP
        b = _F(y - row * STEP) * share
        for column in range((width + STEP - 1) // STEP):
            one, other = light[row, column], light[row, column + 1]
            under, beyond = light[row + 1, column], light[row + 1, column + 1]
            gain = one[0] + (under[0] - one[0]) * b
            lift = one[1] + (under[1] - one[1]) * b
            gain_end = other[0] + (beyond[0] - other[0]) * b
            lift_end = other[1] + (beyond[1] - other[1]) * b
            if abs(gain - 1) + abs(gain_end - 1) + abs(lift) + abs(lift_end) < _F(0.004):
                continue
            gain_step, lift_step = (gain_end - gain) * share, (lift_end - lift) * share
            begin = column * STEP
            for x in range(begin, min(begin + STEP, width)):
                away = _F(x - begin)
                factor, more = gain + gain_step * away, lift + lift_step * away + _F(0.5)
                for channel in range(3):
                    level = _F(frame[y, x, channel]) * factor + more
                    frame[y, x, channel] = np.uint8(min(max(level, _F(0)), _F(255)))
