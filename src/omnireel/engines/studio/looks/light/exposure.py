"""Frames at full size from their colours, a cube and the light on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.light.cube import Cube
from omnireel.engines.studio.looks.light.kernels import expose, read_cube, tint
from omnireel.engines.studio.picture.raster import (
    Mask,
    Size,
    boxed,
    grey_of,
    medianed,
    merged,
    shrunk,
    stretched,
)
from omnireel.media.frames import Frame

_CORNER = 0.15
"""Share of the squared distance from the middle that a rim leaves alone."""
_WHOLE = 32768
_PART = 4
"""Pixels per side of the canvas to one of the grid on which hues are calmed; brightness is left alone."""


@dataclass(frozen=True)
class Rim:
    """Darkening towards the corners, by row and by column; 32768 together is none."""

    rows: NDArray[np.uint32]
    columns: NDArray[np.uint32]


def rim_of(size: Size, depth: float) -> Rim:
    """A rim as much darker as `depth`, 0 to 0.5, in each direction."""
    return Rim(_darkening(size[1], depth), _darkening(size[0], depth))


class Exposure:
    """Exposes frames of one size, one at a time: its planes serve every frame, because memory fresh from the
    system costs more than the work done in it."""

    def __init__(self, size: Size, cube: Cube, rim: Rim, *, calm: bool = False) -> None:
        """With `calm` the frames' hues are calmed first: shades that tell leaf from soil by hue would lay
        bare every block of a coded source."""
        self._size, self._cube, self._rim = size, cube, rim
        whole = 3, size[1], size[0]
        self._planes, self._out = np.empty(whole, np.uint8), np.empty(whole, np.uint8)
        self._passed, self._added = np.empty(whole, np.uint8), np.empty(whole, np.uint8)
        self._hues = np.empty(whole if calm else (0, 1, 1), np.int16)
        self._plain = np.full((3, 1, size[0]), 128, np.uint8), np.zeros((3, 1, size[0]), np.uint8)
        self._even = np.full((1, size[0]), 128, np.uint8)

    def of(self, frame: Frame, light: tuple[Mask, Mask] | None = None, grain: Mask | None = None) -> Frame:
        """A frame in what light passes (128 as one) and what is added, `(3, height, width)` on a smaller
        grid, with grain, `(height, width)` around 128."""
        if len(self._hues):
            self._calm(frame)
        else:
            _split(frame, self._planes)
        passed, added = self._plain if light is None else self._enlarged(light)
        even = self._even if grain is None else grain
        expose(self._planes, self._cube, passed, added, even, self._rim.rows, self._rim.columns, self._out)
        return merged(self._out)

    def _enlarged(self, light: tuple[Mask, Mask]) -> tuple[Mask, Mask]:
        for few, whole in zip(light, (self._passed, self._added), strict=True):
            for plane, target in zip(few, whole, strict=True):
                stretched(plane, self._size, target)
        return self._passed, self._added

    def _calm(self, frame: Frame) -> None:
        """Brightness of its own, and hues from a coarse grid; a median keeps the borders between things."""
        few = max(2, self._size[0] // _PART), max(2, self._size[1] // _PART)
        calm = boxed(medianed(shrunk(frame, few)), 3)
        grey = grey_of(calm)
        for colour, whole in zip(cv2.split(calm), self._hues, strict=True):
            stretched(
                cast("Mask", cv2.subtract(colour, grey, dtype=cv2.CV_16S)), self._size, cast("Mask", whole)
            )
        tint(grey_of(frame), self._hues, self._planes)


def read(frame: Frame, cube: Cube) -> Mask:
    """`(3, height, width)`: the bytes a cube holds for every colour of a frame."""
    planes = np.empty((3, *frame.shape[:2]), np.uint8)
    _split(frame, planes)
    out = np.empty_like(planes)
    read_cube(planes, cube, out)
    return out


def _split(frame: Frame, planes: Mask) -> None:
    cv2.split(frame, list(planes))


def _darkening(length: int, depth: float) -> NDArray[np.uint32]:
    away = np.linspace(-1, 1, length) ** 2
    kept = 0.5 - depth * np.clip(away - _CORNER, 0, 1)
    return np.asarray(np.round(kept * _WHOLE), np.uint32)
