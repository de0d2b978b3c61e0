"""The last loops of the clay look, compiled: labels, light and relief pressed out at full size.

Each loop runs over long rows of a few arrays and takes no branches, so that it becomes vector code.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane

_F = np.float32
_B = np.uint8


@njit(cache=True, nogil=True, error_model="numpy")
def spline(t: np.float32) -> tuple[np.float32, np.float32, np.float32]:
    """The three weights of a uniform quadratic B-spline, `t` from -0.5 to 0.5 off the middle knot."""
    before, after = _F(0.5) - t, _F(0.5) + t
    return before * before * _F(0.5), _F(0.75) - t * t, after * after * _F(0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def find_rival(around: Mask, first: Mask, second: Mask, rival: Mask) -> None:
    """The label beside each cell of a row that is neither of two, the nearest neighbours first.

    `around`, `(3, cells + 2)`, is the row between its neighbours. A cell without such a label gets its own.
    """
    up, here, down = around[0], around[1], around[2]
    for j in range(rival.shape[0]):
        one, two = first[j], second[j]
        found = here[j + 1]
        for label in (up[j], up[j + 2], down[j], down[j + 2], up[j + 1], down[j + 1], here[j], here[j + 2]):
            found = label if (label != one) & (label != two) else found
        rival[j] = found


@njit(cache=True, nogil=True, error_model="numpy")
def mark_votes(around: Mask, column: int, label: Mask, votes: Mask) -> None:
    """Which cells of the column before (0), at (1) or after (2) each cell have its `label`.

    The upper one sets 1, the middle one 2, the lower one 4.
    """
    up, here, down = around[0, column:], around[1, column:], around[2, column:]
    for j in range(label.shape[0]):
        upper = _B(1) if up[j] == label[j] else _B(0)
        middle = _B(2) if here[j] == label[j] else _B(0)
        lower = _B(4) if down[j] == label[j] else _B(0)
        votes[j] = upper | middle | lower


@njit(cache=True, nogil=True, error_model="numpy")
def find_mixed(own: Mask, rival: Mask, mixed: NDArray[np.uint32]) -> int:
    """The cells that border on another label, first in `mixed`, and how many they are."""
    count = np.uint32(0)
    for j in range(own.shape[0]):
        mixed[count] = j
        count += np.uint32(1) if own[j] != rival[j] else np.uint32(0)
    return int(count)


@njit(cache=True, nogil=True, error_model="numpy")
def lay_pigment(own: Mask, pigments: Plane, place: NDArray[np.uint32], row: Plane) -> None:
    """The row of the canvas, `(3, width + 1)`, in unlit pigment, as if every cell were of one label."""
    for j in range(np.uint32(own.shape[0])):
        blue, green, red = pigments[own[j], 0], pigments[own[j], 1], pigments[own[j], 2]
        for k in range(np.uint32(place.shape[0])):
            x = place[k, j]
            row[0, x], row[1, x], row[2, x] = blue, green, red


@njit(cache=True, nogil=True, error_model="numpy")
def weigh(votes: Mask, wy: tuple[np.float32, np.float32, np.float32], out: Plane) -> None:
    """What marked votes give, each by the weight of its row."""
    for m in range(out.shape[0]):
        upper = wy[0] if votes[m] & _B(1) else _F(0)
        middle = wy[1] if votes[m] & _B(2) else _F(0)
        lower = wy[2] if votes[m] & _B(4) else _F(0)
        out[m] = upper + middle + lower


@njit(cache=True, nogil=True, error_model="numpy")
def across(columns: Plane, wx: Plane, out: Plane) -> None:
    """The votes of three columns, `(3, n)`, each by its weight."""
    before, at, after = columns[0], columns[1], columns[2]
    left, centre, right = wx[0], wx[1], wx[2]
    for m in range(out.shape[0]):
        out[m] = left[m] * before[m] + centre[m] * at[m] + right[m] * after[m]


@njit(cache=True, nogil=True, error_model="numpy")
def sharpen(one: Plane, two: Plane, rest: Plane) -> None:
    """Shares of three labels out of the votes of two, in place. Squared, so that seams stay crisp."""
    for m in range(one.shape[0]):
        a, b = one[m], two[m]
        c = max(_F(1) - a - b, _F(0))
        a, b, c = a * a, b * b, c * c
        whole = _F(1) / (a + b + c)
        one[m], two[m], rest[m] = a * whole, b * whole, c * whole


@njit(cache=True, nogil=True, error_model="numpy")
def blend(shares: Plane, pigments: Plane, out: Plane) -> None:
    """One colour of three pigments, `(3, n)`, in their shares."""
    one, two, three = pigments[0], pigments[1], pigments[2]
    first, second, third = shares[0], shares[1], shares[2]
    for m in range(out.shape[0]):
        out[m] = first[m] * one[m] + second[m] * two[m] + third[m] * three[m]


@njit(cache=True, nogil=True, error_model="numpy")
def picked(
    rows: Mask | Plane | NDArray[np.uint32],
    columns: NDArray[np.uint32],
    out: Mask | Plane | NDArray[np.uint32],
) -> None:
    """Some columns of some rows, side by side."""
    for k in range(np.uint32(rows.shape[0])):
        for m in range(np.uint32(columns.shape[0])):
            out[k, m] = rows[k, columns[m]]


@njit(cache=True, nogil=True, error_model="numpy")
def dip(pigments: Plane, labels: Mask, columns: NDArray[np.uint32], out: Plane) -> None:
    """The pigments, `(3, n)` by blue, green and red, of the labels in some columns."""
    for m in range(np.uint32(columns.shape[0])):
        label = labels[columns[m]]
        out[0, m], out[1, m], out[2, m] = pigments[label, 0], pigments[label, 1], pigments[label, 2]


@njit(cache=True, nogil=True, error_model="numpy")
def develop(pigment: Plane, lit: Mask, relief: Plane, sheen: Plane, out: Mask) -> None:
    """One row of one colour: pigment times light times relief, plus sheen, through the film curve."""
    for x in range(out.shape[0]):
        v = min(pigment[x] * _F(lit[x]) * relief[x] + sheen[x], _F(1.6))
        # A soft shoulder above white and a gentle S: a rational fit to exponential film.
        seen = v * (_F(1.062) + _F(1.1656) * v) / (_F(1) + v * (_F(1.6056) * v - _F(0.3532)))
        out[x] = np.uint8(np.int32(min(seen, _F(1)) * _F(255) + _F(0.5)))


@njit(cache=True, nogil=True, error_model="numpy")
def raise_relief(
    lean: Mask, sheen: Mask, rim_y: np.float32, rim_x: Plane, relief: Plane, glint: Plane
) -> None:
    """One row of relief and of sheen upon it, both as factors for `develop`."""
    for x in range(lean.shape[0]):
        tilt = _F(lean[x]) - _F(128)
        relief[x] = (_F(256) + tilt) * (rim_y + rim_x[x]) * _F(1 / 8355840)
        glint[x] = max(_F(sheen[x]) * (_F(1) + tilt * _F(3 / 256)), _F(0)) * _F(1 / 255)


@njit(cache=True, nogil=True, error_model="numpy")
def press(
    labels: Mask,
    pigments: Plane,
    lit: Mask,
    sheen: Mask,
    lean: Mask,
    rim_y: Plane,
    rim_x: Plane,
    place: NDArray[np.uint32],
    wx: Plane,
    out: Mask,
) -> None:
    """The finished picture, `(3, height, width)`.

    `labels` have a border of one cell around them. `lit` is `(3, height, width)` with 128 as one, `sheen` has
    255 as one, `lean` has 128 as flat; the two rims are the darkening by row and by column and add up.

    Between labels lie quadratic B-splines of their votes; of more than three around a cell, the last ones
    count as one. `place`, `(most, cells)`, are the columns of the canvas that a cell covers, beyond the last
    where it has fewer; `wx`, `(most, 3, cells)`, are what it and the cells beside it count there.
    """
    height, width = sheen.shape
    rows, cells, most = labels.shape[0] - 2, place.shape[1], place.shape[0]
    row = np.zeros((3, width + 1), np.float32)
    relief, glint = np.empty(width, np.float32), np.empty(width, np.float32)
    rivals, votes, mixed = (
        np.empty((2, cells), np.uint8),
        np.empty((6, cells), np.uint8),
        np.empty(cells, np.uint32),
    )
    some_votes, spots = np.empty((6, cells), np.uint8), np.empty((most, cells), np.uint32)
    sides, dips = np.empty((most, 3, cells), np.float32), np.empty((3, 3, cells), np.float32)
    weighed, shares, colour = (
        np.empty((6, cells), np.float32),
        np.empty((3, cells), np.float32),
        np.empty(cells, np.float32),
    )
    last, count = -1, 0
    for y in range(height):
        cell_y = (_F(y) + _F(0.5)) * _F(rows) / _F(height) - _F(0.5)
        middle = min(max(int(np.floor(cell_y + _F(0.5))), 0), rows - 1)
        if middle != last:
            around = labels[middle : middle + 3]
            own = around[1, 1:-1]
            find_rival(around, own, own, rivals[0])
            find_rival(around, own, rivals[0], rivals[1])
            for column in range(3):
                mark_votes(around, column, own, votes[column])
                mark_votes(around, column, rivals[0], votes[column + 3])
            count = find_mixed(own, rivals[0], mixed)
            lay_pigment(own, pigments, place, row)
            some = mixed[:count]
            picked(votes, some, some_votes)
            picked(place, some, spots)
            for k in range(most):
                picked(wx[k], some, sides[k])
            dip(pigments, own, some, dips[:, 0])
            dip(pigments, rivals[0], some, dips[:, 1])
            dip(pigments, rivals[1], some, dips[:, 2])
            last = middle
        wy = spline(cell_y - _F(middle))
        for column in range(6):
            weigh(some_votes[column], wy, weighed[column, :count])
        for k in range(most):
            across(weighed[:3], sides[k], shares[0, :count])
            across(weighed[3:], sides[k], shares[1, :count])
            sharpen(shares[0, :count], shares[1, :count], shares[2])
            for c in range(3):
                blend(shares, dips[c], colour[:count])
                for m in range(np.uint32(count)):
                    row[c, spots[k, m]] = colour[m]
        raise_relief(lean[y], sheen[y], rim_y[y], rim_x, relief, glint)
        for c in range(3):
            develop(row[c], lit[c, y], relief, glint, out[c, y])
