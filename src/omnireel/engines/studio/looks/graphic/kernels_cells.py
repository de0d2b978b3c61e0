"""Loops over points, cells and facets, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32
NONE = 255
"""The label of a block that has no colour yet."""


@njit(cache=True, nogil=True, error_model="numpy")
def space_out(
    x: Plane, y: Plane, spacing: Plane, near: np.float32, far: np.float32, ground: Mask, kept: Mask
) -> None:
    """Go through points in order and keep (1) those not too near a kept one, drop (0) the others.

    Kept points mark `ground`, which must be 0 where nothing lies: 2 within `near` of their spacing, 1 within
    `far`. Points on 2 are dropped, and with `near` of 0 those on 1 as well.
    """
    height, width = ground.shape
    for k in range(x.shape[0]):
        column = min(max(np.int32(x[k]), 0), width - 1)
        row = min(max(np.int32(y[k]), 0), height - 1)
        taken = ground[row, column]
        kept[k] = np.uint8(taken == 0 or (near > _F(0) and taken == 1))
        if kept[k] == 0:
            continue
        reach = spacing[row, column] * far
        inner = spacing[row, column] * near
        for j in range(int(max(y[k] - reach, _F(0))), int(min(y[k] + reach + _F(1), _F(height)))):
            for i in range(int(max(x[k] - reach, _F(0))), int(min(x[k] + reach + _F(1), _F(width)))):
                away = (_F(i) - x[k]) * (_F(i) - x[k]) + (_F(j) - y[k]) * (_F(j) - y[k])
                if away <= inner * inner:
                    ground[j, i] = np.uint8(2)
                elif away <= reach * reach:
                    ground[j, i] = max(ground[j, i], np.uint8(1))


@njit(cache=True, nogil=True, error_model="numpy")
def share_out(
    flat: Frame,
    points: Plane,
    colours: Plane,
    past: Plane,
    turn: Plane,
    strictness: np.float32,
    square: np.float32,
    cost: Plane,
    labels: NDArray[np.int32],
) -> None:
    """Each pixel's cell: the point nearest in place and colour (as in SLIC, Achanta et al., 2012).

    `points` is `(n, 5)`: x, y, spacing, a handicap in squared spacings, and a name; a pixel whose name in
    `past` is a point's comes to it more easily. `strictness` weighs squared colour steps. `turn` is the
    direction (x, y) along which cells lie; `square` of 1 makes them square there, 0 leaves them round.
    """
    height, width = labels.shape
    cost[:] = _F(1e9)
    for k in range(points.shape[0]):
        px, py, handicap, name = points[k, 0], points[k, 1], points[k, 3], points[k, 4]
        span = points[k, 2] * _F(1.42)
        scale = _F(1) / (points[k, 2] * points[k, 2])
        for y in range(int(max(py - span, _F(0))), int(min(py + span + _F(1), _F(height)))):
            dy = _F(y) - py
            wide = np.sqrt(max(span * span - dy * dy, _F(0)))
            for x in range(int(max(px - wide, _F(0))), int(min(px + wide + _F(1), _F(width)))):
                dx = _F(x) - px
                apart = dx * dx + dy * dy
                if square > _F(0):
                    along = abs(dx * turn[y, x, 0] + dy * turn[y, x, 1])
                    aside = abs(dy * turn[y, x, 0] - dx * turn[y, x, 1])
                    longest = max(along, aside)
                    apart += (longest * longest * _F(2) - apart) * square
                total = apart * scale + handicap
                if past[y, x] == name:
                    total -= _F(0.12)
                if total >= cost[y, x]:
                    continue
                if strictness > _F(0):
                    blue = _F(flat[y, x, 0]) - colours[k, 0]
                    green = _F(flat[y, x, 1]) - colours[k, 1]
                    red = _F(flat[y, x, 2]) - colours[k, 2]
                    total += (blue * blue + green * green + red * red) * strictness
                if total < cost[y, x]:
                    cost[y, x] = total
                    labels[y, x] = k


@njit(cache=True, nogil=True, error_model="numpy")
def sum_up(flat: Frame, labels: NDArray[np.int32], sums: Plane) -> None:
    """`(n, 4)`: the sum of blue, green and red of each label, and its pixels."""
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            label = labels[y, x]
            for channel in range(3):
                sums[label, channel] += _F(flat[y, x, channel])
            sums[label, 3] += _F(1)


@njit(cache=True, nogil=True, error_model="numpy")
def round_off(labels: NDArray[np.int32], stride: int, out: NDArray[np.int32]) -> None:
    """Along cells' edges each pixel takes the commonest of 25 labels around it, `stride` pixels apart."""
    height, width = labels.shape
    names, counts = np.zeros(25, np.int32), np.zeros(25, np.int32)
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            own = labels[y, x]
            out[y, x] = own
            left, right = labels[y, max(x - 1, 0)], labels[y, min(x + 1, width - 1)]
            if left == own and right == own and labels[above, x] == own and labels[below, x] == own:
                continue
            found = 0
            for j in range(-2, 3):
                row = min(max(y + j * stride, 0), height - 1)
                for i in range(-2, 3):
                    label = labels[row, min(max(x + i * stride, 0), width - 1)]
                    k = 0
                    while k < found and names[k] != label:
                        k += 1
                    if k == found:
                        names[k], counts[k] = label, 0
                        found += 1
                    counts[k] += 1
            most = 0
            for k in range(found):
                if counts[k] > most or (counts[k] == most and names[k] == own):
                    most = counts[k]
                    out[y, x] = names[k]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_facets(corners: Plane, labels: NDArray[np.int32]) -> None:
    """Write each triangle's number, `corners` being `(n, 3, 2)`, into the pixels whose middles it covers."""
    height, width = labels.shape
    for k in range(corners.shape[0]):
        top = min(corners[k, 0, 1], corners[k, 1, 1], corners[k, 2, 1])
        bottom = max(corners[k, 0, 1], corners[k, 1, 1], corners[k, 2, 1])
        for y in range(int(max(np.ceil(top), _F(0))), int(min(np.floor(bottom) + _F(1), _F(height)))):
            left, right = _F(1e9), _F(-1e9)
            for a in range(3):
                b = (a + 1) % 3
                from_y, to_y = corners[k, a, 1], corners[k, b, 1]
                if (from_y <= _F(y)) != (to_y <= _F(y)):
                    share = (_F(y) - from_y) / (to_y - from_y)
                    x = corners[k, a, 0] + (corners[k, b, 0] - corners[k, a, 0]) * share
                    left, right = min(left, x), max(right, x)
            for x in range(int(max(np.ceil(left), _F(0))), int(min(np.floor(right) + _F(1), _F(width)))):
                labels[y, x] = k


