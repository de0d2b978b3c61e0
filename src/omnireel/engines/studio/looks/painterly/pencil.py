"""Pencil: contours in two weights and hatching that gathers where it is dark, on toothed white paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.looks.painterly.drawing import Observer, Study
from omnireel.engines.studio.looks.painterly.hatching import Hatch, HatchLayer, hatch_stamps
from omnireel.engines.studio.looks.painterly.kernels_finish import rub
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.paper import drawing_paper
from omnireel.engines.studio.picture.lines import drawn
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, boxed, smoothly_stretched, stretched
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_GRAPHITE = np.array([62, 56, 54], np.uint8)
_WHITE = np.array([240, 246, 249], np.uint8)
_HATCHES = (
    Hatch(spacing=7.5, long=24, wide=1.9, tones=(0.22, 0.75), angle=-0.85, form=0.35, opacity=0.50),
    Hatch(spacing=7.0, long=17, wide=1.9, tones=(0.42, 0.95), angle=-0.65, form=0.75, opacity=0.62),
    Hatch(spacing=7.0, long=14, wide=2.0, tones=(0.62, 1.0), angle=0.5, form=0.4, opacity=0.72),
)
_SMUDGE = 46.0
"""Levels of soft grey rubbed into the darkest parts."""
_THIN, _THICK = 0.9, 2.1


@dataclass(frozen=True)
class _Drawing:
    moment: Moment
    ground: Frame
    lines: Plane
    hatches: tuple[Plane, ...]


class Pencil:
    """The graphite look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._observer = Observer(
            tone_curve(samples, black=0.02, white=0.06, middle=0.62), thin=_THIN, thick=_THICK
        )
        self._layers = [HatchLayer(hatch, size, seed + k) for k, hatch in enumerate(_HATCHES)]
        self._stamps = [hatch_stamps(hatch, size, seed + k, 1.6) for k, hatch in enumerate(_HATCHES)]
        self._tooth = drawing_paper(size, seed)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in pencil."""
        plans = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (plan.moment.repainted(self.paint(plan)) for plan in plans)

    def plan(self, moment: Moment) -> _Drawing:
        """Decide every mark of one frame. Frames must come in order."""
        study = self._observer.study(moment)
        dark = np.float32(1) - boxed(study.luma, 3).astype(np.float32) * np.float32(1 / 255)
        hatches = tuple(self._hatched(layer, moment, dark, study) for layer in self._layers)
        shade = (255 - _SMUDGE * boxed(dark, 5)).astype(np.uint8)
        ground = np.ascontiguousarray(np.broadcast_to(shade[..., None], (*shade.shape, 3)))
        lines = np.maximum(study.thin * np.float32(1.25), study.thick)
        return _Drawing(moment, ground, lines, hatches)

    def paint(self, drawing: _Drawing) -> Frame:
        """One drawing at full size. Does not depend on other frames."""
        canvas = np.zeros((self._size[1], self._size[0], 4), np.uint8)
        canvas[..., :3] = stretched(drawing.ground, self._size)
        for rows, stamps in zip(drawing.hatches, self._stamps, strict=True):
            lay(rows, stamps, canvas)
        out = np.empty((*canvas.shape[:2], 3), np.uint8)
        rub(canvas, _inked(drawing.lines, self._size), self._tooth, _WHITE, _GRAPHITE, np.float32(0.75), out)
        return out

    def _hatched(self, layer: HatchLayer, moment: Moment, dark: Plane, study: Study) -> Plane:
        rows = layer.follow(moment.motion, dark, study.grain)
        rows[:, 8:11] = _GRAPHITE
        return rows[rows[:, 7] > 0.01]


def _inked(lines: Plane, size: Size) -> Mask:
    full = smoothly_stretched(lines, size)
    return np.asarray(drawn(full, faintest=1.5, boldest=11.0) * np.float32(235), np.uint8)
