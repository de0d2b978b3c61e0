"""A frame's own colours without the blocks its coder left in them."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.kernels import tint
from omnireel.engines.studio.picture.raster import Mask, boxed, grey_of, medianed, shrunk, size_of, stretched
from omnireel.media.frames import Frame

_PART = 4
"""Pixels per side of the canvas to one of the grid on which hues are calmed; brightness is left alone."""


def calm_planes(frame: Frame) -> Mask:
    """`(3, height, width)`: the frame's colours with their hues calmed, for shades that tell leaf from soil
    by hue: those would lay bare every block of a coded source. A median keeps the borders between things."""
    size = size_of(frame)
    few = max(2, size[0] // _PART), max(2, size[1] // _PART)
    calm = boxed(medianed(shrunk(frame, few)), 3)
    hues = calm.astype(np.int16) - grey_of(calm).astype(np.int16)[..., None]
    out: Mask = np.empty((3, size[1], size[0]), np.uint8)
    tint(grey_of(frame), np.stack([stretched(cast("Mask", hue), size) for hue in cv2.split(hues)]), out)
    return out
