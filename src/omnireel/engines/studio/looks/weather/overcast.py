"""A covered sky: clouds where the source has blue."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, Light, View
from omnireel.engines.studio.looks.light.fields import drifted, noise_tile
from omnireel.engines.studio.picture.raster import Plane, stretched

_WIND = 5.0
"""Texels a second."""


class Overcast:
    """Drifting clouds between two tints over a clip's sky. `amount` 1 leaves nothing of what was there."""

    def __init__(self, footage: Footage, dark: Plane, pale: Plane, amount: float) -> None:
        self._dark, self._pale, self._amount = dark, pale, np.float32(amount)
        self._sky = footage.sky
        random = np.random.default_rng(footage.seed + 101)
        self._clouds = noise_tile(random, ((2, 0.4), (5, 0.3), (11, 0.2), (29, 0.1)))

    def fall(self, view: View, light: Light) -> None:
        """Cover the sky of one frame."""
        if self._sky.gate <= 0:
            return
        clouds = stretched(drifted(self._clouds, view.grid(4), 1.6, view.seconds * _WIND, 0.0), view.size)
        share = self._sky.find(view.moment) * self._amount
        light.veil(share, self._dark)
        light.veil(share * clouds, self._pale)
