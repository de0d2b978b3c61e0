"""Where the sky is: smooth, blue or bright, and open to the top of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.tones import luma_of, ramp, ramp_of_bytes
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    grey_of,
    shrunk,
    size_of,
    stretched,
)
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

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
    """Finds the sky of one clip on its working grid, frame by frame in order."""

    def __init__(self, samples: Sequence[Frame], grid: Size) -> None:
        self._size = _coarse(grid)
        tops = [_likeness(_reduced(frame, self._size))[: max(2, self._size[1] // 8)] for frame in samples]
        share = float(np.mean([np.quantile(top, 0.75) for top in tops]))
        self.gate = float(ramp(np.array([share], np.float32), _OPEN, _OPEN + 0.3)[0])
        """0 when the clip shows no sky, 1 when it surely does."""
        self._last: Moment | None = None
        self._found: Plane = np.zeros((1, 1), np.float32)

    def find(self, moment: Moment) -> Plane:
        """`(height, width)`, 0 to 1. Several may ask for one frame."""
        small, motion = moment.small, moment.motion
        if self.gate <= 0:
            return np.zeros(small.shape[:2], np.float32)
        if self._last is moment:
            return self._found
        found = stretched(_open_to_the_top(_likeness(_reduced(small, self._size))), size_of(small))
        found = found * _sharp(small) * np.float32(self.gate)
        if self._last is not None and _follows(moment, self._last):
            past = motion.follow(self._found)
            found = found + (past - found) * (motion.trust * _MEMORY)
        self._last, self._found = moment, found
        return found


def _follows(moment: Moment, last: Moment) -> bool:
    return not moment.motion.cut and moment.index == last.index + last.hold


def _open_to_the_top(alike: Plane) -> Plane:
    """What is joined to sky at the top edge: a reconstruction by dilation, which finds its way round birds,
    masts and branches (Vincent, "Morphological Grayscale Reconstruction", 1993)."""
    limit = cast("Mask", cv2.convertScaleAbs(boxed(alike, 3), alpha=255))
    reached = np.zeros_like(limit)
    reached[:_TOP] = limit[:_TOP]
    for _ in range(_STEPS):
        reached = cast("Mask", cv2.min(cv2.dilate(reached, _STEP), limit))
    return np.asarray(cv2.dilate(reached, _SPREAD) * np.float32(1 / 255), np.float32)


def _coarse(grid: Size) -> Size:
    return max(12, round(grid[0] * _ROWS / grid[1])), _ROWS


def _reduced(frame: Frame, size: Size) -> Plane:
    return shrunk(frame, size).astype(np.float32) / np.float32(255)


def _likeness(colours: Plane) -> Plane:
    """How far each colour of a coarse picture is a sky's, by hue, brightness and smoothness."""
    luma = luma_of(colours)
    blue = colours[..., 0] - colours[..., 2]
    pale = ramp(luma, 0.66, 0.86) * ramp(np.abs(blue), 0.30, 0.16)
    blueish = ramp(blue, 0.04, 0.16) * ramp(luma, 0.12, 0.26)
    detail = np.abs(luma - boxed(luma, 5))
    return np.asarray(np.maximum(pale, blueish) * ramp(boxed(detail, 5), 0.05, 0.018), np.float32)


def _sharp(small: Frame) -> Plane:
    """The likeness at the working size, by colour alone, so that roofs and branches keep their edges."""
    grey = grey_of(small)
    # Half the difference around the middle, so that it fits a byte.
    blue = cast("Mask", cv2.addWeighted(small[..., 0], 0.5, small[..., 2], -0.5, 127.5))
    blueish = ramp_of_bytes(blue, 0.49, 0.54) * ramp_of_bytes(grey, 0.12, 0.28)
    return np.asarray(np.maximum(ramp_of_bytes(grey, 0.52, 0.70), blueish), np.float32)
