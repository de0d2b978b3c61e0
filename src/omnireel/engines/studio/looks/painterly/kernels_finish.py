"""Loops that finish painted pictures at full size, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.looks.painterly.kernels_strokes import Words
from omnireel.engines.studio.picture.raster import Mask
from omnireel.media.frames import Frame

_F, _U, _N = np.float32, np.uint32, np.uint64


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
def wash(
    colour: Frame, density: Mask, dimples: Mask, sheet: Mask, paper: Mask, grain: np.float32, out: Frame
) -> None:
    """Transparent paint on paper.

    `colour` is what paint of density 1 would show on white, `density` has 64 as one. Pigment follows C - (C -
    C^2)(d - 1) (Bousseau et al., "Interactive watercolor rendering with temporal coherence and abstraction",
    2006), so white paper stays white. `grain` says how much of it settles in `dimples`, which have 128 in the
    middle. `sheet` is the relief of the paper, lit from the upper left, and `paper` its colour.
    """
    height, width = density.shape
    for y in range(height):
        above = max(y - 1, 0)
        for x in range(width):
            shade = _F(1) + (_F(sheet[y, x]) - _F(sheet[above, max(x - 1, 0)])) * _F(1 / 3200)
            settled = (_F(128) - _F(dimples[y, x])) * grain * _F(1 / 128)
            thick = _F(density[y, x]) * _F(1 / 64) - _F(1) + settled
            for c in range(3):
                clear = _F(colour[y, x, c]) * _F(1 / 255)
                clear = clear - (clear - clear * clear) * thick
                shown = max(clear, _F(0)) * _F(paper[c]) * shade
                out[y, x, c] = np.uint8(np.int32(min(shown + _F(0.5), _F(255))))
