"""Toothed paper: what it takes of the marks made on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.anchor import Sheet
from omnireel.engines.studio.looks.painterly.kernels_tooth import bite, bite_tone, rub, rub_tone
from omnireel.engines.studio.looks.painterly.paper import sheet_relief
from omnireel.engines.studio.looks.painterly.riding import RidingGrain
from omnireel.engines.studio.picture.raster import Mask, Size, grey_of, thrice
from omnireel.media.frames import Frame

_BLUNT = 0.6
"""Half width, in pixels, of the point that all marks are made with: sharper ones shimmer when they move, and
cost a coded clip half as many bytes again."""
_RELIEF = 48.0
"""Steps of relief to a level of the bare paper."""


class ToothedPaper:
    """Paper of one colour, (blue, green, red), whose high points take the pencil first.

    `tile` is its tooth, see `RidingGrain`, and `rough` how much that breaks the marks. The tooth in the marks
    rides along with them; the bare paper stays where it is on the screen.
    """

    def __init__(self, tile: Mask, size: Size, colour: Mask, rough: float) -> None:
        self._tooth, self._rough = RidingGrain(tile, size), np.float32(rough)
        relief = (sheet_relief(tile, size).astype(np.float32) - 128) / np.float32(_RELIEF)
        self._bare = np.clip(np.rint(relief[..., None] + colour), 0, 255).astype(np.uint8)

    def rubbed(self, canvas: Mask, lines: Mask, ink: Mask, sheets: Sequence[Sheet]) -> Frame:
        """A drawing on this paper.

        `canvas` is blue, green, red (white where nothing was drawn) and relief, which is not used; `lines`
        are drawn over it in the colour `ink`.
        """
        marks = cast("Frame", cv2.GaussianBlur(cv2.cvtColor(canvas, cv2.COLOR_BGRA2BGR), (3, 3), _BLUNT))
        tooth = self._tooth.under(sheets)
        taken, drawn, out = np.empty_like(tooth), np.empty_like(tooth), np.empty_like(marks)
        bite(_flat(grey_of(marks)), _flat(lines), _flat(tooth), self._rough, _flat(taken), _flat(drawn))
        row = np.tile(ink, lines.shape[1])
        rub(_rows(marks), _rows(thrice(taken)), _rows(thrice(drawn)), _rows(self._bare), row, _rows(out))
        return out

    def marked(self, cover: Mask, lines: Mask, ink: Mask, sheets: Sequence[Sheet]) -> Frame:
        """A drawing in one colour, `ink`. `cover`, `(height, width)`, is how much of it was laid, and `lines`
        are drawn over that."""
        blunt = cast("Mask", cv2.GaussianBlur(cover, (3, 3), _BLUNT))
        tooth = self._tooth.under(sheets)
        share, weight = np.empty_like(tooth), np.float32(1 - ink.mean() / 255)
        bite_tone(_flat(blunt), _flat(lines), _flat(tooth), self._rough, weight, _flat(share))
        out: Frame = np.empty_like(self._bare)
        row = np.tile(ink, lines.shape[1])
        rub_tone(_rows(thrice(share)), _rows(self._bare), row, _rows(out))
        return out


def _flat(plane: Mask) -> Mask:
    return plane.reshape(-1)


def _rows(frame: Frame) -> Mask:
    return frame.reshape(len(frame), -1)
