"""Per-pixel loops of cels and of printed dots, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask

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
