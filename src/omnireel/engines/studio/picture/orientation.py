"""Which way a picture's grain runs at every pixel."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.kernels_lines import find_tangents
from omnireel.engines.studio.picture.raster import Mask, Plane, boxed


def structure_of(luma: Mask, reach: int) -> Plane:
    """`(height, width, 3)`: the smoothed structure tensor (xx, yy, xy) over about `reach` pixels.

    It may be blended from frame to frame, which directions may not: they have no sign.
    """
    across = cast("Plane", cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.25))
    down = cast("Plane", cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.25))
    tensor = cast("Plane", cv2.merge([across * across, down * down, across * down]))
    side = max(3, reach | 1)
    return boxed(boxed(tensor, side), side)


def tangents_of(tensor: Plane) -> Plane:
    """`(height, width, 3)`: x and y of the unit direction along the grain, and how decided it is, 0 to 1."""
    out = np.empty_like(tensor)
    find_tangents(tensor, out)
    return out
