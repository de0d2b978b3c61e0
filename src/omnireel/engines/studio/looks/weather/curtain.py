"""Rain and snow as a few sheets of drops, each painted once and drawn past the lens at its own depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage
from omnireel.engines.studio.picture.raster import Mask, boxed
from omnireel.media.frames import Frame

_SUBPIXEL = 4
_STEP = 1 << _SUBPIXEL


@dataclass(frozen=True)
class Depth:
    """One sheet of drops. Lengths are shares of the canvas height, speeds heights a second."""

    count: int
    length: float
    """How far a drop falls while the shutter is open; a flake a little further, or it would look frozen."""
    width: float
    speed: float
    wind: float
    level: int
    """Brightness, 0 to 255."""
    soft: float = 0.0
    """How far it is out of focus."""


RAIN = (
    Depth(900, 0.022, 0.0011, 1.5, -0.16, 34),
    Depth(260, 0.055, 0.0016, 2.3, -0.26, 58),
    Depth(46, 0.13, 0.0030, 3.4, -0.40, 86, 0.0042),
)
SNOW = (
    Depth(760, 0.0044, 0.0026, 0.11, 0.03, 165, 0.0028),
    Depth(250, 0.0100, 0.0056, 0.22, 0.07, 205, 0.0042),
    Depth(60, 0.0200, 0.0120, 0.42, 0.15, 205, 0.0097),
    Depth(9, 0.0330, 0.0300, 0.48, 0.19, 120, 0.0240),
)
_SWAY = 0.016


class _Sheet:
    """Drops of one depth on a canvas that repeats beyond its edges."""

    def __init__(self, size: tuple[int, int], depth: Depth, random: np.random.Generator, count: int) -> None:
        self.depth, (self._width, self._height) = depth, size
        painted = _streaks(size, depth, random, count)
        self._painted: Mask = cast(
            "Mask", cv2.copyMakeBorder(painted, 0, self._height, 0, self._width, cv2.BORDER_WRAP)
        )

    def at(self, x: float, y: float) -> Mask:
        """The sheet moved right by `x` and down by `y` pixels."""
        left, top = round(-x) % self._width, round(-y) % self._height
        return self._painted[top : top + self._height, left : left + self._width]


class Drops:
    """Rain: three depths of streaks. `amount` 1 is steady rain."""

    def __init__(self, footage: Footage, amount: float) -> None:
        random = np.random.default_rng(footage.seed + 71)
        self._fps, self._height = footage.fps, footage.size[1]
        self._sheets = [_Sheet(footage.size, depth, random, round(depth.count * amount)) for depth in RAIN]

    def draw(self, frame: Frame, index: int) -> Frame:
        """Add the rain to a frame."""
        seconds = index / self._fps
        sheets = [
            sheet.at(seconds * sheet.depth.wind * self._height, seconds * sheet.depth.speed * self._height)
            for sheet in self._sheets
        ]
        return _added(frame, sheets)


class Flakes:
    """Snow: three depths of flakes and a few close to the lens, each swaying in its own time."""

    def __init__(self, footage: Footage, amount: float) -> None:
        random = np.random.default_rng(footage.seed + 73)
        self._fps, self._height = footage.fps, footage.size[1]
        self._sheets = [_Sheet(footage.size, depth, random, round(depth.count * amount)) for depth in SNOW]

    def draw(self, frame: Frame, index: int) -> Frame:
        """Add the snow to a frame."""
        seconds = index / self._fps
        sheets = []
        for number, sheet in enumerate(self._sheets):
            sway = _SWAY * (0.4 + 0.4 * number) * np.sin(seconds * (0.9 + 0.25 * number) + number * 2.1)
            across = (seconds * sheet.depth.wind + sway) * self._height
            sheets.append(sheet.at(float(across), seconds * sheet.depth.speed * self._height))
        return _added(frame, sheets)


def _added(frame: Frame, sheets: list[Mask]) -> Frame:
    whole = sheets[0]
    for sheet in sheets[1:]:
        whole = cast("Mask", cv2.max(whole, sheet))
    return cast("Frame", cv2.add(frame, cv2.merge([whole, whole, whole])))


def _streaks(size: tuple[int, int], depth: Depth, random: np.random.Generator, count: int) -> Mask:
    width, height = size
    sheet = np.zeros((height, width), np.uint8)
    lean = depth.wind / depth.speed
    for x, y, tone in random.random((count, 3)):
        length = depth.length * height * (0.6 + 0.4 * tone)
        left, top = x * width, y * height
        level = int(depth.level * (0.45 + 0.55 * tone))
        thick = max(1, round(depth.width * height * (0.6 + 0.4 * tone)))
        for dx in (0, -width) if left + lean * length < 0 or left > width else (0, width):
            for dy in (0, -height):
                start = round((left + dx) * _STEP), round((top + dy) * _STEP)
                end = round((left + dx + lean * length) * _STEP), round((top + dy + length) * _STEP)
                cv2.line(sheet, start, end, level, thick, cv2.LINE_AA, _SUBPIXEL)
    return boxed(sheet, round(depth.soft * height) | 1)
