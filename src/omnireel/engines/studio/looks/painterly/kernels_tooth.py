"""Loops that break drawings on the tooth of their paper, compiled. All vectorise."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask

_F = np.float32
_WHOLE = 96
"""What `bite` writes where tooth changes nothing."""
SOLID = 192
"""What `bite_tone` writes where there is the ink and nothing else; heavier marks are darker still."""


@njit(cache=True, nogil=True, error_model="numpy")
def bite(light: Mask, line: Mask, tooth: Mask, rough: np.float32, taken: Mask, drawn: Mask) -> None:
    """How much of the marks and of the lines the paper takes. All are flat and equally long.

    `light` is how light the marks are, `line` how strong the lines, `tooth` 128 in the middle. Light marks
    catch only the high points, heavy ones fill the paper.
    """
    for i in range(tooth.shape[0]):
        high = (_F(tooth[i]) - _F(128)) * (rough * _F(1 / 64))
        taken[i] = np.uint8(np.int32(max(_F(1) + high * _F(light[i]) * _F(1 / 255), _F(0)) * _F(_WHOLE)))
        strong = _F(line[i]) * _F(1 / 255)
        strong = strong * (_F(1) + high * (_F(1.2) - strong))
        drawn[i] = np.uint8(np.int32(min(max(strong, _F(0)), _F(1)) * _F(255)))


@njit(cache=True, nogil=True, error_model="numpy")
def rub(marks: Mask, taken: Mask, drawn: Mask, paper: Mask, ink: Mask, out: Mask) -> None:
    """Marks as far as the paper took them, and lines in `ink` over them. `(height, 3 width)`, `ink` a row."""
    for y in range(out.shape[0]):
        for i in range(out.shape[1]):
            left = _F(255) - (_F(255) - _F(marks[y, i])) * (_F(taken[y, i]) * _F(1 / _WHOLE))
            shown = max(left, _F(0)) * _F(paper[y, i]) * _F(1 / 255)
            shown = shown + (_F(ink[i]) - shown) * (_F(drawn[y, i]) * _F(1 / 255))
            out[y, i] = np.uint8(np.int32(shown + _F(0.5)))


@njit(cache=True, nogil=True, error_model="numpy")
def bite_tone(
    cover: Mask, line: Mask, tooth: Mask, rough: np.float32, weight: np.float32, share: Mask
) -> None:
    """`bite` for marks of one ink: `cover` is how much of it was laid, `share` what is seen of it, `SOLID` as
    one. `weight`, 0 to 1, is how much darker than white the ink is."""
    for i in range(tooth.shape[0]):
        high = (_F(tooth[i]) - _F(128)) * (rough * _F(1 / 64))
        laid = _F(cover[i]) * _F(1 / 255)
        taken = max(laid * (_F(1) + high * (_F(1) - laid * weight)), _F(0))
        strong = _F(line[i]) * _F(1 / 255)
        strong = min(max(strong * (_F(1) + high * (_F(1.2) - strong)), _F(0)), _F(1))
        seen = taken + (_F(1) - taken) * strong
        share[i] = np.uint8(np.int32(min(seen * _F(SOLID) + _F(0.5), _F(255))))


@njit(cache=True, nogil=True, error_model="numpy")
def rub_tone(share: Mask, paper: Mask, ink: Mask, out: Mask) -> None:
    """One ink in its `share` over the paper. `(height, 3 width)`, `ink` a row."""
    for y in range(out.shape[0]):
        for i in range(out.shape[1]):
            bare = _F(paper[y, i])
            shown = bare + (_F(ink[i]) - bare) * (_F(share[y, i]) * _F(1 / SOLID))
            out[y, i] = np.uint8(np.int32(max(shown, _F(0)) + _F(0.5)))
