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
_HELD = _F(0.85)
"""Share of the way from one colour to the next by which a block may be wrong before it changes."""
TILE = 8
"""Pixels along a side of the tiles in which cells are shared out."""


@njit(cache=True, nogil=True, error_model="numpy")
def space_out(
    x: Plane, y: Plane, spacing: Plane, near: np.float32, far: np.float32, ground: Mask, kept: Mask
) -> None:
    """Go through points in order and keep (1) those not too near a kept one, drop (0) the others.

    Kept points mark `ground`, which must be 0 where nothing lies, with bits: 2 within `near` of their
    spacing, 1 within `far`. Points on 2 are dropped, and with `near` of 0 those on 1 as well.
    """
    height, width = ground.shape
    for k in range(x.shape[0]):
        column = min(max(np.int32(x[k]), 0), width - 1)
        row = min(max(np.int32(y[k]), 0), height - 1)
        taken = ground[row, column]
        kept[k] = np.uint8(taken == 0 or (near > _F(0) and taken == 1))
        if kept[k] == 0:
            continue
        mark_round(ground, x[k], y[k], spacing[row, column] * far, np.uint8(1))
        if near > _F(0):
            mark_round(ground, x[k], y[k], spacing[row, column] * near, np.uint8(2))


@njit(cache=True, nogil=True, error_model="numpy")
def mark_round(ground: Mask, x: np.float32, y: np.float32, reach: np.float32, mark: np.uint8) -> None:
    """Set the bit `mark` wherever `ground` lies within reach of a place, row by row."""
    height, width = ground.shape
    for j in range(int(max(y - reach, _F(0))), int(min(y + reach + _F(1), _F(height)))):
        wide = reach * reach - (_F(j) - y) * (_F(j) - y)
        if wide < _F(0):
            continue
        wide = np.sqrt(wide)
        first = np.uint64(np.ceil(max(x - wide, _F(0))))
        for i in range(first, np.uint64(max(min(x + wide + _F(1), _F(width)), _F(0)))):
            ground[np.uint64(j), i] |= mark


