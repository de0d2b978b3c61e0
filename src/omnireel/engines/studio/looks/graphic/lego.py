"""A picture built of plastic bricks with their studs towards the viewer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.graphic.blocks import PARTS, Mason, Wall
from omnireel.engines.studio.looks.graphic.tones import opened
from omnireel.engines.studio.looks.painterly.memory import settled
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.palette import Palette, palette_among
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    curved,
    lab_of,
    medianed,
    pixel_grid,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_ROWS = 60
"""Studs along the short side."""
_PLASTICS = (
    *("f4f4f4", "a3a8ab", "6c6e68", "1b2024", "c91a09", "720e0f", "fe8a18", "f8bb3d"),
    *("f2cd37", "e4cd9e", "958a73", "582a12", "aa7d55", "f6d7b3", "d09168", "bbd90b"),
    *("4b9f4a", "237841", "184632", "a0bcac", "9b9a5a", "36aebf", "0055bf", "0a3463"),
    *("9fc3e9", "5a93db", "6074a1", "3f3691", "cdb8e0", "e4adc8", "c870a0", "923978", "ebd800"),
)
"""Red, green and blue of the bricks there are: a toy box, not a paint shop."""
_SATURATION = 1.35
_SHARPNESS = 0.7
_MEMORY = 0.7
_RELUCTANCE = 9.0
_STUD = 0.31
"""Radius of a stud, as a share of the block."""
_SEAM = 0.055


@dataclass(frozen=True)
class _Built:
    moment: Moment
    wall: Wall
    joined: Mask
    """255 on blocks that are one brick with their right neighbour, which therefore have no seam there."""


class Lego:
    """The brick look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._curve = size, opened(samples)
        self._colours = _plastic_colours()
        self._mason = Mason(size, _ROWS, _plastics(), _RELUCTANCE)
        self._calm: Frame | None = None
        self._bricks = _brick_tiles(self._mason.side)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in bricks."""
        built = ahead((self.build(moment) for moment in moments), threads=threads)
        return (each.moment.repainted(self.light(each)) for each in built)

    def build(self, moment: Moment) -> _Built:
        """Choose one frame's bricks. Frames must come in order."""
        calm = calmed(cast("Frame", curved(medianed(moment.small), self._curve)), 2)
        calm = self._calm = settled(calm, self._calm, moment.motion, _MEMORY)
        seen = self._mason.seen(calm, moment.motion)
        crisp = cv2.addWeighted(seen, 1 + _SHARPNESS, boxed(seen, 3), -_SHARPNESS, 0)
        wall = self._mason.lay(_vivid(cast("Frame", crisp)), moment.motion)
        return _Built(moment, wall, _joined(wall.labels, self._mason.origin()))

    def light(self, built: _Built) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        wall, size = built.wall, self._size
        plain = wall.coloured(self._colours, size)
        loose, paired = (wall.laid(tile, size) for tile in self._bricks[0])
        shade = np.where(wall.spread(built.joined, size), paired, loose)
        lit = cv2.multiply(plain, cv2.merge([shade] * 3), scale=1 / 128)
        return cast("Frame", cv2.add(lit, cv2.merge([wall.laid(self._bricks[1], size)] * 3)))


def _plastic_colours() -> Mask:
    """`(n, 3)` bytes, blue first."""
    return np.array([list(bytes.fromhex(colour))[::-1] for colour in _PLASTICS], np.uint8)


@lru_cache(maxsize=1)
def _plastics() -> Palette:
    return palette_among(lab_of(_plastic_colours()))


def _vivid(colours: Frame) -> Frame:
    """More colourful, as far as no channel overflows: cut off at 255, a strong yellow would turn to lime."""
    grey = colours.astype(np.float32).mean(axis=2, keepdims=True)
    hue = colours - grey
    room = (np.float32(255) - grey) / np.maximum(hue.max(axis=2, keepdims=True), np.float32(1))
    return np.asarray(np.clip(grey + hue * np.minimum(room, np.float32(_SATURATION)), 0, 255), np.uint8)


def _joined(labels: Mask, origin: tuple[int, int]) -> Mask:
    """Bricks are two studs long where two blocks have one colour, every other row set off by one."""
    rows, columns = labels.shape
    row, column = np.arange(rows)[:, None] - origin[1], np.arange(columns)[None] - origin[0]
    same = np.zeros(labels.shape, bool)
    same[:, :-1] = labels[:, :-1] == labels[:, 1:]
    return np.asarray(same & ((column + row) % 2 == 0), np.uint8)


def _brick_tiles(side: int) -> tuple[tuple[Mask, Mask], Mask]:
    """Shades of a block with and without a seam on its right, 128 as flat; and the light plastic reflects."""
    count = side * PARTS
    place = pixel_grid((count, count)) / np.float32(count) + np.float32(0.5 / count - 0.5)
    x, y = place[..., 0], place[..., 1]
    body = _stud_shade(x, y)
    rows = _edge(y, 1) * np.float32(0.72) + (1 - _edge(y, 1))
    rows = rows + _edge(y, -1) * np.float32(0.12)
    loose = body * rows * (1 - _edge(x, 1) * np.float32(0.28)) + _edge(x, -1) * np.float32(0.08)
    shades = _bytes(loose * np.float32(128)), _bytes(body * rows * np.float32(128))
    return shades, _bytes(_gloss(x, y))


def _stud_shade(x: Plane, y: Plane) -> Plane:
    """A cylinder seen from above, lit from the upper left: bright rim, dark rim, and its shadow."""
    radius = np.hypot(x, y)
    towards = -(x + y) / (radius + np.float32(1e-3)) * np.float32(0.707)
    rim = np.exp(-(((radius - _STUD) / 0.035) ** 2))
    fallen = np.hypot(x - 0.075, y - 0.075)
    shadow = np.clip((_STUD + 0.05 - fallen) / 0.10, 0, 1) * (radius > _STUD)
    top = np.where(radius < _STUD, np.float32(1.06), np.float32(1.0))
    return np.asarray(top + rim * towards * 0.30 - shadow * 0.34, np.float32)


def _gloss(x: Plane, y: Plane) -> Plane:
    """A small highlight on each stud and a thin one on its upper left rim."""
    spot = np.exp(-(((x + 0.10) / 0.085) ** 2) - ((y + 0.12) / 0.06) ** 2)
    radius = np.hypot(x, y)
    facing = np.clip(-(x + y) / (radius + 1e-3) * 0.707, 0, 1) ** 3
    rim = np.exp(-(((radius - _STUD + 0.02) / 0.022) ** 2)) * facing
    return np.asarray(spot * 62 + rim * 70, np.float32)


def _edge(along: Plane, end: int) -> Plane:
    return np.asarray(along * end > 0.5 - _SEAM, np.float32)


def _bytes(plane: Plane) -> Mask:
    return np.asarray(np.clip(plane + 0.5, 0, 255), np.uint8)
