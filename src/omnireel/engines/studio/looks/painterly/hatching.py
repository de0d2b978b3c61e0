"""Hatching: many thin strokes, each of which appears when its place is dark enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.looks.painterly.brushes import stick_stamps
from omnireel.engines.studio.looks.painterly.strokes import Drift, Strokes
from omnireel.engines.studio.picture.raster import Mask, Plane, Size

_CANVAS_SIDE = 720
_TURN = np.float32(0.2)
_INVISIBLE = np.float32(0.01)
_SOFTNESS = 0.14
"""Span of tone over which a stroke comes up."""


@dataclass(frozen=True)
class Hatch:
    """One set of strokes. Lengths are in pixels of a canvas whose short side is 720."""

    spacing: float
    long: float
    wide: float
    tones: tuple[float, float]
    """Darkness, 0 to 1, at which its first strokes appear, and its last."""
    angle: float
    """Direction in radians where the picture prescribes none."""
    form: float
    """How far strokes follow the form, 0 to 1, rather than that direction."""
    opacity: float
    loose: float = 0.25
    """Radians by which strokes differ from their neighbours."""


class HatchLayer:
    """The strokes of one hatch through a clip."""

    def __init__(self, hatch: Hatch, size: Size, seed: int) -> None:
        self._hatch, self._unit = hatch, min(size) / _CANVAS_SIDE
        self.strokes = Strokes(size, max(1.5, hatch.spacing * self._unit), seed)
        self._turn = np.zeros((len(self.strokes.place), 2), np.float32)

    def follow(self, drift: Drift, guide: Plane) -> Plane:
        """Rows for the kernel, colours left open. `guide`, `(h, w, 3)`, is the grain and the darkness."""
        strokes, hatch = self.strokes, self._hatch
        strokes.follow(drift)
        under = strokes.under(guide)
        threshold = hatch.tones[0] + (hatch.tones[1] - hatch.tones[0]) * strokes.whim[:, 3]
        wanted = np.clip((under[:, 2] - threshold) / _SOFTNESS, 0, 1)
        strokes.fade(np.asarray(wanted, np.float32), at_once=drift.cut)
        return self._rows(self._directed(under[:, :2], cut=drift.cut))

    def _directed(self, grain: Plane, *, cut: bool) -> Plane:
        hatch = self._hatch
        usual = np.array([np.cos(2 * hatch.angle), np.sin(2 * hatch.angle)], np.float32)
        goal = grain * np.float32(hatch.form) + usual * np.float32(1 - hatch.form)
        fresh = self.strokes.born | cut
        self._turn = np.where(fresh[:, None], goal, self._turn + (goal - self._turn) * _TURN)
        wobble = (self.strokes.whim[:, 0] - np.float32(0.5)) * np.float32(hatch.loose * 2)
        angle = np.arctan2(self._turn[:, 1], self._turn[:, 0]) * np.float32(0.5) + wobble
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def _rows(self, direction: Plane) -> Plane:
        hatch, seen = self._hatch, self.strokes.opacity > _INVISIBLE
        whim = self.strokes.whim[seen]
        rows = np.zeros((len(whim), 12), np.float32)
        rows[:, 0:2], rows[:, 2:4] = self.strokes.place[seen], direction[seen]
        rows[:, 4] = hatch.long * self._unit * (0.7 + 0.6 * whim[:, 1])
        rows[:, 5] = max(1.2, hatch.wide * self._unit) * (0.8 + 0.4 * whim[:, 2])
        rows[:, 6] = (whim[:, 2] - 0.5) * 0.8
        rows[:, 7] = self.strokes.opacity[seen] * np.minimum(hatch.opacity * (0.7 + 0.6 * whim[:, 1]), 1)
        rows[:, 11] = np.floor(whim[:, 0] * 5.99)
        return rows


def hatch_stamps(hatch: Hatch, size: Size, seed: int, grain: float) -> Mask:
    """Marks of the stick that draws a hatch."""
    unit = min(size) / _CANVAS_SIDE
    texels = max(8, int(hatch.long * unit * 2)), max(6, int(hatch.wide * unit * 4))
    return stick_stamps(np.random.default_rng([seed, 6]), texels, grain * max(0.5, unit))