@njit(cache=True, nogil=True, error_model="numpy")
def hold_colours(
    blocks: Plane,
    palette: Plane,
    past: Mask,
    shift_x: int,
    shift_y: int,
    reluctance: np.float32,
    out: Mask,
) -> None:
    """Each block's colour: the nearest of the `palette`, or the one it had unless that is much farther.

    `blocks` is `(rows, columns, 3)`, `palette` `(n, 3)` in the same space, in which distances and
    `reluctance` are measured. Since `past` the grid has moved on by whole blocks.
    """
    rows, columns = out.shape
    for y in range(rows):
        row = min(max(y - shift_y, 0), rows - 1)
        for x in range(columns):
            before = past[row, min(max(x - shift_x, 0), columns - 1)]
            nearest, least, kept = 0, _F(1e12), _F(1e12)
            for k in range(palette.shape[0]):
                one = blocks[y, x, 0] - palette[k, 0]
                two = blocks[y, x, 1] - palette[k, 1]
                three = blocks[y, x, 2] - palette[k, 2]
                apart = one * one + two * two + three * three
                if k == before:
                    kept = apart
                if apart < least:
                    nearest, least = k, apart
            near = np.sqrt(least) + reluctance
            out[y, x] = before if kept <= near * near else np.uint8(nearest)
