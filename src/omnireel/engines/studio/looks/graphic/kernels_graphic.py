"""Per-pixel loops of the drawn and printed looks, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32
_I, _H = np.int32, np.int16


@njit(cache=True, nogil=True, error_model="numpy")
def relight(flat: Mask, luma: Mask, light: Mask, ink: Mask, left: Mask, glow: Mask, out: Mask) -> None:
    """A frame whose `luma` becomes `light`, its hues kept, with a glow in the air and coloured ink on top.

    All `(height, 3 * width)`, blue, green and red by turns, and `out` apart from the rest: the loop is one of
    vectors. `glow` is screened over the picture, so that nothing burns out. Where `ink` is 255 only `left`,
    `(3 * width,)`, of 255 is left of the colour.
    """
    height, width = flat.shape
    for y in range(height):
        for x in range(width):
            lit = np.int32(np.int32(flat[y, x]) + np.int32(np.int32(light[y, x]) - np.int32(luma[y, x])))
            lit = min(max(lit, _I(0)), _I(255))
            # 257 / 2^16 stands for 1 / 255. Casts keep products 32 bits wide.
            dark = np.int32(np.int32(_I(255) - lit) * np.int32(_I(255) - np.int32(glow[y, x])))
            lit = np.int32(_I(255) - (np.int32(np.int32(dark * _I(257)) + _I(32768)) >> _I(16)))
            taken = np.int32(np.int32(ink[y, x]) * np.int32(_I(255) - np.int32(left[x])))
            kept = np.int32(_I(255) - (np.int32(np.int32(taken * _I(257)) + _I(32768)) >> _I(16)))
            out[y, x] = np.uint8(np.int32(np.int32(np.int32(lit * kept) * _I(257)) + _I(32768)) >> _I(16))


@njit(cache=True, nogil=True, error_model="numpy")
def screen(
    plane: Mask, across: NDArray[np.int16], down: NDArray[np.int16], strength: np.int16, out: Mask
) -> None:
    """A plane with a screen of round dots laid over it, up to about `strength` levels up and down.

    The screen is the sum of two waves. `across`, `(2, width)`, and `down`, `(2, height)`, add up to their
    phases, the whole range of 16 bits being one turn. `out` must not be `plane`, so that the loop is one of
    vectors.
    """
    height, width = plane.shape
    for y in range(height):
        first, second = down[0, y], down[1, y]
        for x in range(width):
            # From -128 to 128 and back over a turn, bent to nearly a cosine.
            one = np.int16(_H(128) - np.int16(abs(np.int16(across[0, x] + first) >> _H(7))))
            two = np.int16(_H(128) - np.int16(abs(np.int16(across[1, x] + second) >> _H(7))))
            one = np.int16(np.int16(one * np.int16(_H(256) - abs(one))) >> _H(8))
            two = np.int16(np.int16(two * np.int16(_H(256) - abs(two))) >> _H(8))
            hill = np.int16(np.int16(np.int16(one + two) * strength) >> _H(7))
            out[y, x] = np.uint8(min(max(np.int16(np.int16(plane[y, x]) + hill), _H(0)), _H(255)))


@njit(cache=True, nogil=True, error_model="numpy")
def lay_sheet(outline: Mask, uneven: Plane, colour: Plane, left: Plane, row: Plane) -> None:
    """Add one row of a sheet to `row`, `(3, width)`, where something of it is `left` to be seen, 0 to 1."""
    for x in range(left.shape[0]):
        place = _F(outline[x]) + uneven[x]
        part = left[x] * min(max((place - _F(108)) * _F(1 / 36), _F(0)), _F(1))
        core = min(max((_F(182) - place) * _F(1 / 30), _F(0)), _F(1)) * _F(0.8)
        left[x] -= part
        white, plain = part * core * _F(236), part * (_F(1) - core)
        row[0, x] += white * _F(0.94) + plain * colour[0]
        row[1, x] += white * _F(0.985) + plain * colour[1]
        row[2, x] += white + plain * colour[2]


@njit(cache=True, nogil=True, error_model="numpy")
def stack_sheets(outlines: Mask, colours: Plane, fibres: Mask, shade: Mask, out: Frame) -> None:
    """Sheets of torn paper seen from above.

    `outlines`, `(n - 1, height, width)`, fall from 255 on a sheet to 0 beside it; where the fall, made uneven
    by `fibres`, passes the middle lies the edge, and just inside it the white core shows. `fibres` have 128
    as plain, `shade` has 255 as full light.
    """
    count, height, width = outlines.shape
    uneven, left = np.zeros(width, np.float32), np.zeros(width, np.float32)
    row = np.zeros((3, width), np.float32)
    for y in range(height):
        for x in range(width):
            uneven[x] = (_F(fibres[y, x]) - _F(128)) * _F(1.6)
            left[x] = _F(1)
            row[0, x], row[1, x], row[2, x] = _F(0), _F(0), _F(0)
        for k in range(count - 1, -1, -1):
            highest = np.uint8(0)
            for x in range(width):
                highest = max(highest, outlines[k, y, x])
            if highest > 40:
                lay_sheet(outlines[k, y], uneven, colours[k + 1], left, row)
        for x in range(width):
            light = _F(shade[y, x]) * (_F(1) + (_F(fibres[y, x]) - _F(128)) * _F(1 / 255)) * _F(1 / 255)
            for c in range(3):
                seen = (row[c, x] + left[x] * colours[0, c]) * light
                out[y, x, c] = np.uint8(np.int32(min(seen + _F(0.5), _F(255))))
