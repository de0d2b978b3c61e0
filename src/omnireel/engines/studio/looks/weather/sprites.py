"""Small things in the air, each on a path of its own: leaves, petals, motes, bubbles, sparks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage
from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_MARGIN = 0.08
"""How far beyond the frame a thing goes before it comes in again on the other side."""
_LEAF = np.array([(0, -1), (0.42, -0.35), (0.36, 0.3), (0, 1), (-0.36, 0.3), (-0.42, -0.35)], np.float32)
_SUBPIXEL = 4
_HALO = 8
"""Size classes of soft lights, so that each is drawn once and copied."""


@dataclass(frozen=True)
class Drift:
    """How things move through the picture. Speeds are canvas heights a second."""

    fall: float
    wind: float = 0.0
    sway: float = 0.02
    turning: float = 1.5
    """Radians a second."""


class _Swarm:
    def __init__(self, footage: Footage, count: int, drift: Drift) -> None:
        self._size, self._fps, self._drift = footage.size, footage.fps, drift
        self._things = np.random.default_rng(footage.seed + 17).random((count, 6))

    def places(self, index: int) -> Plane:
        """`(count, 2)`: x and y in pixels."""
        width, height = self._size
        seconds, near = index / self._fps, 0.5 + 0.5 * self._things[:, 2]
        way = seconds * near
        aspect = width / height
        sway = self._drift.sway * np.sin(seconds * (1 + self._things[:, 3]) * 1.7 + self._things[:, 4] * 6.3)
        x = (self._things[:, 0] + (way * self._drift.wind + sway) / aspect) % 1.0
        y = (self._things[:, 1] + way * self._drift.fall) % 1.0
        spread = (np.stack([x, y], axis=1) * (1 + 2 * _MARGIN) - _MARGIN) * np.array([width, height])
        return np.asarray(spread, np.float32)


class Leaves(_Swarm):
    """Flat things that tumble: leaves and petals. `dim` is how much light they lose as they turn away."""

    def __init__(
        self,
        footage: Footage,
        count: int,
        drift: Drift,
        colours: Sequence[Plane],
        length: float,
        *,
        dim: float = 0.56,
    ) -> None:
        super().__init__(footage, count, drift)
        self._dim = dim
        self._colours = [tuple(float(c) * 255 for c in colours[k % len(colours)]) for k in range(count)]
        self._length = length * min(footage.size)

    def draw(self, frame: Frame, index: int) -> Frame:
        """Draw them into `frame`."""
        seconds = index / self._fps
        for (x, y), thing, tint in zip(self.places(index), self._things, self._colours, strict=True):
            turn = thing[4] * 6.3 + seconds * self._drift.turning * (0.4 + thing[3])
            tilt = np.sin(turn * 1.7 + thing[5] * 6.3)
            leaf = _LEAF * np.array([0.25 + 0.75 * abs(tilt), 1.0])
            cos, sin = np.cos(turn), np.sin(turn)
            turned = leaf @ np.array([[cos, sin], [-sin, cos]]) * self._length * (0.35 + thing[2] ** 2)
            outline = ((turned + np.array([x, y])) * (1 << _SUBPIXEL)).astype(np.int32)
            shade = 1 - self._dim * (1 - tilt) / 2
            cv2.fillPoly(frame, [outline], [c * shade for c in tint], cv2.LINE_AA, _SUBPIXEL)
        return frame


class Lights(_Swarm):
    """Soft points of light that add up: motes, sparks, fireflies. `radius` is a share of the short side."""

    def __init__(
        self, footage: Footage, count: int, drift: Drift, tint: Plane, radius: float, *, ring: bool = False
    ) -> None:
        super().__init__(footage, count, drift)
        reach = radius * min(footage.size)
        sizes = [reach * (0.25 + 0.75 * (k / (_HALO - 1)) ** 2) for k in range(_HALO)]
        self._dots = [_ring(size, tint) if ring else _dot(size, tint) for size in sizes]

    def draw(self, frame: Frame, index: int) -> Frame:
        """Add them to `frame`, twinkling."""
        seconds = index / self._fps
        for (x, y), thing in zip(self.places(index), self._things, strict=True):
            level = 0.35 + 0.65 * (0.5 + 0.5 * np.sin(seconds * (1 + 2 * thing[3]) + thing[5] * 6.3))
            dot = self._dots[int(thing[2] * (_HALO - 0.01))]
            _add(frame, dot, float(x), float(y), float(level))
        return frame


def _dot(radius: float, tint: Plane) -> Frame:
    away = _away(radius)
    level = np.exp(-((away * 3.2) ** 2)) * 0.85 + np.exp(-((away * 1.7) ** 2)) * 0.22
    return np.asarray(np.clip(level * (away < 1), 0, 1)[..., None] * tint * 255, np.uint8)


def _ring(radius: float, tint: Plane) -> Frame:
    away = _away(radius)
    level = np.exp(-(((away - 0.72) / 0.13) ** 2)) * 0.6 + np.exp(-(((away - 0.35) / 0.6) ** 2)) * 0.08
    y, x = np.mgrid[-1 : 1 : len(away) * 1j, -1 : 1 : len(away) * 1j]
    level = level + np.exp(-(((x + 0.3) ** 2 + (y + 0.34) ** 2) / 0.02)) * 0.9
    return np.asarray(np.clip(level * (away < 1), 0, 1)[..., None] * tint * 255, np.uint8)


def _away(radius: float) -> Plane:
    reach = max(2, int(np.ceil(radius)))
    line = np.arange(-reach, reach + 1, dtype=np.float32) / reach
    return np.hypot(line, line[:, None])


def _add(frame: Frame, dot: Frame, x: float, y: float, level: float) -> None:
    """Add a light at a place between pixels, clipped to the frame."""
    reach = len(dot) // 2
    left, top = int(np.floor(x)) - reach, int(np.floor(y)) - reach
    height, width = frame.shape[:2]
    rows, columns = (
        slice(max(top, 0), min(top + len(dot), height)),
        slice(max(left, 0), min(left + len(dot), width)),
    )
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    move = np.array([[1, 0, x - np.floor(x)], [0, 1, y - np.floor(y)]], np.float32)
    laid = cv2.warpAffine(dot, move, (len(dot), len(dot)))[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    under = frame[rows, columns]
    frame[rows, columns] = cv2.add(under, cv2.convertScaleAbs(cast("Mask", laid), alpha=level))
