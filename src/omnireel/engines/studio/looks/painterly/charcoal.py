"""Charcoal: rubbed tone, broad grainy strokes, black contours, and lights lifted with an eraser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.looks.painterly.drawing import Observer, Study
from omnireel.engines.studio.looks.painterly.hatching import Hatch, HatchLayer, hatch_stamps
from omnireel.engines.studio.looks.painterly.kernels_finish import rub
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.paper import laid_paper
from omnireel.engines.studio.picture.lines import drawn
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, boxed, smoothly_stretched, stretched
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_COAL = np.array([30, 28, 28], np.uint8)
_PAPER = np.array([218, 229, 234], np.uint8)
_ERASER = 255
_STICKS = (
    Hatch(spacing=17, long=44, wide=8.5, tones=(0.34, 0.85), angle=-0.8, form=0.45, opacity=0.55),
    Hatch(spacing=12, long=26, wide=5.5, tones=(0.58, 1.0), angle=-0.5, form=0.7, opacity=0.75),
)
_LIFT = Hatch(spacing=13, long=20, wide=4.5, tones=(0.0, 0.12), angle=-0.8, form=0.6, opacity=0.85)
_SMUDGE = 165.0
_ROUGH = np.float32(1.5)


@dataclass(frozen=True)
class _Drawing:
    moment: Moment
    ground: Mask
    lines: Plane
    sticks: tuple[Plane, ...]


class Charcoal:
    """The charcoal look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size = size
        self._observer = Observer(
            tone_curve(samples, black=0.04, white=0.05, middle=0.5), thin=1.2, thick=2.6
        )
        hatches = (*_STICKS, _LIFT)
        self._layers = [HatchLayer(hatch, size, seed + k) for k, hatch in enumerate(hatches)]
        self._stamps = [hatch_stamps(hatch, size, seed + k, 3.0) for k, hatch in enumerate(hatches)]
        self._tooth = laid_paper(size, seed)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in charcoal."""
        plans = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (plan.moment.repainted(self.paint(plan)) for plan in plans)

    def plan(self, moment: Moment) -> _Drawing:
        """Decide every mark of one frame. Frames must come in order."""
        study = self._observer.study(moment)
        dark = np.float32(1) - boxed(study.luma, 3).astype(np.float32) * np.float32(1 / 255)
        sticks = [self._drawn(layer, moment, dark, study) for layer in self._layers[:-1]]
        light = np.clip((np.float32(1) - dark - np.float32(0.86)) * np.float32(5), 0, 1)
        lifts = self._layers[-1].follow(moment.motion, light, study.grain)
        lifts[:, 8:11] = _ERASER
        shade = 255 - _SMUDGE * boxed(boxed(dark, 5), 5) - 16
        lines = np.maximum(study.thin * np.float32(0.9), study.thick)
        return _Drawing(moment, shade.clip(0, 255).astype(np.uint8), lines, (*sticks, lifts))

    def paint(self, drawing: _Drawing) -> Frame:
        """One drawing at full size. Does not depend on other frames."""
        canvas = np.zeros((self._size[1], self._size[0], 4), np.uint8)
        canvas[..., :3] = stretched(drawing.ground, self._size)[..., None]
        for rows, stamps in zip(drawing.sticks, self._stamps, strict=True):
            lay(rows, stamps, canvas)
        out = np.empty((*canvas.shape[:2], 3), np.uint8)
        rub(canvas, _inked(drawing.lines, self._size), self._tooth, _PAPER, _COAL, _ROUGH, out)
        return out

    def _drawn(self, layer: HatchLayer, moment: Moment, dark: Plane, study: Study) -> Plane:
        rows = layer.follow(moment.motion, dark, study.grain)
        rows[:, 8:11] = _COAL
        return rows


def _inked(lines: Plane, size: Size) -> Mask:
    full = smoothly_stretched(lines, size)
    return np.asarray(drawn(full, faintest=2.0, boldest=16.0) * np.float32(240), np.uint8)
