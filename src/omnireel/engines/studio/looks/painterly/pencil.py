"""Pencil: contours in two weights and hatching that gathers where it is dark, on toothed white paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.looks.painterly.drawing import (
    Observer,
    darkness,
    guide_of,
    pressed,
    rubbed_ground,
)
from omnireel.engines.studio.looks.painterly.hatching import Hatch, HatchLayer, hatch_stamps
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay_tone
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.paper import drawing_grain
from omnireel.engines.studio.looks.painterly.strokes import drift_of
from omnireel.engines.studio.looks.painterly.toothed import ToothedPaper
from omnireel.engines.studio.picture.raster import Plane, Size, boxed
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_GRAPHITE = np.array([62, 56, 54], np.uint8)
_WHITE = np.array([240, 246, 249], np.uint8)
_HATCHES = (
    Hatch(spacing=9.2, long=25, wide=1.8, tones=(0.22, 0.75), angle=-0.85, form=0.35, opacity=0.52),
    Hatch(spacing=9.0, long=18, wide=1.8, tones=(0.42, 0.95), angle=-0.65, form=0.75, opacity=0.64),
    Hatch(spacing=9.5, long=16, wide=2.0, tones=(0.62, 1.0), angle=0.5, form=0.4, opacity=0.76),
)
_SMUDGE = 59.0
"""How much graphite, of 255, is rubbed into the darkest parts."""
_MARK = 255
_THIN, _THICK = (0.8, 1.5), (1.7, 0.8)
_ROUGH = 0.6


@dataclass(frozen=True)
class _Drawing:
    moment: Moment
    ground: Plane
    lines: Plane
    hatches: tuple[Plane, ...]


class Pencil:
    """The graphite look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        curve = tone_curve(samples, black=0.02, white=0.06, middle=0.62)
        self._observer = Observer(samples, curve, thin=_THIN, thick=_THICK)
        self._layers = [HatchLayer(hatch, size, seed + k) for k, hatch in enumerate(_HATCHES)]
        self._stamps = [hatch_stamps(hatch, size, seed + k, 1.6) for k, hatch in enumerate(_HATCHES)]
        self._paper = ToothedPaper(drawing_grain(size, seed), size, _WHITE, _ROUGH)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in pencil."""
        plans = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (plan.moment.repainted(self.paint(plan)) for plan in plans)

    def plan(self, moment: Moment) -> _Drawing:
        """Decide every mark of one frame. Frames must come in order."""
        study, drift = self._observer.study(moment), drift_of(moment.motion, self._size)
        dark = darkness(study.luma)
        guide = guide_of(study.grain, dark)
        hatches = tuple(layer.follow(drift, guide) for layer in self._layers)
        return _Drawing(moment, boxed(dark, 5) * np.float32(_SMUDGE), study.lines, hatches)

    def paint(self, drawing: _Drawing) -> Frame:
        """One drawing at full size. Does not depend on other frames."""
        canvas = rubbed_ground(drawing.ground, self._size)
        for rows, stamps in zip(drawing.hatches, self._stamps, strict=True):
            lay_tone(rows, stamps, _MARK, canvas)
        lines = pressed(drawing.lines, self._size, faintest=1.3, boldest=12.0, most=215)
        return self._paper.marked(canvas, lines, _GRAPHITE, drawing.moment.motion.sheets)
