"""The last loops of the clay look, compiled: labels, light and relief pressed out at full size."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane

_F = np.float32
Rows: TypeAlias = tuple[Mask, Mask, Mask]
"""A row of label cells between the one above and the one below."""
Neighbours: TypeAlias = tuple[np.uint8, np.uint8, np.uint8, np.uint8, np.uint8, np.uint8, np.uint8, np.uint8]
"""The labels around a cell: the four corners, then above, below, left and right."""


@njit(cache=True, nogil=True, error_model="numpy")
def spline(t: np.float32) -> tuple[np.float32, np.float32, np.float32]:
    """The three weights of a uniform quadratic B-spline, `t` from -0.5 to 0.5 off the middle knot."""
    before, after = _F(0.5) - t, _F(0.5) + t
    return before * before * _F(0.5), _F(0.75) - t * t, after * after * _F(0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def find_mixed(around: Rows, rivals: Mask, mixed: NDArray[np.uint32]) -> int:
    """The cells of a row that border on another label, first in `mixed`, and how many they are.

    `rivals`, `(2, cells)`, gets the second and the third label around each; its own where there is none.
    """
    up, here, down = around
    last, count = len(here) - 1, 0
    for j in range(np.uint32(len(here))):
        i, k = np.uint32(max(int(j) - 1, 0)), np.uint32(min(int(j) + 1, last))
        own = here[j]
        near = (up[i], up[k], down[i], down[k], up[j], down[j], here[i], here[k])
        if not is_pure(own, near):
            second = another(own, own, near)
            rivals[0, j], rivals[1, j] = second, another(own, second, near)
            mixed[count] = j
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def lay_pigment(here: Mask, pigments: Plane, knots: NDArray[np.uint32], row: Plane) -> None:
    """The row of the canvas, `(3, width)`, in unlit pigment, as if every cell were of one label.

    Cell j covers the pixels from `knots[j]` to `knots[j + 1]`.
    """
    for j in range(np.uint32(len(here))):
        own = here[j]
        blue, green, red = pigments[own, 0], pigments[own, 1], pigments[own, 2]
        for x in range(knots[j], knots[np.uint32(j + 1)]):
            row[0, x], row[1, x], row[2, x] = blue, green, red


@njit(cache=True, nogil=True, error_model="numpy")
def blend_seams(
    around: Rows,
    rivals: Mask,
    mixed: NDArray[np.uint32],
    wy: tuple[np.float32, np.float32, np.float32],
    pigments: Plane,
    knots: NDArray[np.uint32],
    wx: Plane,
    row: Plane,
) -> None:
    """The mixed cells of a row, blended: `wy` and `wx`, `(3, width)`, weigh the cells around each pixel.

    Quadratic B-spline votes, squared so that seams stay crisp; of more than three labels around a cell, the
    last ones count as one.
    """
    up, here, down = around
    blues, greens, reds, last = row[0], row[1], row[2], len(here) - 1
    left, centre, right = wx[0], wx[1], wx[2]
    for j in mixed:
        i, k = np.uint32(max(int(j) - 1, 0)), np.uint32(min(int(j) + 1, last))
        near = (up[i], up[k], down[i], down[k], up[j], down[j], here[i], here[k])
        own, second, third = here[j], rivals[0, j], rivals[1, j]
        own_left, own_centre, own_right = column_votes(own, near, wy, wy[1])
        two_left, two_centre, two_right = column_votes(second, near, wy, _F(0))
        for x in range(knots[j], knots[np.uint32(j + 1)]):
            a = left[x] * own_left + centre[x] * own_centre + right[x] * own_right
            b = left[x] * two_left + centre[x] * two_centre + right[x] * two_right
            c = max(_F(1) - a - b, _F(0))
            a, b, c = a * a, b * b, c * c
            whole = _F(1) / (a + b + c)
            a, b, c = a * whole, b * whole, c * whole
            blues[x] = a * pigments[own, 0] + b * pigments[second, 0] + c * pigments[third, 0]
            greens[x] = a * pigments[own, 1] + b * pigments[second, 1] + c * pigments[third, 1]
            reds[x] = a * pigments[own, 2] + b * pigments[second, 2] + c * pigments[third, 2]


@njit(cache=True, nogil=True, error_model="numpy")
def is_pure(own: np.uint8, near: Neighbours) -> bool:
    """Whether all eight neighbours have the cell's own label."""
    odd = (near[0] ^ own) | (near[1] ^ own) | (near[2] ^ own) | (near[3] ^ own)
    return bool((odd | (near[4] ^ own) | (near[5] ^ own) | (near[6] ^ own) | (near[7] ^ own)) == 0)


