"""A frame's own colours without the blocks its coder left in them."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, boxed, medianed, shrunk, size_of, stretched
from omnireel.media.frames import Frame

_PART = 4
"""Pixels per side of the canvas to one of the grid on which hues are calmed; brightness is left alone."""


def with_calm_hues(frame: Frame) -> Frame:
    """The frame with its hues calmed, for shades that tell leaf from soil by hue: those would lay bare every
    block of a coded source. A median keeps the borders between things."""
    planes = list(cv2.split(cv2.cvtColor(frame, cv2.COLOR_BGR2YCrCb)))
    size = size_of(frame)
    few = max(2, size[0] // _PART), max(2, size[1] // _PART)
    for hue in (1, 2):
        planes[hue] = stretched(boxed(medianed(shrunk(cast("Mask", planes[hue]), few)), 3), size)
    return np.asarray(cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2BGR), np.uint8)
