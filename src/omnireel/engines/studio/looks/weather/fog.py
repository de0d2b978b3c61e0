"""Fog by distance: the dark channel of a picture says how far things are, drifting banks how thick it is."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, Light, View
from omnireel.engines.studio.looks.light.fields import drifted, noise_tile
from omnireel.engines.studio.looks.light.memory import Memory
from omnireel.engines.studio.looks.light.tones import luma_of, ramp, weakest_of
from omnireel.engines.studio.picture.raster import Plane, boxed, softened, stretched

_WINDOW = np.ones((7, 7), np.uint8)
_MEMORY = 0.85
_WIND = 22.0
"""Texels a second."""


class Fog:
    """Fog over one clip. `amount` 1 hides what is far, `tint` is its colour.

    Distance is guessed from the dark channel (He, Sun and Tang, "Single Image Haze Removal Using Dark Channel
    Prior", 2009): haze lifts the darkest channel of what is far. The row and smoothness say the rest.
    """

    def __init__(self, footage: Footage, amount: float, tint: Plane) -> None:
        self._amount, self._tint = np.float32(amount), tint
        random = np.random.default_rng(footage.seed + 83)
        self._banks = noise_tile(random, ((2, 0.45), (5, 0.3), (12, 0.25)))
        y = np.linspace(0, 1, footage.grid[1], dtype=np.float32)[:, None]
        self._row = np.asarray(0.34 + 0.66 * np.exp(-(((y - 0.30) / 0.34) ** 2)), np.float32)
        self._memory = Memory(_MEMORY)

    def fall(self, view: View, light: Light) -> None:
        """Draw the fog of one frame."""
        far = stretched(self._distance(view), view.size)
        far = self._memory.settled(far, view.moment.motion)
        drift = drifted(self._banks, view.grid(4), 1.6, view.seconds * _WIND, view.seconds * 3)
        banks = stretched(drift, view.size)
        share = self._amount * self._row * (np.float32(0.42) + np.float32(0.58) * far)
        thick = np.minimum(share * (np.float32(0.68) + np.float32(0.62) * banks), np.float32(0.96))
        light.veil(thick, self._tint)

    def _distance(self, view: View) -> Plane:
        """0 near to 1 far, on a quarter of the working grid."""
        small = view.reduced(4).astype(np.float32) * np.float32(1 / 255)
        dark = cast("Plane", cv2.erode(np.ascontiguousarray(weakest_of(small)), _WINDOW))
        luma = luma_of(small)
        detail = boxed(np.abs(luma - boxed(luma, 5)), 9)
        far = ramp(dark, 0.05, 0.55) * np.float32(0.75) + ramp(detail, 0.06, 0.01) * np.float32(0.25)
        return softened(far, 2.5)