@njit(cache=True, nogil=True, error_model="numpy")
def another(own: np.uint8, other: np.uint8, near: Neighbours) -> np.uint8:
    """A neighbour's label that is neither of two, the nearest neighbours first; `own` if there is none."""
    found = own
    for label in near:
        found = label if (label != own) & (label != other) else found
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def column_votes(
    label: np.uint8,
    near: Neighbours,
    wy: tuple[np.float32, np.float32, np.float32],
    middle: np.float32,
) -> tuple[np.float32, np.float32, np.float32]:
    """What the three columns around a cell give to a label; `middle` is what the cell itself gives."""
    nothing = _F(0)
    left = (wy[0] if near[0] == label else nothing) + (wy[1] if near[6] == label else nothing)
    right = (wy[0] if near[1] == label else nothing) + (wy[1] if near[7] == label else nothing)
    centre = (wy[0] if near[4] == label else nothing) + (wy[2] if near[5] == label else nothing)
    left += wy[2] if near[2] == label else nothing
    right += wy[2] if near[3] == label else nothing
    return left, centre + middle, right


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
    labels: Mask,
    pigments: Plane,
    lit: Mask,
    sheen: Mask,
    lean: Mask,
    rim_y: Plane,
    rim_x: Plane,
    knots: NDArray[np.uint32],
    wx: Plane,
    out: Mask,
) -> None:
    """The finished picture, `(3, height, width)`.

    `lit` is `(3, height, width)` with 128 as one, `sheen` has 255 as one, `lean` has 128 as flat; the two
    rims are the darkening by row and by column and add up. `knots` and `wx` say which label cell each column
    lies in and how much its neighbours count, see `blend_seams`.
    """
    height, width = sheen.shape
    rows = labels.shape[0]
    row = np.zeros((3, width), np.float32)
    relief, glint = np.zeros(width, np.float32), np.zeros(width, np.float32)
    rivals, mixed = np.zeros((2, labels.shape[1]), np.uint8), np.zeros(labels.shape[1], np.uint32)
    last, count = -1, 0
    for y in range(height):
        cell_y = (_F(y) + _F(0.5)) * _F(rows) / _F(height) - _F(0.5)
        middle = min(max(int(np.floor(cell_y + _F(0.5))), 0), rows - 1)
        around = labels[max(middle - 1, 0)], labels[middle], labels[min(middle + 1, rows - 1)]
        if middle != last:
            count = find_mixed(around, rivals, mixed)
            lay_pigment(labels[middle], pigments, knots, row)
            last = middle
        weights = spline(cell_y - _F(middle))
        blend_seams(around, rivals, mixed[:count], weights, pigments, knots, wx, row)
        for x in range(width):
            tilt = _F(lean[y, x]) - _F(128)
            relief[x] = (_F(256) + tilt) * (rim_y[y] + rim_x[x]) * _F(1 / 8355840)
            glint[x] = max(_F(sheen[y, x]) * (_F(1) + tilt * _F(3 / 256)), _F(0)) * _F(1 / 255)
        for c in range(3):
            develop(row[c], lit[c, y], relief, glint, out[c, y])
