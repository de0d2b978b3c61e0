"""Wet ground: what stands above it mirrored in its smooth parts, and drops that splash on it."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, Light, View
from omnireel.engines.studio.looks.light.memory import Memory
from omnireel.engines.studio.looks.light.tones import luma_of, ramp, saturation_of
from omnireel.engines.studio.picture.raster import Mask, Plane, boxed, fetched, shrunk, stretched
from omnireel.media.frames import Frame

_SHORE = 0.56
"""Row, as a share of the height, below which the ground is taken to lie."""
_MEMORY = 0.8
_SPLASHES = 70
_LIFE = 0.22
"""Seconds a splash lasts."""
_DARKENING = 0.45
_WET_LIGHT = np.array([0.92, 0.86, 0.82], np.float32)


class WetGround:
    """Reflections in the lower part of the picture, where it is smooth and of little colour."""

    def __init__(self, footage: Footage, amount: float) -> None:
        self._amount = np.float32(amount)
        width, height = footage.grid
        self._half = max(8, width // 2), max(8, height // 2)
        y = np.linspace(0, 1, self._half[1], dtype=np.float32)[:, None]
        self._ground = np.asarray(ramp(y, _SHORE, _SHORE + 0.3) * np.ones((1, self._half[0])), np.float32)
        self._x = np.tile(np.arange(self._half[0], dtype=np.float32), (self._half[1], 1))
        above = np.float32(_SHORE) - (y - np.float32(_SHORE)) * np.float32(1.15)
        self._y = np.asarray(np.abs(above) * (self._half[1] - 1) * np.ones((1, self._half[0])), np.float32)
        self._memory = Memory(_MEMORY)

    def fall(self, view: View, light: Light) -> None:
        """Lay the reflections of one frame."""
        small = shrunk(view.moment.small, self._half)
        wave = np.sin(self._y * np.float32(0.9) + np.float32(view.seconds * 7)) * np.float32(1.4)
        mirrored = fetched(cast("Frame", cv2.blur(small, (3, 15))), self._x + wave, self._y)
        share = self._shine(view, small.astype(np.float32) * np.float32(1 / 255)) * self._amount
        light.show(share, stretched(mirrored, view.size), _WET_LIGHT, _DARKENING)

    def _shine(self, view: View, small: Plane) -> Plane:
        """How far each pixel of the working grid is a mirror, 0 to 1."""
        luma = luma_of(small)
        smooth = ramp(boxed(np.abs(luma - boxed(luma, 5)), 9), 0.07, 0.02)
        grey = ramp(boxed(saturation_of(small), 5), 0.55, 0.25)
        shine = stretched(self._ground * (np.float32(0.25) + np.float32(0.75) * smooth * grey), view.size)
        return self._memory.settled(shine, view.moment.motion)


class Splashes:
    """Rings and beads where drops strike the ground; larger towards the lens."""

    def __init__(self, footage: Footage) -> None:
        self._fps, self._size = footage.fps, footage.size
        self._drops = np.random.default_rng(footage.seed + 97).random((_SPLASHES, 4))

    def draw(self, frame: Frame, index: int) -> Frame:
        """Draw the splashes of one frame into it."""
        width, height = self._size
        for number, (x, y, phase, pace) in enumerate(self._drops):
            turn = index / self._fps / (_LIFE * (0.8 + 0.6 * pace)) + phase
            age, life = turn % 1.0, int(turn)
            near = (y + life * 0.377) % 1.0
            place = (
                (x + life * 0.618 + number * 0.1) % 1.0 * width,
                height * (_SHORE + 0.05 + (0.95 - _SHORE) * near),
            )
            _ring(frame, place, height * (0.003 + 0.014 * near) * (0.25 + age), 0.34 * (1 - age))
        return frame


def _ring(frame: Frame, centre: tuple[float, float], radius: float, strength: float) -> None:
    reach = int(radius) + 3
    left, top = int(centre[0]) - reach, int(centre[1]) - reach
    if left < 0 or top < 0 or left + 2 * reach >= frame.shape[1] or top + 2 * reach >= frame.shape[0]:
        return
    drawn: Mask = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    axes = max(1, round(radius * 8)), max(1, round(radius * 2.6))
    middle = reach * 8 + 4, reach * 8 + 4
    cv2.ellipse(drawn, middle, axes, 0, 0, 360, int(255 * strength), 1, cv2.LINE_AA, 3)
    part = frame[top : top + len(drawn), left : left + len(drawn)]
    frame[top : top + len(drawn), left : left + len(drawn)] = cv2.add(part, cv2.merge([drawn] * 3))