@njit(cache=True, nogil=True, error_model="numpy")
def share_out(
    flat: Frame,
    points: Plane,
    colours: Plane,
    past: Plane,
    turn: Plane,
    strictness: np.float32,
    square: np.float32,
    labels: NDArray[np.int32],
) -> None:
    """Each pixel's cell: the point nearest in place and colour (as in SLIC, Achanta et al., 2012).

    `points` is `(n, 5)`: x, y, spacing, a handicap in squared spacings, and a name; a pixel whose name in
    `past` is a point's comes to it more easily. `strictness` weighs squared colour steps. `turn`,
    `(2, height, width)`, is cosine and sine of twice the angle at which cells lie; `square` of 1 makes them
    square there, 0 leaves them round.

    Tile by tile: a tile's pixels lie in short rows of numbers, which the compiler goes through eight at once.
    """
    height, width = labels.shape
    across, down = (width + TILE - 1) // TILE, (height + TILE - 1) // TILE
    starts, members = near_tiles(points, across, down)
    area = TILE * TILE
    x, y, was = np.empty(area, np.float32), np.empty(area, np.float32), np.empty(area, np.float32)
    blue, green, red = np.empty(area, np.float32), np.empty(area, np.float32), np.empty(area, np.float32)
    cosine, sine = np.zeros(area, np.float32), np.zeros(area, np.float32)
    total, least, own = np.empty(area, np.float32), np.empty(area, np.float32), np.empty(area, np.int32)
    for tile in range(across * down):
        left, top = (tile % across) * TILE, (tile // across) * TILE
        for j in range(TILE):
            row = min(top + j, height - 1)
            for i in range(TILE):
                column, at = min(left + i, width - 1), j * TILE + i
                x[at], y[at], was[at] = _F(left + i), _F(top + j), past[row, column]
                blue[at], green[at] = _F(flat[row, column, 0]), _F(flat[row, column, 1])
                red[at] = _F(flat[row, column, 2])
                if square > _F(0):
                    cosine[at], sine[at] = turn[0, row, column], turn[1, row, column]
        least[:] = _F(1e9)
        own[:] = 0
        for member in range(starts[tile], starts[tile + 1]):
            k = members[member]
            px, py, handicap, name = points[k, 0], points[k, 1], points[k, 3], points[k, 4]
            scale = _F(1) / (points[k, 2] * points[k, 2])
            for i in range(area):
                dx, dy = x[i] - px, y[i] - py
                # By this the square of the longer side, doubled, exceeds that of the radius.
                more = abs((dx * dx - dy * dy) * cosine[i] + _F(2) * dx * dy * sine[i])
                total[i] = (dx * dx + dy * dy + more * square) * scale + handicap
            for i in range(area):
                b, g, r = blue[i] - colours[k, 0], green[i] - colours[k, 1], red[i] - colours[k, 2]
                eased = _F(0.12) if was[i] == name else _F(0)
                total[i] += (b * b + g * g + r * r) * strictness - eased
            for i in range(area):
                own[i] = np.int32(k) if total[i] < least[i] else own[i]
                least[i] = min(least[i], total[i])
        for j in range(min(TILE, height - top)):
            for i in range(min(TILE, width - left)):
                labels[top + j, left + i] = own[j * TILE + i]


@njit(cache=True, nogil=True, error_model="numpy")
def near_tiles(points: Plane, across: int, down: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which points each tile is in reach of, in their order: `members[starts[tile] : starts[tile + 1]]`."""
    starts = np.zeros(across * down + 1, np.int32)
    place, members = starts, starts
    for filling in range(2):
        for k in range(points.shape[0]):
            px, py, span = points[k, 0], points[k, 1], points[k, 2] * _F(1.42)
            first, last = max(int(px - span) // TILE, 0), min(int(px + span) // TILE, across - 1)
            for j in range(max(int(py - span) // TILE, 0), min(int(py + span) // TILE, down - 1) + 1):
                aside = max(_F(j * TILE) - py, py - _F(j * TILE + TILE - 1), _F(0))
                for i in range(first, last + 1):
                    along = max(_F(i * TILE) - px, px - _F(i * TILE + TILE - 1), _F(0))
                    if along * along + aside * aside > span * span:
                        continue
                    tile = j * across + i
                    if filling == 0:
                        starts[tile + 1] += 1
                    else:
                        members[place[tile]] = k
                        place[tile] += 1
        if filling == 0:
            for tile in range(across * down):
                starts[tile + 1] += starts[tile]
            place, members = starts.copy(), np.empty(starts[-1], np.int32)
    return starts, members


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
def round_off(padded: NDArray[np.int32], stride: int, out: NDArray[np.int32]) -> None:
    """Each pixel takes the commonest of 25 labels around it, `stride` pixels apart, at a tie its own.

    `padded` has a border of twice the stride.
    """
    height, width = out.shape
    like, names, counts = np.empty(width, np.int32), np.empty(25, np.int32), np.empty(25, np.int32)
    for y in range(height):
        own = padded[y + 2 * stride, 2 * stride : 2 * stride + width]
        like[:] = 0
        for j in range(5):
            for i in range(5):
                beside = padded[y + j * stride, i * stride : i * stride + width]
                for x in range(width):
                    like[x] += np.int32(beside[x] == own[x])
        for x in range(width):
            out[y, x] = own[x]
            if like[x] > 12:
                # No other label can have as many.
                continue
            found, most = 0, like[x]
            for j in range(5):
                for i in range(5):
                    label = padded[y + j * stride, x + i * stride]
                    if label == own[x]:
                        continue
                    k = 0
                    while k < found and names[k] != label:
                        k += 1
                    if k == found:
                        names[k], counts[k], found = label, 0, found + 1
                    counts[k] += 1
            for k in range(found):
                if counts[k] > most:
                    out[y, x], most = names[k], counts[k]


@njit(cache=True, nogil=True, error_model="numpy")
def find_edges(labels: NDArray[np.int32], inside: Mask) -> None:
    """0 where a pixel's right or lower neighbour has another label, 255 elsewhere."""
    height, width = labels.shape
    for y in range(height):
        here, below, row = labels[y], labels[min(y + 1, height - 1)], inside[y]
        for x in range(width - 1):
            row[x] = np.uint8(255) * np.uint8((here[x] == here[x + 1]) & (here[x] == below[x]))
        row[width - 1] = np.uint8(255) * np.uint8(here[width - 1] == below[width - 1])


@njit(cache=True, nogil=True, error_model="numpy")
def fill_facets(corners: Plane, labels: NDArray[np.int32]) -> None:
    """Write each triangle's number, `corners` being `(n, 3, 2)`, into the pixels whose middles it covers."""
    height, width = labels.shape
    for k in range(corners.shape[0]):
        top = min(corners[k, 0, 1], corners[k, 1, 1], corners[k, 2, 1])
        bottom = max(corners[k, 0, 1], corners[k, 1, 1], corners[k, 2, 1])
        for y in range(int(max(np.ceil(top), _F(0))), int(min(np.floor(bottom) + _F(1), _F(height)))):
            left, right = crossed(corners[k], _F(y))
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
    """Each block's colour: the nearest of the `palette`, or the one it had unless that is much farther: by
    `reluctance`, but never by most of the way between the two, so that no colour can stick for good.

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
            if before < palette.shape[0]:
                one = palette[before, 0] - palette[nearest, 0]
                two = palette[before, 1] - palette[nearest, 1]
                three = palette[before, 2] - palette[nearest, 2]
                held = min(reluctance, np.sqrt(one * one + two * two + three * three) * _HELD)
                near = np.sqrt(least) + held
                nearest = before if kept <= near * near else nearest
            out[y, x] = np.uint8(nearest)


@njit(cache=True, nogil=True, error_model="numpy")
def paint_facets(corners: Plane, colours: Mask, frame: Frame) -> None:
    """Fill each triangle, `(n, 3, 2)`, with its colour; pixels count by their middles."""
    height, width = frame.shape[:2]
    for k in range(corners.shape[0]):
        top = min(corners[k, 0, 1], corners[k, 1, 1], corners[k, 2, 1])
        bottom = max(corners[k, 0, 1], corners[k, 1, 1], corners[k, 2, 1])
        blue, green, red = colours[k, 0], colours[k, 1], colours[k, 2]
        for y in range(int(max(np.ceil(top), _F(0))), int(min(np.floor(bottom) + _F(1), _F(height)))):
            left, right = crossed(corners[k], _F(y))
            first = np.uint64(np.ceil(max(left, _F(0))))
            for x in range(first, np.uint64(max(min(np.floor(right) + _F(1), _F(width)), _F(0)))):
                frame[np.uint64(y), x, 0] = blue
                frame[np.uint64(y), x, 1] = green
                frame[np.uint64(y), x, 2] = red


@njit(cache=True, nogil=True, error_model="numpy")
def crossed(triangle: Plane, y: np.float32) -> tuple[np.float32, np.float32]:
    """From where to where a row lies in a triangle; from far right to far left if it does not."""
    left, right = _F(1e9), _F(-1e9)
    for a in range(3):
        b = (a + 1) % 3
        from_y, to_y = triangle[a, 1], triangle[b, 1]
        if (from_y <= y) != (to_y <= y):
            x = triangle[a, 0] + (triangle[b, 0] - triangle[a, 0]) * ((y - from_y) / (to_y - from_y))
            left, right = min(left, x), max(right, x)
    return left, right


@njit(cache=True, nogil=True, error_model="numpy")
def soften_folds(corners: Plane, frame: Frame) -> None:
    """Mix the one pixel that an edge cuts in each column, or row where it is steep, of what lies beside it.

    After Wu, "An Efficient Antialiasing Technique" (1991). Of an edge's two triangles one goes along it.
    """
    height, width = frame.shape[:2]
    for k in range(corners.shape[0]):
        for a in range(3):
            b = (a + 1) % 3
            x, y = corners[k, a, 0], corners[k, a, 1]
            along, down = corners[k, b, 0] - x, corners[k, b, 1] - y
            if abs(along) >= abs(down):
                if along <= _F(0):
                    continue
                for i in range(int(max(np.ceil(x), _F(0))), int(min(np.floor(x + along) + _F(1), _F(width)))):
                    cut = y + (_F(i) - x) * (down / along) + _F(0.5)
                    j = int(np.floor(cut))
                    if 0 < j < height - 1:
                        mix(frame, j, i, frame[j - 1, i], frame[j + 1, i], cut - _F(j))
            elif down > _F(0):
                for j in range(int(max(np.ceil(y), _F(0))), int(min(np.floor(y + down) + _F(1), _F(height)))):
                    cut = x + (_F(j) - y) * (along / down) + _F(0.5)
                    i = int(np.floor(cut))
                    if 0 < i < width - 1:
                        mix(frame, j, i, frame[j, i - 1], frame[j, i + 1], cut - _F(i))


@njit(cache=True, nogil=True, error_model="numpy")
def mix(frame: Frame, y: int, x: int, one: Mask, other: Mask, share: np.float32) -> None:
    """One pixel of `one` in its share, 0 to 1, and of `other`."""
    for channel in range(3):
        mixed = _F(other[channel]) + (_F(one[channel]) - _F(other[channel])) * share
        frame[y, x, channel] = np.uint8(np.int32(mixed + _F(0.5)))
