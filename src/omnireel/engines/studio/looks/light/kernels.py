"""Per-pixel loops of light and colour, compiled.

Colours are planes, not triples, and each step is a loop of its own over one row: that is what lets the
compiler do eight or sixteen pixels at a time. Only the look-up goes pixel by pixel.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.looks.light.cube import Cube
from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F, _I, _U, _Q = np.float32, np.int32, np.uint32, np.uint64
_Row = NDArray[np.uint32]


@njit(cache=True, nogil=True, error_model="numpy")
def _weigh(blue: Mask, green: Mask, red: Mask, corner: _Row, one: _Row, two: _Row, weights: _Row) -> None:
    """The lattice points around each colour of a row, and how much each of the four counts, four bits each.

    Which of the six tetrahedra a colour lies in follows from the order of what it has beyond its corner;
    sorting those together with their axes' strides finds the points without a branch.
    """
    for x in range(len(blue)):
        b, g, r = _I(blue[x]), _I(green[x]), _I(red[x])
        along_b = _I(((b & _I(7)) << _I(11)) | _I(1089))
        along_g = _I(((g & _I(7)) << _I(11)) | _I(33))
        along_r = _I(((r & _I(7)) << _I(11)) | _I(1))
        high, low = max(along_b, along_g, along_r), min(along_b, along_g, along_r)
        middle = _I(_I(along_b + along_g + along_r) - _I(high + low))
        base = _I((b >> _I(3)) * _I(1089) + (g >> _I(3)) * _I(33) + (r >> _I(3)))
        first = _I(base + (high & _I(2047)))
        corner[x], one[x], two[x] = _U(base), _U(first), _U(first + (middle & _I(2047)))
        most, some, least = _I(high >> _I(11)), _I(middle >> _I(11)), _I(low >> _I(11))
        weights[x] = _U(
            (_I(8) - most) | ((most - some) << _I(4)) | ((some - least) << _I(8)) | (least << _I(12))
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _look_up(cube: Cube, corner: _Row, one: _Row, two: _Row, weights: _Row, found: Cube) -> None:
    for x in range(len(corner)):
        base, weight = corner[x], weights[x]
        colour = _Q(weight & _U(15)) * cube[base]
        colour += _Q((weight >> _U(4)) & _U(15)) * cube[one[x]]
        colour += _Q((weight >> _U(8)) & _U(15)) * cube[two[x]]
        found[x] = colour + _Q(weight >> _U(12)) * cube[_U(base + _U(1123))]


@njit(cache=True, nogil=True, error_model="numpy")
def _unpack(found: Cube, tones: NDArray[np.uint16]) -> None:
    blue, green, red = tones[0], tones[1], tones[2]
    for x in range(len(found)):
        blue[x] = np.uint16(found[x] & _Q(0xFFFF))
        green[x] = np.uint16((found[x] >> _Q(16)) & _Q(0xFFFF))
        red[x] = np.uint16((found[x] >> _Q(32)) & _Q(0xFFFF))


@njit(cache=True, nogil=True, error_model="numpy")
def _compose(
    tone: NDArray[np.uint16], passed: Mask, added: Mask, grain: Mask, rim_y: np.uint32, rim_x: _Row, out: Mask
) -> None:
    for x in range(len(out)):
        lit = _U(_U(_U(tone[x]) * _U(passed[x])) >> _U(7))
        lit = _U(_U(lit * _U(rim_y + rim_x[x])) + _U(1 << 21)) >> _U(22)
        level = _I(_I(min(_U(lit), _U(255))) + _I(added[x]) + _I(grain[x]) - _I(128))
        out[x] = np.uint8(min(max(level, _I(0)), _I(255)))


@njit(cache=True, nogil=True, error_model="numpy")
def expose(
    planes: Mask, cube: Cube, passed: Mask, added: Mask, grain: Mask, rim_y: _Row, rim_x: _Row, out: Mask
) -> None:
    """Colours through a cube, times the light that passes, plus the light that is added.

    `planes` and `out` are `(3, height, width)`. The cube is read by tetrahedral interpolation (Sakamoto and
    Itooka, 1981). `passed` has 128 as one, `grain`, `(height, width)`, 128 as none; where these or `added`
    have one row, it serves all. The rims are darkening by row and column; 32768 together is none.
    """
    height, width = planes.shape[1:]
    corner, one, two, weights = (
        np.empty(width, _U),
        np.empty(width, _U),
        np.empty(width, _U),
        np.empty(width, _U),
    )
    found, tones = np.empty(width, _Q), np.empty((3, width), np.uint16)
    for y in range(height):
        _weigh(planes[0, y], planes[1, y], planes[2, y], corner, one, two, weights)
        _look_up(cube, corner, one, two, weights, found)
        _unpack(found, tones)
        lit, given, speck = min(y, passed.shape[1] - 1), min(y, added.shape[1] - 1), min(y, len(grain) - 1)
        for c in range(3):
            _compose(tones[c], passed[c, lit], added[c, given], grain[speck], rim_y[y], rim_x, out[c, y])


@njit(cache=True, nogil=True, error_model="numpy")
def read_cube(planes: Mask, cube: Cube, out: Mask) -> None:
    """What a cube holds for each colour of `planes`, as bytes; both are `(3, height, width)`."""
    height, width = planes.shape[1:]
    corner, one, two, weights = (
        np.empty(width, _U),
        np.empty(width, _U),
        np.empty(width, _U),
        np.empty(width, _U),
    )
    found, tones = np.empty(width, _Q), np.empty((3, width), np.uint16)
    for y in range(height):
        _weigh(planes[0, y], planes[1, y], planes[2, y], corner, one, two, weights)
        _look_up(cube, corner, one, two, weights, found)
        _unpack(found, tones)
        for c in range(3):
            tone, row = tones[c], out[c, y]
            for x in range(width):
                row[x] = np.uint8(_U(_U(tone[x]) + _U(64)) >> _U(7))


@njit(cache=True, nogil=True, error_model="numpy")
def tint(grey: Mask, hues: NDArray[np.int16], out: Mask) -> None:
    """Planes of a brightness, `(height, width)`, with hues, `(3, height, width)`, that differ from it by so
    many levels."""
    for c in range(3):
        for y in range(len(grey)):
            level, hue, row = grey[y], hues[c, y], out[c, y]
            for x in range(len(row)):
                row[x] = np.uint8(min(max(_I(level[x]) + _I(hue[x]), _I(0)), _I(255)))


@njit(cache=True, nogil=True, error_model="numpy")
def lay_over(passed: Plane, added: Plane, share: Plane, hidden: Plane, given: Plane) -> None:
    """Over each pixel a share, `(height, width)`, of what hides and gives so much of each channel."""
    for c in range(3):
        hides, gives = hidden[c], given[c]
        for y in range(len(share)):
            through, more, amount = passed[c, y], added[c, y], share[y]
            for x in range(len(amount)):
                kept = _F(1) - amount[x] * hides
                through[x] *= kept
                more[x] = more[x] * kept + amount[x] * gives


@njit(cache=True, nogil=True, error_model="numpy")
def show_over(
    passed: Plane, added: Plane, share: Plane, picture: Frame, hidden: np.float32, tint: Plane
) -> None:
    """Over each pixel a share of a picture, in bytes, in a tint, in front of what it hides a part of."""
    height, width = share.shape
    for c in range(3):
        gives = tint[c] * _F(1 / 255)
        for y in range(height):
            through, more, amount = passed[c, y], added[c, y], share[y]
            for x in range(width):
                given = min(amount[x] * gives * _F(picture[y, x, c]), _F(1))
                kept = (_F(1) - amount[x] * hidden) * (_F(1) - given)
                through[x] *= kept
                more[x] = more[x] * kept + given


@njit(cache=True, nogil=True, error_model="numpy")
def screen_over(passed: Plane, added: Plane, light: Plane) -> None:
    """Light of any colour, `(height, width, 3)`, 0 to 1, so added that it never goes above white."""
    height, width = light.shape[:2]
    for c in range(3):
        for y in range(height):
            through, more = passed[c, y], added[c, y]
            for x in range(width):
                given = min(light[y, x, c], _F(1))
                through[x] *= _F(1) - given
                more[x] = more[x] * (_F(1) - given) + given


@njit(cache=True, nogil=True, error_model="numpy")
def keep(past: Plane, found: Plane, trust: Plane, share: np.float32) -> None:
    """What is found now laid over the past, `(height, width)`, which keeps a share of its trust."""
    for y in range(len(past)):
        before, now, belief = past[y], found[y], trust[y]
        for x in range(len(before)):
            before[x] = now[x] + (before[x] - now[x]) * (belief[x] * share)


@njit(cache=True, nogil=True, error_model="numpy")
def to_bytes(plane: Plane, one: np.float32, out: Mask) -> None:
    """`(3, height, width)` light as bytes, `one` for 1."""
    for c in range(3):
        for y in range(plane.shape[1]):
            values, row = plane[c, y], out[c, y]
            for x in range(len(row)):
                row[x] = np.uint8(_I(min(max(values[x] * one + _F(0.5), _F(0)), _F(255))))
