"""Per-pixel loops of the clay look, compiled. float32 throughout, one thread, the same bits every time."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32
_LABELS = 32
"""One more than the largest label."""


@njit(cache=True, nogil=True, error_model="numpy")
def classify(
    flat: Frame,
    nearest: Mask,
    near: NDArray[np.uint32],
    past: Mask,
    x_past: Plane,
    y_past: Plane,
    trust: Plane,
    out: Mask,
) -> None:
    """The colour of each pixel: the one it had before, moved here, while that is near enough."""
    height, width = out.shape
    for y in range(height):
        for x in range(width):
            blue, green, red = flat[y, x, 0] >> 2, flat[y, x, 1] >> 2, flat[y, x, 2] >> 2
            colour = nearest[blue, green, red]
            if trust[y, x] > _F(0.35):
                column = min(max(np.int32(x_past[y, x] + _F(0.5)), 0), width - 1)
                row = min(max(np.int32(y_past[y, x] + _F(0.5)), 0), height - 1)
                before = past[row, column]
                if (near[blue, green, red] >> before) & np.uint32(1):
                    colour = before
            out[y, x] = colour


@njit(cache=True, nogil=True, error_model="numpy")
def vote(labels: Mask, keep: Mask, radius: int, out: Mask) -> None:
    """Each pixel takes the commonest label around it: corners round off and crumbs are kneaded in.

    Pixels where `keep` is over 128 stay as they are. Counts slide down columns and then along rows (as in
    Perreault and Hebert, "Median Filtering in Constant Time", 2007), so the radius costs nothing.
    """
    height, width = labels.shape
    columns = np.zeros((width + 2 * radius + 1, _LABELS), np.uint8)
    seen = np.zeros(_LABELS, np.uint8)
    for y in range(-radius, height):
        if y + radius < height:
            for x in range(width):
                columns[x + radius + 1, labels[y + radius, x]] += np.uint8(1)
        if y - radius - 1 >= 0:
            for x in range(width):
                columns[x + radius + 1, labels[y - radius - 1, x]] -= np.uint8(1)
        if y < 0:
            continue
        seen[:] = 0
        for x in range(2 * radius):
            for label in range(_LABELS):
                seen[label] += columns[x + 1, label]
        for x in range(width):
            for label in range(_LABELS):
                seen[label] = np.uint8(seen[label] + columns[x + 2 * radius + 1, label] - columns[x, label])
            own = labels[y, x]
            best, most = own, np.int32(seen[own]) + 2
            if keep[y, x] <= 128 and most < (2 * radius + 1) * (2 * radius + 1):
                top = np.uint8(0)
                for label in range(_LABELS):
                    top = max(top, seen[label])
                if np.int32(top) > most:
                    for label in range(_LABELS):
                        if seen[label] == top:
                            best = np.uint8(label)
            out[y, x] = best


@njit(cache=True, nogil=True, error_model="numpy")
def find_seams(labels: Mask, contrast: Plane, seam: Plane) -> None:
    """The contrast of each pixel's colour to those of its right and lower neighbour."""
    height, width = labels.shape
    for y in range(height):
        down = min(y + 1, height - 1)
        for x in range(width):
            own = labels[y, x]
            right = labels[y, min(x + 1, width - 1)]
            seam[y, x] = max(contrast[own, right], contrast[own, labels[down, x]])


@njit(cache=True, nogil=True, error_model="numpy")
def cast_shadows(heights: Plane, bevel: np.float32, out: Plane) -> None:
    """How much of the key light, which stands upper left, reaches each point of a height field: 0.5 to 1."""
    rows, columns = heights.shape
    for y in range(rows):
        for x in range(columns):
            here, blocked = heights[y, x], _F(0)
            for step in range(1, 8):
                far = _F(step) * bevel * _F(0.15)
                column, row = np.int32(_F(x) - _F(0.62) * far), np.int32(_F(y) - _F(0.78) * far)
                if column < 0 or row < 0:
                    break
                over = (heights[row, column] - here - far * _F(0.62)) / (far * _F(0.35) + _F(1.5))
                blocked = max(blocked, over)
            out[y, x] = _F(1) - min(blocked, _F(1)) * _F(0.50)


