"""Torn sheets of paper laid over each other, compiled.

Rows are taken in spans, and sheets are blended only in spans where an edge of theirs passes: most are plain.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane

_F = np.float32
_ONE = np.uint32(1)
SPAN = 16
"""Cells of the grid that are looked at together."""
_CLOSE = 4
"""Cells from which an outline, blurred and stretched, can still be felt."""
_WHITE = (236 * 0.94, 236 * 0.985, 236.0)
"""The core of torn paper: blue, green, red."""


@njit(cache=True, nogil=True, error_model="numpy")
def find_sheets(labels: Mask, present: NDArray[np.uint32]) -> None:
    """Which labels, one bit each, there are in and near every span of every row: `(rows, spans)`."""
    rows, columns = labels.shape
    spans = present.shape[1]
    own = np.zeros((rows, spans), np.uint32)
    for y in range(rows):
        for s in range(spans):
            for x in range(max(s * SPAN - _CLOSE, 0), min((s + 1) * SPAN + _CLOSE, columns)):
                own[y, s] |= _ONE << labels[y, x]
    for y in range(rows):
        present[y] = own[y]
        for near in range(max(y - _CLOSE, 0), min(y + _CLOSE + 1, rows)):
            for s in range(spans):
                present[y, s] |= own[near, s]


@njit(cache=True, nogil=True, error_model="numpy")
def lay_lowest(present: NDArray[np.uint32], colours: Plane, knots: NDArray[np.uint32], row: Plane) -> None:
    """Each span in the colour of the lowest sheet in it."""
    for s in range(np.uint32(present.shape[0])):
        k = 0
        while (present[s] >> k) & _ONE == 0:
            k += 1
        for c in range(3):
            row[c, knots[s] : knots[s + 1]] = colours[k, c]


@njit(cache=True, nogil=True, error_model="numpy")
def next_run(present: NDArray[np.uint32], sheet: int, begin: int) -> tuple[int, int]:
    """The next spans, from `begin` on, that have a sheet and a lower one; the number of spans if none has."""
    spans, below = len(present), (_ONE << sheet) - _ONE
    while begin < spans and ((present[begin] >> sheet) & _ONE == 0 or present[begin] & below == 0):
        begin += 1
    end = begin
    while end < spans and (present[end] >> sheet) & _ONE and present[end] & below:
        end += 1
    return begin, end


@njit(cache=True, nogil=True, error_model="numpy")
def between(upper: Mask, lower: Mask, down: np.float32, line: Plane) -> None:
    """A row of a plane `down` the way from one row to the next."""
    for x in range(upper.shape[0]):
        line[x] = _F(upper[x]) + (_F(lower[x]) - _F(upper[x])) * down


@njit(cache=True, nogil=True, error_model="numpy")
def stretch(line: Plane, column: NDArray[np.uint32], share: Plane, out: Plane) -> None:
    """A row of the grid at the pixels of the canvas."""
    for x in range(np.uint32(out.shape[0])):
        left, right = line[column[x]], line[column[x] + _ONE]
        out[x] = left + (right - left) * share[x]


@njit(cache=True, nogil=True, error_model="numpy")
def tear(place: Plane, fibres: Mask, core: Plane) -> None:
    """How opaque a sheet is, in place of its outline, and how much of that is its white core."""
    for x in range(core.shape[0]):
        edge = place[x] + (_F(fibres[x]) - _F(128)) * _F(1.6)
        place[x] = min(max((edge - _F(108)) * _F(1 / 36), _F(0)), _F(1))
        core[x] = min(max((_F(182) - edge) * _F(1 / 30), _F(0)), _F(1)) * _F(0.8)


@njit(cache=True, nogil=True, error_model="numpy")
def lay_over(row: Plane, part: Plane, core: Plane, colour: np.float32, white: np.float32) -> None:
    """One colour of a sheet over what lies below it."""
    for x in range(row.shape[0]):
        row[x] += part[x] * (colour + core[x] * (white - colour) - row[x])


@njit(cache=True, nogil=True, error_model="numpy")
def shine(row: Plane, shade: Mask, fibres: Mask, out: Mask) -> None:
    """One colour of one row in its light."""
    for x in range(out.shape[0]):
        light = _F(shade[x]) * (_F(127) + _F(fibres[x])) * _F(1 / 65025)
        out[x] = np.uint8(np.int32(min(max(row[x] * light, _F(0)) + _F(0.5), _F(255))))


@njit(cache=True, nogil=True, error_model="numpy")
def stack_sheets(
    labels: Mask,
    outlines: Mask,
    colours: Plane,
    fibres: Mask,
    shade: Mask,
    column: NDArray[np.uint32],
    share: Plane,
    knots: NDArray[np.uint32],
    out: Mask,
) -> None:
    """Sheets of torn paper seen from above, `(3, height, width)`.

    `labels` say which sheet is seen. `outlines`, `(sheets, rows, columns)`, fall from 255 on a sheet or a
    higher one to 0 beside it; where the fall, made uneven by `fibres`, passes the middle lies the edge, and
    just inside it the white core shows. `fibres` have 128 as plain, `shade` has 255 as full light. Pixel x
    lies `share[x]` of the way from the grid's `column[x]` to the next; `knots` are the pixels at which spans
    of the grid begin.
    """
    height, width = fibres.shape
    sheets, rows, columns = outlines.shape
    present = np.empty((rows, knots.shape[0] - 1), np.uint32)
    find_sheets(labels, present)
    row, line = np.empty((3, width), np.float32), np.empty(columns, np.float32)
    part, core = np.empty(width, np.float32), np.empty(width, np.float32)
    for y in range(height):
        place = min(max((_F(y) + _F(0.5)) * _F(rows) / _F(height) - _F(0.5), _F(0)), _F(rows - 1))
        upper = int(place)
        lower = min(upper + 1, rows - 1)
        lay_lowest(present[upper], colours, knots, row)
        for k in range(1, sheets):
            begin, end = next_run(present[upper], k, 0)
            while begin < end:
                cells = slice(begin * SPAN, min(end * SPAN + 1, columns))
                between(outlines[k, upper, cells], outlines[k, lower, cells], place - _F(upper), line[cells])
                first, beyond = knots[begin], knots[end]
                opaque, white = part[first:beyond], core[first:beyond]
                stretch(line, column[first:beyond], share[first:beyond], opaque)
                tear(opaque, fibres[y, first:beyond], white)
                for c in range(3):
                    lay_over(row[c, first:beyond], opaque, white, colours[k, c], _F(_WHITE[c]))
                begin, end = next_run(present[upper], k, end)
        for c in range(3):
            shine(row[c], shade[y], fibres[y], out[c, y])
