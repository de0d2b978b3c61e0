"""Loops that finish painted pictures at full size, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask
from omnireel.media.frames import Frame

_F = np.float32


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
