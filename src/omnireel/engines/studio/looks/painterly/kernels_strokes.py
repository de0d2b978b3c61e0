"""The loop that lays strokes, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def lay(strokes: Plane, stamps: Mask, canvas: Mask) -> None:
    """Strokes one over the other onto a canvas of blue, green, red and relief, `(height, width, 4)`.

    `strokes`, `(n, 12)`, lowest first: x, y, cosine and sine of the direction, half length, half width, bend
    (in half widths), opacity (0 to 1), blue, green, red, stamp. `stamps`, `(k, rows, columns, 2)`: how much
    paint a brush leaves at each point, and how high.
    """
    height = canvas.shape[0]
    for i in range(strokes.shape[0]):
        stroke = strokes[i]
        if stroke[7] > _F(0.01):
            stamp = stamps[np.int32(stroke[11])]
            tall = abs(stroke[3]) * stroke[4] + abs(stroke[2]) * stroke[5] * (_F(1) + abs(stroke[6]))
            top, bottom = np.int32(stroke[1] - tall), np.int32(stroke[1] + tall) + 1
            for row in range(max(int(top), 0), min(int(bottom), height - 1) + 1):
                lay_row(stroke, stamp, _F(row) - stroke[1], canvas[row])


@njit(cache=True, nogil=True, error_model="numpy")
def lay_row(stroke: Plane, stamp: Mask, down: np.float32, line: Mask) -> None:
    """The part of one stroke that falls on one row of the canvas, `down` pixels below the stroke's middle."""
    x0, cos, sin, long, wide, bend = stroke[0], stroke[2], stroke[3], stroke[4], stroke[5], stroke[6]
    first, last = span(down, cos, sin, long, wide * (_F(1) + abs(bend)))
    left = max(int(np.ceil(x0 + first)), 0)
    right = min(int(np.floor(x0 + last)), line.shape[0] - 1)
    u, v = ((_F(left) - x0) * cos + down * sin) / long, (down * cos - (_F(left) - x0) * sin) / wide
    step_u, step_v = cos / long, -sin / wide
    rows, columns = stamp.shape[0] * _F(0.4999), stamp.shape[1] * _F(0.4999)
    opacity = stroke[7] * _F(1 / 255)
    blue, green, red = stroke[8], stroke[9], stroke[10]
    for column in range(left, right + 1):
        bent = v - bend * (u * u - _F(0.4))
        if abs(bent) < _F(1) and abs(u) < _F(1):
            texel_y = np.uint32(np.int32((bent + _F(1)) * rows))
            texel_x = np.uint32(np.int32((u + _F(1)) * columns))
            share = _F(stamp[texel_y, texel_x, 0]) * opacity
            at = np.uint32(column)
            line[at, 0] = mixed(line[at, 0], blue, share)
            line[at, 1] = mixed(line[at, 1], green, share)
            line[at, 2] = mixed(line[at, 2], red, share)
            line[at, 3] = mixed(line[at, 3], _F(stamp[texel_y, texel_x, 1]), share)
        u, v = u + step_u, v + step_v


@njit(cache=True, nogil=True, error_model="numpy")
def mixed(under: np.uint8, over: np.float32, share: np.float32) -> np.uint8:
    """`over` in its share, 0 to 1."""
    base = _F(under)
    return np.uint8(np.int32(base + (over - base) * share + _F(0.5)))


@njit(cache=True, nogil=True, error_model="numpy")
def span(
    down: np.float32, cos: np.float32, sin: np.float32, long: np.float32, reach: np.float32
) -> tuple[np.float32, np.float32]:
    """From where to where, right of its middle, a row `down` pixels below it crosses a turned rectangle."""
    first, last = _F(-4096), _F(4096)
    if abs(cos) > _F(1e-3):
        one, other = (-long - down * sin) / cos, (long - down * sin) / cos
        first, last = max(first, min(one, other)), min(last, max(one, other))
    if abs(sin) > _F(1e-3):
        one, other = (down * cos - reach) / sin, (down * cos + reach) / sin
        first, last = max(first, min(one, other)), min(last, max(one, other))
    return first, last