@njit(cache=True, nogil=True, error_model="numpy")
def light(heights: Plane, around: Plane, reach: Plane, tone: Plane, bevel: np.float32, out: Mask) -> None:
    """Light on a height field, in pixels: a wrapped key from upper left, a warm fill from the right, sky
    light, and hollows (lower than the heights `around` them) that see less of it. `reach` is how much of the
    key arrives. `out`, `(4, height, width)`: light on blue, green, red with 128 as one, then sheen with 255.
    """
    rows, columns = heights.shape
    for y in range(rows):
        up, down = max(y - 1, 0), min(y + 1, rows - 1)
        for x in range(1, columns - 1):
            slope_x = (heights[y, x + 1] - heights[y, x - 1]) * _F(0.5)
            slope_y = (heights[down, x] - heights[up, x]) * _F(0.5)
            nz = _F(1) / np.sqrt(slope_x * slope_x + slope_y * slope_y + _F(1))
            nx, ny = -slope_x * nz, -slope_y * nz
            wrapped = max((nx * _F(-0.48) + ny * _F(-0.60) + nz * _F(0.64) + _F(0.35)) * _F(0.741), _F(0))
            fill = max(nx * _F(0.66) + ny * _F(0.30) + nz * _F(0.68), _F(0))
            sky = _F(0.5) - ny * _F(0.5)
            half = max(nx * _F(-0.265) + ny * _F(-0.331) + nz * _F(0.906), _F(0))
            half4 = half * half * half * half
            half16 = half4 * half4 * half4 * half4
            hollow = (around[y, x] - heights[y, x]) / (bevel * _F(0.8))
            seen = min(max(_F(1) - hollow, _F(0.64)), _F(1.08))
            key, glow = wrapped * reach[y, x], (_F(1) - wrapped) * _F(0.05)
            shade = tone[y, x] * _F(128)
            blue = (_F(0.22) + sky * _F(0.08) + fill * _F(0.14)) * seen + key * _F(0.80)
            green = (_F(0.18) + sky * _F(0.06) + fill * _F(0.10)) * seen + key * _F(0.90)
            red = (_F(0.16) + sky * _F(0.05) + fill * _F(0.09) + glow) * seen + key * _F(0.97)
            sheen = half16 * (_F(0.10) + half16 * half4 * half4 * _F(0.16)) * reach[y, x] * seen
            out[0, y, x] = np.uint8(np.int32(min(blue * shade + _F(0.5), _F(255))))
            out[1, y, x] = np.uint8(np.int32(min(green * shade + _F(0.5), _F(255))))
            out[2, y, x] = np.uint8(np.int32(min(red * shade + _F(0.5), _F(255))))
            out[3, y, x] = np.uint8(np.int32(min(sheen * _F(255) + _F(0.5), _F(255))))
        for plane in range(4):
            out[plane, y, 0], out[plane, y, columns - 1] = out[plane, y, 1], out[plane, y, columns - 2]


@njit(cache=True, nogil=True, error_model="numpy")
def blend_pigments(
    labels: Mask, pigments: Plane, x: np.float32, y: np.float32, votes: Plane, colour: Plane
) -> None:
    """The pigment at a point among label cells: quadratic B-spline votes, raised so that seams stay crisp."""
    rows, columns = labels.shape
    middle_x, middle_y = np.int32(np.floor(x + _F(0.5))), np.int32(np.floor(y + _F(0.5)))
    wx, wy = spline(x - _F(middle_x)), spline(y - _F(middle_y))
    for j in range(3):
        row = np.uint32(min(max(middle_y + j - 1, 0), rows - 1))
        for i in range(3):
            votes[labels[row, np.uint32(min(max(middle_x + i - 1, 0), columns - 1))]] += wx[i] * wy[j]
    blue, green, red, whole = _F(0), _F(0), _F(0), _F(0)
    for j in range(3):
        row = np.uint32(min(max(middle_y + j - 1, 0), rows - 1))
        for i in range(3):
            label = labels[row, np.uint32(min(max(middle_x + i - 1, 0), columns - 1))]
            share = votes[label]
            if share > _F(0):
                votes[label] = _F(0)
                share = share * share * share
                whole += share
                blue += share * pigments[label, 0]
                green += share * pigments[label, 1]
                red += share * pigments[label, 2]
    colour[0], colour[1], colour[2] = blue / whole, green / whole, red / whole


