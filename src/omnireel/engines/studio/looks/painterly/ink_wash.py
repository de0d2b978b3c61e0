"""Ink wash: a few tones of ink that run on rice paper, brushed contours, and much of the paper left bare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.painterly.drawing import Observer, Study, pressed
from omnireel.engines.studio.looks.painterly.kernels_finish import wash
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.memory import remembered
from omnireel.engines.studio.looks.painterly.paper import fibre_grain, mist, sheet_relief
from omnireel.engines.studio.looks.painterly.riding import RidingGrain, RidingNoise
from omnireel.engines.studio.looks.painterly.seal import Seal
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.noise import wrapping_noise
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    curved,
    medianed,
    shrunk,
    smoothly_stretched,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_PAPER = np.array([219, 234, 240], np.uint8)
_INK = np.array([0.96, 1.03, 1.08], np.float32)
"""How strongly ink absorbs blue, green and red: thin it is nearly grey, thick a little blue."""
_WASHES = ((0.80, 0.26, 0.20), (0.54, 0.16, 0.42), (0.30, 0.14, 0.85), (0.13, 0.10, 1.10))
"""Tone under which a wash lies, the softness of its edge, and its density."""
_THIN, _THICK = (1.0, 1.25), (2.8, 1.25)
_TILE = 512
_TONE_MEMORY = 0.6
_RUN, _DRIEST = 0.45, 0.75
"""How far tones run into each other on average, and how far that differs from place to place."""
_STIR = 11.0
"""Levels by which water moves ink about."""
_POOL = 1.6
"""Density, in 64ths, per level by which a place is darker than its surroundings: washes dry there."""
_GRAIN = np.float32(0.45)
_WET_LINE = 1.9
_BLACK = 24
_GAPS = np.clip((np.arange(256) - 120) * 4, 0, 90).astype(np.uint8)
"""What the hollows of each depth take from a brush stroke."""


@dataclass(frozen=True)
class _Sheet:
    moment: Moment
    tone: Plane
    lines: Plane
    density: Mask


class InkWash:
    """The ink-wash look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        curve = tone_curve(samples, black=0.03, white=0.14, middle=0.70)
        self._observer = Observer(samples, curve, thin=_THIN, thick=_THICK)
        tile = fibre_grain(size, seed)
        self._fibres, self._relief = RidingGrain(tile, size), sheet_relief(tile, size)
        self._mist = mist(self._grid, seed)
        self._water = RidingNoise(_water(seed), self._grid)
        self._table = _ink_table()
        self._seal = Seal(size, seed)
        self._tone: Plane | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in ink."""
        sheets = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (sheet.moment.repainted(self.paint(sheet)) for sheet in sheets)

    def plan(self, moment: Moment) -> _Sheet:
        """Dilute the ink of one frame. Frames must come in order."""
        study = self._observer.study(moment)
        water = self._water.under(moment.motion.sheets)
        tone = self._tone = remembered(self._run(study, water), self._tone, moment.motion, _TONE_MEMORY)
        pool = np.clip((softened(tone, 3.5) - tone) * np.float32(_POOL), -8, 70)
        density = np.clip(64 + water[..., 1] * 10 + pool, 0, 255).astype(np.uint8)
        faded = tone + (np.float32(255) - tone) * self._mist
        lines = study.lines * (1 + water[..., 0] * np.float32(0.3)) * (1 - self._mist)
        return _Sheet(moment, faded, np.asarray(lines, np.float32), density)

    def paint(self, sheet: _Sheet) -> Frame:
        """One picture at full size. Does not depend on other frames."""
        tone = smoothly_stretched(np.clip(sheet.tone, 0, 255).astype(np.uint8), self._size)
        washes = cast("Frame", curved(cast("Frame", cv2.merge([tone, tone, tone])), self._table))
        fibres = self._fibres.under(sheet.moment.motion.sheets)
        # A brush going dry leaves the hollows between fibres white; a full one fills them.
        wet = pressed(sheet.lines, self._size, faintest=2.2, boldest=15.0, most=200)
        stroke = cast("Mask", cv2.convertScaleAbs(cv2.subtract(wet, curved(fibres, _GAPS)), alpha=_WET_LINE))
        ink = blended(washes, np.full_like(washes, _BLACK), stroke)
        out = np.empty_like(ink)
        wash(ink, stretched(sheet.density, self._size), fibres, self._relief, _PAPER, _GRAIN, out)
        return self._seal.stamped(out)

    def _run(self, study: Study, water: Plane) -> Plane:
        """Tones whose edges stay crisp where the paper is dry and run where it is wet."""
        luma = medianed(study.luma)
        few = shrunk(luma, (max(8, self._grid[0] // 4), max(8, self._grid[1] // 4)))
        run = stretched(softened(medianed(few).astype(np.float32), 1.8), self._grid)
        crisp = softened(luma.astype(np.float32), 0.9)
        wet = np.clip(water[..., 0] * np.float32(_DRIEST / 2) + np.float32(_RUN), 0, 1)
        return np.asarray(crisp + (run - crisp) * wet + water[..., 1] * np.float32(_STIR), np.float32)


def _water(seed: int) -> Plane:
    """`(512, 512, 2)`, wrapping: how wet the paper is, and how water moves the ink about."""
    random = np.random.default_rng([seed, 9])
    stir = 0.8 * wrapping_noise(random, _TILE, 26) + 0.6 * wrapping_noise(random, _TILE, 8)
    return np.stack([wrapping_noise(random, _TILE, 60), stir], axis=-1).astype(np.float32)


def _ink_table() -> Mask:
    """`(1, 256, 3)`: what each tone of the source becomes in blue, green and red."""
    tone = np.arange(256, dtype=np.float32) / 255
    density = np.zeros(256, np.float32)
    for under, soft, strength in _WASHES:
        ramp = np.clip((under + soft / 2 - tone) / soft, 0, 1)
        density += strength * (
            0.75 * ramp * ramp * (3 - 2 * ramp) + 0.25 * np.clip(under - tone, 0, 1) / under
        )
    return np.asarray(np.exp(-density[:, None] * _INK) * 255, np.uint8)[None]
