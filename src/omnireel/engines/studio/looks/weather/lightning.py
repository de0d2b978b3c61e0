"""Lightning: rare flashes that light the whole scene and die away, and a bolt where there is sky."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Footage, Light, View
from omnireel.engines.studio.looks.light.lamps import bloomed
from omnireel.engines.studio.looks.light.tones import colour, ramp
from omnireel.engines.studio.picture.raster import Plane

_EVERY = 1.9
"""Seconds from one flash to the next, on the average."""
_DECAY = 0.13
_FLASH = colour(196, 212, 255)
_BOLTS = 4


class Lightning:
    """The flashes of one clip; when they come follows from the seed."""

    def __init__(self, footage: Footage) -> None:
        random = np.random.default_rng(footage.seed + 89)
        gaps = random.exponential(_EVERY - 0.7, 24) + 0.7
        self._starts = np.cumsum(gaps) - gaps[0] + 0.35
        self._powers = random.uniform(0.55, 1.0, len(self._starts))
        self._echo = random.uniform(0.08, 0.16, len(self._starts))
        self._bolts = [_bolt(footage, random) for _ in range(_BOLTS)]
        self._sky = footage.sky

    def fall(self, view: View, light: Light) -> None:
        """Light one frame, if there is a flash."""
        sky = self._sky.find(view.moment)
        power, latest = self._power(view.seconds)
        if power < 0.01:
            return
        light.passed *= (1 + np.float32(1.25 * power)) * (1 + (_FLASH - 1) * np.float32(0.4 * power))[
            :, None, None
        ]
        light.glow(np.float32(0.05 * power) + sky * np.float32(0.30 * power), _FLASH)
        bolt = self._bolts[latest % _BOLTS] * ramp(sky, 0.2, 0.6)
        light.glow(bolt * np.float32(min(1.0, power * 1.6)), colour(235, 240, 255))

    def _power(self, seconds: float) -> tuple[float, int]:
        """How bright it is, and which flash was the last. A flash strikes twice."""
        since = seconds - self._starts
        again = since - self._echo
        level = np.where(since >= 0, np.exp(-since / _DECAY), 0) * 0.8
        level = level + np.where(again >= 0, np.exp(-again / (1.6 * _DECAY)), 0) * 0.7
        # Without time there is none: held still, the storm is between two flashes.
        return float((level * self._powers).sum()), max(0, int((since >= 0).sum()) - 1)


def _bolt(footage: Footage, random: np.random.Generator) -> Plane:
    width, height = footage.grid
    canvas = np.zeros((height, width), np.uint8)
    _fork(canvas, random, np.array([random.uniform(0.15, 0.85) * width, -4.0]), height * 0.62, 2)
    core = canvas.astype(np.float32) / 255
    halo = bloomed(np.repeat(core[..., None], 3, axis=-1), 2.4, 3.0)[..., 0]
    return np.minimum(core + halo, 1).astype(np.float32)


def _fork(
    canvas: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    random: np.random.Generator,
    start: Plane,
    reach: float,
    depth: int,
) -> None:
    steps = max(5, int(reach / 9))
    walk = np.cumsum(random.normal(0, 5.5, steps)) + random.normal(0, 1.2) * np.arange(steps)
    places = np.stack([start[0] + walk, start[1] + np.arange(steps) * 9.0], axis=1)
    cv2.polylines(
        canvas,
        [places.astype(np.int32)],
        isClosed=False,
        color=255 if depth == 2 else 150,
        thickness=depth,
        lineType=cv2.LINE_AA,
    )
    if depth > 1:
        for _ in range(3):
            branch = places[int(random.integers(1, steps))]
            _fork(canvas, random, branch, reach * 0.35, depth - 1)
