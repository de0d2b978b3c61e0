"""The loop that turns stamps to every direction beforehand, compiled."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane

Marks: TypeAlias = NDArray[np.uint16]
Table: TypeAlias = NDArray[np.int32]
_F = np.float32
_PART = _F(0.25)
"""Each pixel is looked at in four places, this far from its middle."""


@njit(cache=True, nogil=True, error_model="numpy")
def turn_stamps(
    stamps: Mask,
    shapes: Plane,
    directions: Plane,
    phases: int,
    block: int,
    marks: Marks,
    rows: Table,
    starts: Table,
) -> tuple[int, int]:
    """Fill `marks`, `rows` and `starts` as `TurnedStamps` describes them; how much of the first two is used.

    `stamps`, `(k, rows, columns, 2)`, are cover and relief, `shapes`, `(k, 3)`, half length, half width and
    bend of each. `marks` must come as zeros.
    """
    used, row, number = 0, 0, 0
    for kind in range(stamps.shape[0]):
        for facing in range(directions.shape[0]):
            cos, sin = directions[facing]
            for phase in range(phases):
                shift = _F(phase) / _F(phases)
                right, down = (_F(0), shift) if abs(cos) >= abs(sin) else (shift, _F(0))
                starts[number, 0] = row
                used, row, starts[number, 1] = turn_stamp(
                    stamps[kind], shapes[kind], directions[facing], right, down, block, marks, rows, used, row
                )
                number += 1
    starts[number, 0] = row
    return used, row


@njit(cache=True, nogil=True, error_model="numpy")
def turn_stamp(
    stamp: Mask,
    shape: Plane,
    direction: Plane,
    right: np.float32,
    down: np.float32,
    block: int,
    marks: Marks,
    rows: Table,
    used: int,
    row: int,
) -> tuple[int, int, int]:
    """One stamp in one direction, `right` and `down` of its pixel: marks and rows now used, first line."""
    cos, sin = direction
    reach = shape[1] * (_F(1) + abs(shape[2]))
    tall = int(abs(sin) * shape[0] + abs(cos) * reach) + 2
    top, bottom = tall + 1, row
    for y in range(-tall, tall + 1):
        below = _F(y) - down
        near, far = span(below * sin, shape[0], cos)
        left, other = span(below * cos, reach, -sin)
        first, length = 0, 0
        for x in range(int(max(near, left) + right) - 2, int(min(far, other) + right) + 3):
            mark = mark_at(stamp, shape, direction, _F(x) - right, below)
            if mark and not length:
                first = x
            if mark:
                length = x - first + 1
                marks[used + x - first] = mark
        if length and top > y:
            top = y
        if top <= y:
            rows[row, 0], rows[row, 1], rows[row, 2] = first, (length + block - 1) // block * block, used
            used, row = used + rows[row, 1], row + 1
        if length:
            bottom = row
    return used, bottom, top


@njit(cache=True, nogil=True, error_model="numpy")
def span(away: np.float32, reach: np.float32, slope: np.float32) -> tuple[np.float32, np.float32]:
    """Between which x the line away + x * slope stays within `reach`."""
    if abs(slope) < _F(1e-3):
        return _F(-1e4), _F(1e4)
    one, other = (-reach - away) / slope, (reach - away) / slope
    return min(one, other), max(one, other)


@njit(cache=True, nogil=True, error_model="numpy")
def mark_at(stamp: Mask, shape: Plane, direction: Plane, x: np.float32, y: np.float32) -> np.uint16:
    """Cover in the low byte, relief above it, of the pixel at `x`, `y` of a stroke; 0 where it is bare."""
    cover, relief = 0, 0
    rows, columns = _F(stamp.shape[0]) * _F(0.4999), _F(stamp.shape[1]) * _F(0.4999)
    for part in range(4):
        across = x + (_PART if part & 1 else -_PART)
        along = y + (_PART if part & 2 else -_PART)
        u = (across * direction[0] + along * direction[1]) / shape[0]
        v = (along * direction[0] - across * direction[1]) / shape[1] - shape[2] * (u * u - _F(0.4))
        if abs(u) < _F(1) and abs(v) < _F(1):
            texel = stamp[int((v + _F(1)) * rows), int((u + _F(1)) * columns)]
            cover += int(texel[0])
            relief += int(texel[0]) * int(texel[1])
    share = (cover + 2) // 4
    return np.uint16(share | (relief + cover // 2) // cover << 8) if share else np.uint16(0)
