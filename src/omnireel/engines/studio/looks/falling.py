"""Rain, snow and fog between the lens and the scene."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    curved,
    grey_of,
    shrunk,
    stretched,
)
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame
from omnireel.models import Weather

_DROPS = {Weather.RAIN: 260, Weather.STORM: 420, Weather.SNOW: 300}
_FOG = {Weather.RAIN: 0.16, Weather.STORM: 0.22, Weather.SNOW: 0.20, Weather.FOG: 0.62}
_FOG_COLOUR = np.array([206, 200, 194], np.uint8)
_RAIN_SPEED, _RAIN_WIND = 2.6, -0.22
_SNOW_SPEED, _SNOW_WIND = 0.20, -0.05
"""Canvas heights per second."""
_SUBPIXEL = 4
"""Binary places OpenCV's line and circle positions have behind the point."""


class Falling:
    """Weather in front of the picture. `fps` is the clip's rate; one seed gives the same drops every time."""

    def __init__(self, weather: Weather, size: Size, fps: float, seed: int) -> None:
        self._weather, self._size, self._fps = weather, size, fps
        random = np.random.default_rng(seed)
        self._drops = random.random((_DROPS.get(weather, 0), 4))
        self._fog = _fog_by_row(size[1]) * _FOG.get(weather, 0.0)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment seen through the weather."""
        return (moment.repainted(self.seen_through(moment)) for moment in moments)

    def seen_through(self, moment: Moment) -> Frame:
        """One frame behind fog and drops."""
        frame = _veiled(moment.frame, moment.small, self._fog)
        if not len(self._drops):
            return frame
        drops = self._rain(moment.index) if self._weather is not Weather.SNOW else self._snow(moment.index)
        return cast("Frame", cv2.add(frame, cv2.merge([drops] * 3)))

    def _rain(self, index: int) -> Mask:
        width, height = self._size
        layer = np.zeros((height, width), np.uint8)
        for x, y, depth, _ in self._drops:
            fall = index / self._fps * (0.5 + 0.5 * depth)
            top = (y + fall * _RAIN_SPEED) % 1.0 * 1.1 * height
            left = (x + fall * _RAIN_WIND) % 1.0 * width
            length = height * 0.05 * (0.4 + 0.6 * depth)
            start = _fixed(left), _fixed(top - length)
            end = _fixed(left + length * _RAIN_WIND / _RAIN_SPEED), _fixed(top)
            thick = 1 + int(depth > 0.85) * (height // 720 + 1)
            cv2.line(layer, start, end, int(30 + 80 * depth * depth), thick, cv2.LINE_AA, _SUBPIXEL)
        return layer

    def _snow(self, index: int) -> Mask:
        width, height = self._size
        layer = np.zeros((height, width), np.uint8)
        for x, y, depth, phase in self._drops:
            time = index / self._fps
            fall = time * (0.35 + 0.65 * depth)
            top = (y + fall * _SNOW_SPEED) % 1.0 * 1.06 - 0.03
            sway = 0.012 * np.sin(time * 1.7 + phase * 6.3)
            left = (x + fall * _SNOW_WIND + sway) % 1.0
            radius = max(0.7, depth**2.2 * height / 150)
            centre = _fixed(left * width), _fixed(top * height)
            cv2.circle(layer, centre, _fixed(radius), int(90 + 140 * depth), -1, cv2.LINE_AA, _SUBPIXEL)
        return layer


def _fixed(length: float) -> int:
    return round(length * (1 << _SUBPIXEL))


def _fog_by_row(height: int) -> Plane:
    """Thickest at the far end of the ground, which in most pictures lies a little above the middle."""
    level = np.linspace(0, 1, height, dtype=np.float32)
    return np.asarray(0.55 + 0.45 * np.exp(-(((level - 0.38) / 0.3) ** 2)), np.float32)


def _veiled(frame: Frame, small: Frame, fog: Plane) -> Frame:
    """Mix in fog by row, less of it where something dark and therefore probably near stands."""
    if not fog.any():
        return frame
    size = frame.shape[1], frame.shape[0]
    few = shrunk(grey_of(small), (max(4, small.shape[1] // 8), max(4, small.shape[0] // 8)))
    far = curved(stretched(boxed(few, 5), size), np.arange(128, 256, 0.5).astype(np.uint8))
    thickness = np.repeat((fog * 255).astype(np.uint8)[:, None], size[0], axis=1)
    share = cv2.multiply(far, thickness, scale=1 / 255)
    shares = cv2.merge([share] * 3)
    veil = cv2.multiply(np.broadcast_to(_FOG_COLOUR, frame.shape).copy(), shares, scale=1 / 255)
    return cast("Frame", cv2.add(cv2.multiply(frame, cv2.bitwise_not(shares), scale=1 / 255), veil))
