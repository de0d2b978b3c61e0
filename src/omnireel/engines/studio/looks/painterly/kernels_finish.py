"""Loops that finish painted pictures at full size, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.looks.painterly.kernels_strokes import Words
from omnireel.engines.studio.picture.raster import Mask

_F, _I, _U, _N = np.float32, np.int32, np.uint32, np.uint64


@njit(cache=True, nogil=True, error_model="numpy")
def light_relief(canvas: Words, relief: Mask, weave: Mask, depth: np.float32) -> None:
    """Paint lit from the upper left, in place. `canvas`, `(h, w)`, has blue in the low byte, then green, red.

    `relief` is the height of the paint and `weave` the ground under it, 128 as flat.
    """
    height, width = weave.shape
    padded = np.empty((3, width + 2), np.uint8)
    for y in range(height):
        for part in range(3):
            line = relief[min(max(y + part - 1, 0), height - 1)]
            padded[part, 0], padded[part, width + 1] = line[0], line[width - 1]
            padded[part, 1 : width + 1] = line
        light_row(canvas[y], padded, weave[y], depth)


@njit(cache=True, nogil=True, error_model="numpy")
def light_row(line: Words, relief: Mask, weave: Mask, depth: np.float32) -> None:
    """One row of `light_relief`; `relief` has the rows above, at and below, a pixel wider on both sides."""
    for x in range(len(line)):
        across = np.int32(relief[1, _N(x) + _N(2)]) - np.int32(relief[1, _N(x)])
        along = np.int32(relief[2, _N(x) + _N(1)]) - np.int32(relief[0, _N(x) + _N(1)])
        tilt = (_F(across) * _F(0.62) + _F(along) * _F(0.78)) * depth
        tilt = tilt / (_F(1) + abs(tilt) * _F(0.9))
        shade = _U(np.int32(_F(256) + tilt * _F(141) + _F(weave[_N(x)]) - _F(128)))
        # Wet paint catches light on its steepest ridges.
        sheen = _U(np.int32(max(tilt - _F(0.22), _F(0)) * _F(64)))
        under = line[_N(x)]
        blue = lit(_U(under & _U(255)), shade, sheen)
        green = lit(_U(_U(under >> _U(8)) & _U(255)), shade, sheen)
        red = lit(_U(_U(under >> _U(16)) & _U(255)), shade, sheen)
        line[_N(x)] = _U(blue | _U(green << _U(8)) | _U(red << _U(16)))


@njit(cache=True, nogil=True, error_model="numpy")
def lit(level: np.uint32, shade: np.uint32, sheen: np.uint32) -> np.uint32:
    """A byte times `shade` of 256, and `sheen` on it."""
    return min(_U(_U(_U(level * shade) >> _U(8)) + sheen), _U(255))


@njit(cache=True, nogil=True, error_model="numpy")
def wash(colour: Mask, density: Mask, sheet: Mask, out: Mask) -> None:
    """Transparent paint on paper. All flat and equally long, so that the loop is one of vectors.

    `colour` is what paint of density 1 would show on white, `density` has 64 as one, and `sheet` is the bare
    paper as it is lit. Pigment follows C - (C - C^2)(d - 1) (Bousseau et al., "Interactive watercolor
    rendering with temporal coherence and abstraction", 2006), so white paper stays white.
    """
    for i in range(out.shape[0]):
        clear = np.int32(colour[i])
        thick = np.int32(np.int32(density[i]) - _I(64))
        # 257 / 2^22 and 257 / 2^16 stand for 1 / (64 * 255) and 1 / 255. Casts keep products 32 bits wide.
        taken = np.int32(np.int32(clear * np.int32(_I(255) - clear)) * thick)
        clear = np.int32(clear - (np.int32(np.int32(taken * _I(257)) + _I(1 << 21)) >> _I(22)))
        shown = np.int32(np.int32(np.int32(max(clear, _I(0)) * np.int32(sheet[i])) * _I(257)) + _I(32768))
        out[i] = np.uint8(min(shown >> _I(16), _I(255)))
