"""Pigment in water: where it settles, and how a wash of it looks on paper."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.painterly.kernels_finish import wash
from omnireel.engines.studio.picture.raster import Mask, thrice

ONE = 64
"""The byte that stands for a density of one."""


def granulated(density: Mask, dimples: Mask, grain: float) -> Mask:
    """Density with its share `grain` of pigment moved from high points of the paper, over 128, to hollows."""
    per_level = grain * ONE / 128
    return cast("Mask", cv2.addWeighted(density, 1, dimples, -per_level, 128 * per_level))


def washed(colour: Mask, density: Mask, sheet: Mask) -> Mask:
    """A wash of `colour`, `(height, width)` or `(height, width, 3)`, on a sheet of as many channels.

    See `wash` for what the bytes mean; `density` is `(height, width)`.
    """
    thick = density if colour.ndim == 2 else thrice(density)
    out = np.empty_like(colour)
    wash(colour.reshape(-1), thick.reshape(-1), sheet.reshape(-1), out.reshape(-1))
    return out
