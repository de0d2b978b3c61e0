"""Hatching: many thin strokes, each of which appears when its place is dark enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.looks.painterly.brushes import stick_stamps
from omnireel.engines.studio.looks.painterly.headings import Headings
from omnireel.engines.studio.looks.painterly.stamps import TurnedStamps, turned, varied_shapes
from omnireel.engines.studio.looks.painterly.strokes import Drift, Strokes
from omnireel.engines.studio.picture.raster import Plane, Size

_CANVAS_SIDE = 720
_KINDS = 8
"""Different strokes of one hatch."""
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
        self._headings = Headings(len(self.strokes.place), hatch.loose, form=hatch.form, angle=hatch.angle)

    def follow(self, drift: Drift, guide: Plane) -> Plane:
        """Rows for `lay`, colours left open. `guide`, `(h, w, 3)`, is the grain and the darkness."""
        strokes, hatch = self.strokes, self._hatch
        strokes.follow(drift)
        under = strokes.under(guide)
        threshold = hatch.tones[0] + (hatch.tones[1] - hatch.tones[0]) * strokes.whim[:, 3]
        wanted = np.clip((under[:, 2] - threshold) / _SOFTNESS, 0, 1)
        strokes.fade(np.asarray(wanted, np.float32), at_once=drift.cut)
        self._headings.turn(under, strokes.born | drift.cut)
        return self._rows()

    def _rows(self) -> Plane:
        strokes, opacity = self.strokes, np.float32(self._hatch.opacity)
        shown = strokes.opacity > _INVISIBLE
        self._headings.face(strokes.whim, shown)
        seen = np.flatnonzero(shown)
        whim = strokes.whim.take(seen, axis=0)
        rows = np.zeros((len(seen), 8), np.float32)
        rows[:, :2] = strokes.place.take(seen, axis=0)
        rows[:, 2] = self._headings.facing.take(seen)
        rows[:, 3] = whim[:, 2] * np.float32(_KINDS - 0.01)
        firm = np.float32(0.7) + np.float32(0.6) * whim[:, 1]
        rows[:, 4] = strokes.opacity.take(seen) * np.minimum(opacity * firm, np.float32(1))
        return rows


def hatch_stamps(hatch: Hatch, size: Size, seed: int, grain: float) -> TurnedStamps:
    """Marks of the stick that draws a hatch."""
    random, unit = np.random.default_rng([seed, 6]), min(size) / _CANVAS_SIDE
    texels = max(8, int(hatch.long * unit * 2)), max(6, int(hatch.wide * unit * 4))
    stamps = stick_stamps(random, _KINDS, texels, grain * max(0.5, unit))
    long, wide = hatch.long * unit, max(1.2, hatch.wide * unit)
    shapes = varied_shapes(random, _KINDS, (long * 0.7, long * 1.3), (wide * 0.8, wide * 1.2), bend=0.4)
    return turned(stamps, shapes)
