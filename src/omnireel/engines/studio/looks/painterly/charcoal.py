"""Charcoal: rubbed tone, broad grainy strokes, black contours, and lights lifted with an eraser."""

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
from omnireel.engines.studio.looks.painterly.paper import laid_grain
from omnireel.engines.studio.looks.painterly.strokes import drift_of
from omnireel.engines.studio.looks.painterly.toothed import ToothedPaper
from omnireel.engines.studio.picture.raster import Plane, Size, boxed
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_COAL = np.array([30, 28, 28], np.uint8)
_PAPER = np.array([218, 229, 234], np.uint8)
_MARK, _ERASER = 255, 0
_STICKS = (
    Hatch(spacing=15, long=34, wide=6.0, tones=(0.32, 0.92), angle=-0.8, form=0.45, opacity=0.45),
    Hatch(spacing=10, long=19, wide=4.2, tones=(0.55, 1.0), angle=-0.5, form=0.7, opacity=0.7),
)
_LIFT = Hatch(spacing=13, long=20, wide=4.5, tones=(0.0, 0.12), angle=-0.8, form=0.6, opacity=0.85)
_TONES = (_MARK,) * len(_STICKS) + (_ERASER,)
_SMUDGE = 118.0
_FILM = 18
"""How much dust, of 255, lies everywhere until it is lifted."""
_THIN, _THICK = (1.1, 1.0), (2.4, 1.0)
_ROUGH = 0.7


@dataclass(frozen=True)
class _Drawing:
    moment: Moment
    ground: Plane
    lines: Plane
    sticks: tuple[Plane, ...]


class Charcoal:
    """The charcoal look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size = size
        curve = tone_curve(samples, black=0.04, white=0.05, middle=0.6)
        self._observer = Observer(samples, curve, thin=_THIN, thick=_THICK)
        hatches = (*_STICKS, _LIFT)
        self._layers = [HatchLayer(hatch, size, seed + k) for k, hatch in enumerate(hatches)]
        self._stamps = [hatch_stamps(hatch, size, seed + k, 3.0) for k, hatch in enumerate(hatches)]
        self._paper = ToothedPaper(laid_grain(size, seed), size, _PAPER, _ROUGH)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in charcoal."""
        plans = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (plan.moment.repainted(self.paint(plan)) for plan in plans)

    def plan(self, moment: Moment) -> _Drawing:
        """Decide every mark of one frame. Frames must come in order."""
        study, drift = self._observer.study(moment), drift_of(moment.motion, self._size)
        dark = darkness(study.luma)
        light = np.clip((np.float32(1) - dark - np.float32(0.86)) * np.float32(5), 0, 1)
        guide = guide_of(study.grain, dark)
        sticks = [layer.follow(drift, guide) for layer in self._layers[:-1]]
        lifts = self._layers[-1].follow(drift, guide_of(study.grain, light))
        ground = boxed(boxed(dark, 5), 5) * np.float32(_SMUDGE) + np.float32(_FILM)
        return _Drawing(moment, ground, study.lines, (*sticks, lifts))

    def paint(self, drawing: _Drawing) -> Frame:
        """One drawing at full size. Does not depend on other frames."""
        canvas = rubbed_ground(drawing.ground, self._size)
        for rows, stamps, tone in zip(drawing.sticks, self._stamps, _TONES, strict=True):
            lay_tone(rows, stamps, tone, canvas)
        lines = pressed(drawing.lines, self._size, faintest=1.6, boldest=13.0, most=245)
        return self._paper.marked(canvas, lines, _COAL, drawing.moment.motion.sheets)
