"""Coloured pencil: three hatches in the picture's own colours over a faint tint, white paper between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.painterly.drawing import (
    Observer,
    darkness,
    guide_of,
    pressed,
    tinted_ground,
    vividness,
)
from omnireel.engines.studio.looks.painterly.hatching import Hatch, HatchLayer, hatch_stamps
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay
from omnireel.engines.studio.looks.painterly.levels import colour_gain, tone_curve
from omnireel.engines.studio.looks.painterly.paper import drawing_grain
from omnireel.engines.studio.looks.painterly.strokes import drift_of, sample
from omnireel.engines.studio.looks.painterly.toothed import ToothedPaper
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, boxed, stretched
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_UMBER = np.array([46, 48, 66], np.uint8)
_WHITE = np.array([243, 249, 252], np.uint8)
_HATCHES = (
    Hatch(spacing=10.6, long=24, wide=2.8, tones=(0.04, 0.55), angle=-0.85, form=0.3, opacity=0.72),
    Hatch(spacing=10.6, long=18, wide=2.8, tones=(0.30, 0.95), angle=-0.6, form=0.7, opacity=0.78),
    Hatch(spacing=10.6, long=16, wide=2.8, tones=(0.62, 1.15), angle=0.45, form=0.4, opacity=0.78),
)
_VIVID = Grade(contrast=0.1, gamma=(1.3, 1.3, 1.3))
_CHROMA, _MOST = 34.0, 1.9
"""Colourfulness a clip is brought towards, and the largest gain on the way."""
_TINT = 0.28
"""Share of its colour that is rubbed into the paper under the strokes."""
_HUE_COUNTS = 1.1
"""How far a vivid place counts as dark: yellow wants pencil as much as grey does."""
_THIN, _THICK = (0.8, 1.3), (1.7, 0.8)
_ROUGH = 0.85


@dataclass(frozen=True)
class _Drawing:
    moment: Moment
    ground: Mask
    lines: Plane
    hatches: tuple[Plane, ...]


class ColouredPencil:
    """The coloured-pencil look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size = size
        curve = tone_curve(samples, black=0.02, white=0.06, middle=0.6)
        self._observer = Observer(samples, curve, thin=_THIN, thick=_THICK)
        self._vivid = Laboratory(replace(_VIVID, saturation=colour_gain(samples, chroma=_CHROMA, most=_MOST)))
        self._layers = [HatchLayer(hatch, size, seed + k) for k, hatch in enumerate(_HATCHES)]
        self._stamps = [hatch_stamps(hatch, size, seed + k, 1.6) for k, hatch in enumerate(_HATCHES)]
        self._paper = ToothedPaper(drawing_grain(size, seed), size, _WHITE, _ROUGH)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in coloured pencil."""
        plans = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (plan.moment.repainted(self.paint(plan)) for plan in plans)

    def plan(self, moment: Moment) -> _Drawing:
        """Decide every mark of one frame. Frames must come in order."""
        study, drift = self._observer.study(moment), drift_of(moment.motion, self._size)
        colours = self._vivid.develop(boxed(study.flat, 3))
        hue = vividness(colours) * np.float32(_HUE_COUNTS)
        guide = guide_of(study.grain, np.maximum(darkness(study.luma), hue))
        hatches = tuple(self._coloured(layer.follow(drift, guide), colours) for layer in self._layers)
        return _Drawing(moment, tinted_ground(colours, _TINT), study.lines, hatches)

    def paint(self, drawing: _Drawing) -> Frame:
        """One drawing at full size. Does not depend on other frames."""
        canvas = stretched(drawing.ground, self._size)
        for rows, stamps in zip(drawing.hatches, self._stamps, strict=True):
            lay(rows, stamps, canvas)
        lines = pressed(drawing.lines, self._size, faintest=1.4, boldest=11.0, most=172)
        return self._paper.rubbed(canvas, lines, _UMBER, drawing.moment.motion.sheets)

    def _coloured(self, rows: Plane, colours: Frame) -> Plane:
        rows[:, 5:8] = sample(colours, rows[:, :2], self._size)
        return rows
