"""Lamps: what outshines its surroundings shines on by itself when the day goes, and blooms."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, Light, View
from omnireel.engines.studio.looks.light.memory import Memory
from omnireel.engines.studio.looks.light.tones import ramp, ramp_of_bytes
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    boxed,
    curved,
    grey_of,
    shrunk,
    size_of,
    stretched,
)
from omnireel.media.frames import Frame

_BRIGHT = 0.88
"""Share of the clip's pixels darker than what may be a lamp."""
_LEAST = 0.50
_OUTSHINE = (0.08, 0.24)
"""By how much a lamp outshines what is left without small lights, to begin to glow and to glow fully."""
_WIDEST = 0.055
"""Width of the widest lamp, as a share of the short side."""
_CROWD = (0.34, 0.12)
"""Share of a neighbourhood that glitters, from which glitter is mere texture, and up to which it is lamps."""
_MARGIN = np.ones((9, 9), np.uint8)
_MEMORY = 0.6
_OWN = np.full(3, 0.9, np.float32)
"""How much of a lamp's light stays in its place."""


class Lamps:
    """Light from lit windows, lamps and glints. `tint` is its colour; `strength` 1 is a street at night."""

    def __init__(self, footage: Footage, tint: Plane, strength: float) -> None:
        luma = np.concatenate([grey_of(shrunk(frame, (96, 96))).ravel() for frame in footage.samples])
        self._level = max(_LEAST, float(np.quantile(luma, _BRIGHT)) / 255)
        self._strength = np.float32(strength)
        level = np.arange(256)[:, None] * 0.35 + tint * (0.75 * 255)
        self._warm = np.asarray(np.clip(level, 0, 255), np.uint8)[None]
        self._sky = footage.sky
        side = max(3, round(min(footage.grid) * _WIDEST / 2))
        self._window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        self._memory = Memory(_MEMORY)

    def fall(self, view: View, light: Light) -> None:
        """Add the lamps' own light and its bloom."""
        lamps = self._found(view) * self._strength
        warm = cast("Frame", curved(view.moment.small, self._warm))
        light.show(lamps, warm, _OWN)
        few = shrunk(warm, view.grid(4)).astype(np.float32) * shrunk(lamps, view.grid(4))[..., None]
        light.shine(stretched(scattered(few * np.float32(1 / 255), 1.2, 1.0), view.size))

    def _found(self, view: View) -> Plane:
        small = shrunk(view.grey, view.grid(2))
        # What is wider than a window is a wall in the sun, not a lamp.
        broad = stretched(cast("Mask", cv2.morphologyEx(small, cv2.MORPH_OPEN, self._window)), view.size)
        lamps = view.bright(self._level - 0.06, self._level + 0.14)
        lamps *= ramp_of_bytes(cast("Mask", cv2.subtract(view.grey, broad)), *_OUTSHINE)
        crowd = stretched(boxed(boxed(shrunk(lamps, view.grid(8)), 7), 7), view.size)
        lamps *= ramp(crowd, *_CROWD) * (1 - cast("Plane", cv2.dilate(self._sky.find(view.moment), _MARGIN)))
        return self._memory.settled(lamps, view.moment.motion)


def bloomed(source: Plane, near: float = 0.9, far: float = 0.8) -> Plane:
    """Light scattered around its sources, in a small and a wide ring."""
    size = size_of(source)
    small = shrunk(source, (max(8, size[0] // 4), max(8, size[1] // 4)))
    return stretched(scattered(small, near, far), size)


def scattered(small: Plane, near: float, far: float) -> Plane:
    """`bloomed` on a quarter of the working grid."""
    few = size_of(small)
    tight = boxed(boxed(small, 5), 5)
    wide = boxed(boxed(shrunk(small, (max(6, few[0] // 2), max(6, few[1] // 2))), 11), 11)
    return tight * np.float32(near) + stretched(wide, few) * np.float32(far)
