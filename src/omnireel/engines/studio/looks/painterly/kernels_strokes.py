"""The loop that lays strokes, compiled."""

from __future__ import annotations

from math import floor
from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.looks.painterly.kernels_stamps import Marks, Table
from omnireel.engines.studio.looks.painterly.stamps import TurnedStamps
from omnireel.engines.studio.picture.raster import Mask, Plane

_F, _U, _N = np.float32, np.uint32, np.uint64
_B, _H = np.uint8, np.uint16
_PAIR = _U(0x00FF00FF)
_HALF = _U(0x00800080)
_WHOLE = 258
"""Opacity of one, so that full cover of 255 times it is 256 after a shift by eight bits."""
Words: TypeAlias = NDArray[np.uint32]


def lay(strokes: Plane, stamps: TurnedStamps, canvas: Mask) -> None:
    """Strokes one over the other onto a canvas of blue, green, red and relief, `(height, width, 4)`.

    `strokes`, `(n, 8)`, lowest first: x, y, facing, kind, opacity (0 to 1), blue, green, red. A stroke is put
    at a whole pixel of the axis it runs along, slid along itself, and at a part of a pixel across.
    The canvas must be contiguous.
    """
    words = canvas.view(np.dtype("<u4")).reshape(-1)
    lay_words(
        strokes,
        stamps.marks,
        stamps.rows,
        stamps.starts,
        stamps.directions,
        stamps.phases,
        words,
        canvas.shape[1],
    )


@njit(cache=True, nogil=True, error_model="numpy")
def lay_words(
    strokes: Plane,
    marks: Marks,
    rows: Table,
    starts: Table,
    directions: Plane,
    phases: int,
    canvas: Words,
    width: int,
) -> None:
    """`lay` on a canvas with a word for each pixel, row after row."""
    height = len(canvas) // width
    for i in range(strokes.shape[0]):
        stroke = strokes[i]
        facing, opacity = int(stroke[2]), _U(stroke[4] * _F(_WHOLE))
        x, y, phase = placed(stroke[0], stroke[1], directions[facing], phases)
        number = (int(stroke[3]) * directions.shape[0] + facing) * phases + phase
        blue_red, green = _U(_U(stroke[5]) | _U(_U(stroke[7]) << _U(16))), _U(stroke[6])
        first, top = starts[number, 0], y + starts[number, 1]
        for row in range(first + max(0, -top), min(starts[number + 1, 0], first + height - top)):
            left = x + rows[row, 0]
            begin, end = max(left, 0), min(left + rows[row, 1], width)
            at, mark = _N((top + row - first) * width + begin), _N(rows[row, 2] + begin - left)
            # Rows are a few blocks long: no branches, one stride and 32 bits, or this is not vectorised.
            for k in range(max(end - begin, 0)):
                here = at + _N(k)
                canvas[here] = laid(canvas[here], _U(marks[mark + _N(k)]), opacity, blue_red, green)


def lay_tone(strokes: Plane, stamps: TurnedStamps, tone: int, canvas: Mask) -> None:
    """`lay` in one tone, 0 to 255, on a canvas of one byte a pixel: `(height, width)`, contiguous."""
    lay_bytes(
        strokes,
        stamps.marks,
        stamps.rows,
        stamps.starts,
        stamps.directions,
        stamps.phases,
        _H(tone),
        canvas.reshape(-1),
        canvas.shape[1],
    )


@njit(cache=True, nogil=True, error_model="numpy")
def lay_bytes(
    strokes: Plane,
    marks: Marks,
    rows: Table,
    starts: Table,
    directions: Plane,
    phases: int,
    tone: np.uint16,
    canvas: Mask,
    width: int,
) -> None:
    """`lay_tone` on a canvas with a byte for each pixel, row after row."""
    height = len(canvas) // width
    for i in range(strokes.shape[0]):
        stroke = strokes[i]
        facing, opacity = int(stroke[2]), _U(stroke[4] * _F(_WHOLE))
        x, y, phase = placed(stroke[0], stroke[1], directions[facing], phases)
        number = (int(stroke[3]) * directions.shape[0] + facing) * phases + phase
        first, top = starts[number, 0], y + starts[number, 1]
        for row in range(first + max(0, -top), min(starts[number + 1, 0], first + height - top)):
            left = x + rows[row, 0]
            begin, end = max(left, 0), min(left + rows[row, 1], width)
            at, mark = _N((top + row - first) * width + begin), _N(rows[row, 2] + begin - left)
            for k in range(max(end - begin, 0)):
                here = at + _N(k)
                share = _H(_U(_U(_U(marks[mark + _N(k)]) & _U(255)) * opacity) >> _U(8))
                mix = _H(_H(_H(canvas[here]) * _H(_H(256) - share)) + _H(tone * share))
                canvas[here] = _B(_H(mix + _H(128)) >> _H(8))


@njit(cache=True, nogil=True, error_model="numpy")
def placed(x: np.float32, y: np.float32, direction: Plane, phases: int) -> tuple[int, int, int]:
    """The pixel a stroke is put at, and the phase of its picture."""
    cos, sin = direction
    if abs(cos) >= abs(sin):
        column = floor(x + _F(0.5))
        part = floor((y + (_F(column) - x) * sin / cos) * _F(phases) + _F(0.5))
        return column, part // phases, part % phases
    row = floor(y + _F(0.5))
    part = floor((x + (_F(row) - y) * cos / sin) * _F(phases) + _F(0.5))
    return part // phases, row, part % phases


@njit(cache=True, nogil=True, error_model="numpy")
def laid(
    under: np.uint32, mark: np.uint32, opacity: np.uint32, blue_red: np.uint32, green: np.uint32
) -> np.uint32:
    """A pixel under a mark: its four bytes are mixed as two pairs, sixteen bits apart."""
    share = _U(_U(_U(mark & _U(255)) * opacity) >> _U(8))
    high_green = _U(green | _U(_U(mark >> _U(8)) << _U(16)))
    low = mixed(_U(under & _PAIR), blue_red, share)
    high = mixed(_U(_U(under >> _U(8)) & _PAIR), high_green, share)
    return _U(low | _U(high << _U(8)))


@njit(cache=True, nogil=True, error_model="numpy")
def mixed(under: np.uint32, over: np.uint32, share: np.uint32) -> np.uint32:
    """Two bytes, sixteen bits apart, at once: `over` in its share of 256."""
    mix = _U(_U(under * _U(_U(256) - share)) + _U(over * share))
    return _U(_U(_U(mix + _HALF) >> _U(8)) & _PAIR)
