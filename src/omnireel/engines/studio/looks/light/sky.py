"""Where the sky is: smooth, blue or bright, and open to the top of the picture."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, View
from omnireel.engines.studio.looks.light.tones import luma_of, ramp
from omnireel.engines.studio.picture.raster import Plane, Size, boxed, shrunk, size_of, stretched

_MEMORY = np.float32(0.85)
_OPEN = 0.30
"""Mean likeness of the clip's top rows to a sky from which there is one at all."""
_ROWS = 96
_TOP = 3
"""Rows of the top edge."""
_SPREAD = np.ones((5, 5), np.uint8)
_STEP = np.ones((9, 9), np.uint8)
_STEPS = 30


class Sky:
    """Finds the sky of one clip, frame by frame in order."""

    def __init__(self, footage: Footage) -> None:
        self._size = _coarse(footage.grid)
        tops = [
            _likeness(_reduced(frame, self._size))[: max(2, self._size[1] // 8)] for frame in footage.samples
        ]
        share = float(np.mean([np.quantile(top, 0.75) for top in tops]))
        self.gate = float(ramp(np.array([share], np.float32), _OPEN, _OPEN + 0.3)[0])
        """0 when the clip shows no sky, 1 when it surely does."""
        self._past: Plane | None = None

    def find(self, view: View) -> Plane:
        """`(height, width)` on the working grid, 0 to 1."""
        size = size_of(view.luma)
        if self.gate <= 0:
            return np.zeros_like(view.luma)
        found = stretched(_open_to_the_top(_likeness(shrunk(view.small, self._size))), size)
        found = found * _sharp(view) * np.float32(self.gate)
        motion = view.moment.motion
        if self._past is not None and not motion.cut:
            past = motion.follow(self._past)
            found = found + (past - found) * (motion.trust * _MEMORY)
        self._past = found
        return found


def _open_to_the_top(alike: Plane) -> Plane:
    """What is joined to sky at the top edge: a reconstruction by dilation, which finds its way round birds,
    masts and branches (Vincent, "Morphological Grayscale Reconstruction", 1993)."""
    limit = boxed(alike, 3)
    reached = np.zeros_like(limit)
    reached[:_TOP] = limit[:_TOP]
    for _ in range(_STEPS):
        reached = np.minimum(cast("Plane", cv2.dilate(reached, _STEP)), limit)
    return cast("Plane", cv2.dilate(reached, _SPREAD))


def _coarse(grid: Size) -> Size:
    return max(12, round(grid[0] * _ROWS / grid[1])), _ROWS


def _reduced(frame: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], size: Size) -> Plane:
    return shrunk(frame, size).astype(np.float32) / np.float32(255)


def _likeness(colours: Plane) -> Plane:
    """How far each colour of a coarse picture is a sky's, by hue, brightness and smoothness."""
    luma = luma_of(colours)
    blue = colours[..., 0] - colours[..., 2]
    pale = ramp(luma, 0.66, 0.86) * ramp(np.abs(blue), 0.30, 0.16)
    blueish = ramp(blue, 0.04, 0.16) * ramp(luma, 0.12, 0.26)
    detail = np.abs(luma - boxed(luma, 5))
    return np.asarray(np.maximum(pale, blueish) * ramp(boxed(detail, 5), 0.05, 0.018), np.float32)


def _sharp(view: View) -> Plane:
    """The likeness at the working size, by colour alone, so that roofs and branches keep their edges."""
    blue = view.small[..., 0] - view.small[..., 2]
    blueish = ramp(blue, -0.02, 0.08) * ramp(view.luma, 0.12, 0.28)
    return np.asarray(np.maximum(ramp(view.luma, 0.52, 0.70), blueish), np.float32)
