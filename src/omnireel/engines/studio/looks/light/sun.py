"""A low sun: which side it stands on, the haze it lights, and the edges it catches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, Light, View
from omnireel.engines.studio.looks.light.memory import Memory
from omnireel.engines.studio.looks.light.tones import ramp
from omnireel.engines.studio.picture.raster import Plane, boxed, grey_of, shrunk, softened, stretched
from omnireel.media.frames import Frame

_HEIGHT = 0.14
"""Where the sun stands, from the top."""
_MEMORY = 0.75


class LowSun:
    """Light from a low sun beside the frame. `tint` is its colour; `strength` 1 is the golden hour."""

    def __init__(self, footage: Footage, tint: Plane, strength: float) -> None:
        self._tint, self._strength = tint, np.float32(strength)
        width, height = footage.grid
        self._side = sunny_side(footage.samples)
        sun_x = 1.04 if self._side > 0 else -0.04
        x = np.linspace(0, 1, width, dtype=np.float32)[None] - np.float32(sun_x)
        y = np.linspace(0, 1, height, dtype=np.float32)[:, None] - np.float32(_HEIGHT)
        away = np.hypot(x * np.float32(width / height), y)
        self._disc = np.asarray(np.exp(-((away / 0.34) ** 2)), np.float32)
        self._haze = np.asarray(np.exp(-away / 0.75), np.float32)
        self._cast = np.asarray(1.22 - 0.30 * np.minimum(away, 1.6), np.float32)
        self._rays = _rays(np.arctan2(y, np.abs(x)), self._haze, footage.seed)
        self._memory = Memory(_MEMORY)

    def fall(self, view: View, light: Light) -> None:
        """Lay the sun's light on one frame."""
        light.dim(self._cast)
        bright = stretched(boxed(boxed(shrunk(view.luma, view.grid(8)), 7), 7), view.size)
        air = self._haze * (np.float32(0.26) + np.float32(0.50) * bright)
        glow = air + self._disc * np.float32(0.55) + self._rays * np.float32(0.22)
        rim = self._rim(view) * (np.float32(0.35) + self._haze)
        light.glow((glow + rim * np.float32(1.1)) * self._strength, self._tint)

    def _rim(self, view: View) -> Plane:
        """Edges that face the sun: brightness that rises towards it over a few pixels."""
        soft = softened(view.luma, 1.6)
        slope = cast("Plane", cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=0.125)) * np.float32(-self._side)
        slope += cast("Plane", cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=0.125)) * np.float32(0.5)
        rim = ramp(slope, 0.012, 0.07) * view.bright(0.08, 0.45)
        return self._memory.settled(rim, view.moment.motion)


def sunny_side(samples: Sequence[Frame]) -> int:
    """-1 when the upper left of a clip is its brighter side, else 1."""
    small = np.mean([grey_of(shrunk(frame, (32, 32))) for frame in samples], axis=0)
    upper = small[:20]
    return -1 if upper[:, :12].mean() > upper[:, 20:].mean() else 1


def _rays(angle: Plane, haze: Plane, seed: int) -> Plane:
    random = np.random.default_rng(seed + 11)
    beams = np.zeros_like(angle)
    for waves in (9.0, 17.0, 31.0):
        beams += np.sin(angle * np.float32(waves) + np.float32(random.random() * 6.3)) / np.float32(3)
    return np.asarray(np.clip(beams, 0, 1) * haze, np.float32)
