"""A height field from brightness alone: everything with an outline swells between its edges."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, Plane, length_of
from omnireel.engines.studio.picture.volume import inflated


def outlined(luma: Mask, bevel: float, seam: tuple[float, float]) -> Plane:
    """Height in pixels, up to `bevel`. `seam` are the grey levels per pixel at which an outline begins to
    cut in, and cuts to the ground."""
    across = cast("Plane", cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.25))
    down = cast("Plane", cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.25))
    steep = length_of(across, down)
    depth = np.clip((steep - seam[0]) / (seam[1] - seam[0]), 0, 1).astype(np.float32)
    return np.asarray(np.sqrt(inflated(depth, bevel) * np.float32(2)), np.float32)