@njit(cache=True, nogil=True, error_model="numpy")
def spline(t: np.float32) -> tuple[np.float32, np.float32, np.float32]:
    """The three weights of a uniform quadratic B-spline, `t` from -0.5 to 0.5 off the middle knot."""
    before, after = _F(0.5) - t, _F(0.5) + t
    return before * before * _F(0.5), _F(0.75) - t * t, after * after * _F(0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def find_pure(labels: Mask, above: int, below: int, pure: Mask) -> None:
    """The label of each column between two rows of cells, 255 where the four cells around differ."""
    columns = labels.shape[1]
    for column in range(columns):
        right = min(column + 1, columns - 1)
        label = labels[above, column]
        alike = labels[above, right] == label and labels[below, column] == label
        pure[column] = label if alike and labels[below, right] == label else np.uint8(255)


@njit(cache=True, nogil=True, error_model="numpy")
def lay_pigment(
    labels: Mask, pigments: Plane, pure: Mask, cell_y: np.float32, row: Plane, votes: Plane, colour: Plane
) -> None:
    """One row of the canvas in unlit pigment: `row` is `(3, width)`. The last two are for its own use."""
    width = row.shape[1]
    step = _F(labels.shape[1]) / _F(width)
    for x in range(width):
        cell_x = (_F(x) + _F(0.5)) * step - _F(0.5)
        label = pure[np.uint32(np.int32(max(cell_x, _F(0))))]
        if label != 255:
            row[0, x], row[1, x], row[2, x] = pigments[label, 0], pigments[label, 1], pigments[label, 2]
        else:
            blend_pigments(labels, pigments, cell_x, cell_y, votes, colour)
            row[0, x], row[1, x], row[2, x] = colour[0], colour[1], colour[2]


@njit(cache=True, nogil=True, error_model="numpy")
def develop(pigment: Plane, lit: Mask, relief: Plane, sheen: Plane, out: Mask) -> None:
    """One row of one colour: pigment times light times relief, plus sheen, through the film curve."""
    for x in range(out.shape[0]):
        v = min(pigment[x] * _F(lit[x]) * relief[x] + sheen[x], _F(1.6))
        # A soft shoulder above white and a gentle S: a rational fit to exponential film.
        seen = v * (_F(1.062) + _F(1.1656) * v) / (_F(1) + v * (_F(1.6056) * v - _F(0.3532)))
        out[x] = np.uint8(np.int32(min(seen, _F(1)) * _F(255) + _F(0.5)))


@njit(cache=True, nogil=True, error_model="numpy")
def press(
    labels: Mask, pigments: Plane, lit: Mask, sheen: Mask, lean: Mask, rim_y: Plane, rim_x: Plane, out: Mask
) -> None:
    """The finished picture, `(3, height, width)`.

    `lit` is `(3, height, width)` with 128 as one, `sheen` has 255 as one, `lean` has 128 as flat; the two
    rims are the darkening by row and by column and add up.
    """
    height, width = sheen.shape
    rows = labels.shape[0]
    votes, colour = np.zeros(pigments.shape[0], np.float32), np.zeros(3, np.float32)
    row, pure = np.zeros((3, width), np.float32), np.zeros(labels.shape[1], np.uint8)
    relief, glint = np.zeros(width, np.float32), np.zeros(width, np.float32)
    last = np.int32(-1)
    for y in range(height):
        cell_y = (_F(y) + _F(0.5)) * _F(rows) / _F(height) - _F(0.5)
        above = np.int32(max(cell_y, _F(0)))
        if above != last:
            find_pure(labels, int(above), min(int(cell_y + _F(1)), rows - 1), pure)
            last = above
        lay_pigment(labels, pigments, pure, cell_y, row, votes, colour)
        for x in range(width):
            tilt = _F(lean[y, x]) - _F(128)
            relief[x] = (_F(256) + tilt) * (rim_y[y] + rim_x[x]) * _F(1 / 8355840)
            glint[x] = max(_F(sheen[y, x]) * (_F(1) + tilt * _F(3 / 256)), _F(0)) * _F(1 / 255)
        for c in range(3):
            develop(row[c], lit[c, y], relief, glint, out[c, y])
