"""The loop that lays strokes, compiled."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane

_F = np.float32
_PAIR = np.uint64(0x00FF00FF)
_HALF = np.uint64(0x00800080)
_WHOLE = 258
"""Opacity of one, so that full cover of 255 times it is 256 after a shift by eight bits."""
Words: TypeAlias = NDArray[np.uint32]
Pairs: TypeAlias = NDArray[np.uint16]


def lay(strokes: Plane, stamps: Mask, canvas: Mask) -> None:
    """Strokes one over the other onto a canvas of blue, green, red and relief, `(height, width, 4)`.

    `strokes`, `(n, 12)`, lowest first: x, y, cosine and sine of the direction, half length, half width, bend
    (in half widths), opacity (0 to 1), blue, green, red, stamp. `stamps`, `(k, rows, columns, 2)`: how much
    paint a brush leaves at each point, and how high. Both must be contiguous.
    """
    lay_words(strokes, stamps.view(np.dtype("<u2"))[..., 0], canvas.view(np.dtype("<u4"))[..., 0])


@njit(cache=True, nogil=True, error_model="numpy")
def lay_words(strokes: Plane, stamps: Pairs, canvas: Words) -> None:
    """`lay` on a canvas with a word for each pixel; stamps have cover in the low byte, relief above it."""
    height = canvas.shape[0]
    for i in range(strokes.shape[0]):
        stroke = strokes[i]
        stamp = stamps[np.int32(stroke[11])]
        cos, sin, reach = steep(stroke[2]), steep(stroke[3]), stroke[5] * (_F(1) + abs(stroke[6]))
        per_cos, per_sin = _F(1) / cos, _F(1) / sin
        tall = abs(sin) * stroke[4] + abs(cos) * reach
        top, bottom = np.int32(stroke[1] - tall), np.int32(stroke[1] + tall) + 1
        for row in range(max(int(top), 0), min(int(bottom), height - 1) + 1):
            down = _F(row) - stroke[1]
            first, last = span(down * sin, stroke[4], per_cos)
            left, right = span(down * cos, reach, -per_sin)
            lay_row(stroke, stamp, down, max(first, left), min(last, right), canvas[row])


@njit(cache=True, nogil=True, error_model="numpy")
def steep(share: np.float32) -> np.float32:
    """A cosine or sine that can be divided by."""
    return _F(1e-3) if abs(share) < _F(1e-3) else share


@njit(cache=True, nogil=True, error_model="numpy")
def span(away: np.float32, reach: np.float32, per: np.float32) -> tuple[np.float32, np.float32]:
    """Between which x the line away + x / per stays within `reach`."""
    one, other = (-reach - away) * per, (reach - away) * per
    return min(one, other), max(one, other)


@njit(cache=True, nogil=True, error_model="numpy")
def lay_row(
    stroke: Plane, stamp: Pairs, down: np.float32, first: np.float32, last: np.float32, line: Words
) -> None:
    """The part of one stroke on a row `down` below its middle, from `first` to `last` beside it."""
    left = max(int(np.ceil(stroke[0] + first)), 0)
    right = min(int(np.floor(stroke[0] + last)), line.shape[0] - 1)
    beside, per_long, per_wide = _F(left) - stroke[0], _F(1) / stroke[4], _F(1) / stroke[5]
    u = (beside * stroke[2] + down * stroke[3]) * per_long
    v = (down * stroke[2] - beside * stroke[3]) * per_wide
    step_u, step_v, bend = stroke[2] * per_long, -stroke[3] * per_wide, stroke[6]
    rows, columns = stamp.shape[0] * _F(0.4999), stamp.shape[1] * _F(0.4999)
    opacity = np.uint64(stroke[7] * _F(_WHOLE))
    blue_red = np.uint64(stroke[8]) | (np.uint64(stroke[10]) << np.uint64(16))
    green = np.uint64(stroke[9])
    for column in range(left, right + 1):
        bent = v - bend * (u * u - _F(0.4))
        if abs(bent) < _F(1) and abs(u) < _F(1):
            texel_y = np.uint32(np.int32((bent + _F(1)) * rows))
            texel_x = np.uint32(np.int32((u + _F(1)) * columns))
            mark = np.uint64(stamp[texel_y, texel_x])
            share = ((mark & np.uint64(255)) * opacity) >> np.uint64(8)
            high_green = green | ((mark >> np.uint64(8)) << np.uint64(16))
            under = np.uint64(line[np.uint32(column)])
            low = mixed(under & _PAIR, blue_red, share)
            high = mixed((under >> np.uint64(8)) & _PAIR, high_green, share)
            line[np.uint32(column)] = np.uint32(low | (high << np.uint64(8)))
        u, v = u + step_u, v + step_v


@njit(cache=True, nogil=True, error_model="numpy")
def mixed(under: np.uint64, over: np.uint64, share: np.uint64) -> np.uint64:
    """Two bytes, sixteen bits apart, at once: `over` in its share of 256."""
    return ((under * (np.uint64(256) - share) + over * share + _HALF) >> np.uint64(8)) & _PAIR
