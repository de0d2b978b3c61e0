"""Loops that finish painted pictures at full size, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask
from omnireel.media.frames import Frame

_F = np.float32
_I = np.int32


@njit(cache=True, nogil=True, error_model="numpy")
def light_relief(canvas: Mask, weave: Mask, depth: np.float32, out: Frame) -> None:
    """Paint lit from the upper left: `canvas` is blue, green, red and relief; `weave` has 128 as flat."""
    height, width = weave.shape
    for y in range(height):
        up, down = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            across = _F(np.int32(canvas[y, right, 3]) - np.int32(canvas[y, left, 3]))
            along = _F(np.int32(canvas[down, x, 3]) - np.int32(canvas[up, x, 3]))
            tilt = (across * _F(0.62) + along * _F(0.78)) * depth
            tilt = tilt / (_F(1) + abs(tilt) * _F(0.9))
            shade = _F(1) + tilt * _F(0.55) + (_F(weave[y, x]) - _F(128)) * _F(1 / 256)
            # Wet paint catches light on its steepest ridges.
            sheen = max(tilt - _F(0.22), _F(0)) * _F(64)
            for c in range(3):
                out[y, x, c] = np.uint8(
                    np.int32(min(max(_F(canvas[y, x, c]) * shade + sheen, _F(0)), _F(255)))
                )


@njit(cache=True, nogil=True, error_model="numpy")
def rub(
    canvas: Mask, lines: Mask, tooth: Mask, sheet: Mask, paper: Mask, ink: Mask, rough: np.float32, out: Frame
) -> None:
    """A drawing on toothed paper: light marks catch only its high points, heavy ones fill it.

    `canvas` is blue, green, red (white where nothing was drawn) and relief, which is not used; `lines` are
    drawn over it in the colour `ink`. `tooth`, 128 in the middle, breaks the marks, `rough` says how much;
    `sheet` is the relief of the bare paper.
    """
    height, width = tooth.shape
    for y in range(height):
        for x in range(width):
            high = (_F(tooth[y, x]) - _F(128)) * _F(1 / 64)
            blue, green, red = _F(canvas[y, x, 0]), _F(canvas[y, x, 1]), _F(canvas[y, x, 2])
            dark = _F(1) - (blue + green + green + red) * _F(1 / 1020)
            taken = max(_F(1) + rough * high * (_F(1) - dark), _F(0))
            line = _F(lines[y, x]) * _F(1 / 255)
            line = min(max(line * (_F(1) + rough * high * (_F(1.2) - line)), _F(0)), _F(1))
            bump = (_F(sheet[y, x]) - _F(128)) * _F(1 / 48)
            for c in range(3):
                left = _F(255) - (_F(255) - _F(canvas[y, x, c])) * taken
                shown = max(left, _F(0)) * (_F(paper[c]) + bump) * _F(1 / 255)
                shown = shown + (_F(ink[c]) - shown) * line
                out[y, x, c] = np.uint8(np.int32(min(max(shown, _F(0)), _F(255))))


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
