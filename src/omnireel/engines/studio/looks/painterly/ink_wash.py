"""Ink wash: a few tones of ink that run on rice paper, brushed contours, and much of the paper left bare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.painterly.drawing import Observer, pressed
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.memory import remembered
from omnireel.engines.studio.looks.painterly.paper import fibre_grain, lit_sheet, mist
from omnireel.engines.studio.looks.painterly.pigment import ONE, granulated, washed
from omnireel.engines.studio.looks.painterly.riding import RidingGrain, RidingNoise
from omnireel.engines.studio.looks.painterly.seal import Seal
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
    thrice,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_PAPER = np.array([219, 234, 240], np.float32)
_BARE = np.array([238], np.uint8)
"""Level at which bare paper is worked out, so that its lit side has room above."""
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
_PER_UNIT = 32
"""Steps of a byte to one unit of water."""
_POOL = 1.6
"""Density, in 64ths, per level by which a place is darker than its surroundings: washes dry there."""
_SHALLOWEST, _DEEPEST = -8, 70
_WATER = (np.arange(256) - 128) / _PER_UNIT
_DRENCHED = np.clip(_WATER * _DRIEST / 2 + _RUN, 0, 1).astype(np.float32)
_STIRRED = (_WATER * _STIR).astype(np.float32)
_UNEVEN = np.clip(ONE + _SHALLOWEST + _WATER * 10, 0, 255).astype(np.uint8)
_LOADED = (1 + _WATER * 0.3).astype(np.float32)
"""By the bytes of water: how far tones run, what is stirred into them, their density (less what pools add
everywhere), and the weight of a brush's line."""
_GRAIN = 0.45
_WET_LINE = 1.9
_BLACK = 24
_GAPS = np.clip((np.arange(256) - 120) * 4, 0, 90).astype(np.uint8)
"""What the hollows of each depth take from a brush stroke."""
_LEFT = 255 - np.clip(np.arange(256) * _WET_LINE, 0, 255) * (1 - _BLACK / 255)
"""What a stroke leaves of the light, by its strength."""


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
        self._fibres, self._sheet = RidingGrain(tile, size), lit_sheet(tile, size, _BARE)
        self._mist = mist(self._grid, seed)
        self._water = RidingNoise(_water(seed), self._grid)
        self._washes, self._colours = _wash_table(), _colour_table()
        self._seal = Seal(size, seed)
        self._tone: Plane | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in ink."""
        sheets = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (sheet.moment.repainted(self.paint(sheet)) for sheet in sheets)

    def plan(self, moment: Moment) -> _Sheet:
        """Dilute the ink of one frame. Frames must come in order."""
        study = self._observer.study(moment)
        wet, stir = (cast("Mask", plane) for plane in cv2.split(self._water.under(moment.motion.sheets)))
        tone = remembered(self._run(study.luma, wet, stir), self._tone, moment.motion, _TONE_MEMORY)
        self._tone = tone
        pool = np.clip((softened(tone, 3.5) - tone) * np.float32(_POOL), _SHALLOWEST, _DEEPEST)
        density = cv2.add((pool - np.float32(_SHALLOWEST)).astype(np.uint8), curved(stir, _UNEVEN))
        faded = tone + (np.float32(255) - tone) * self._mist
        lines = study.lines * curved(wet, _LOADED) * (1 - self._mist)
        return _Sheet(moment, faded, np.asarray(lines, np.float32), cast("Mask", density))

    def paint(self, sheet: _Sheet) -> Frame:
        """One picture at full size. Does not depend on other frames."""
        tone = smoothly_stretched(np.clip(sheet.tone, 0, 255).astype(np.uint8), self._size)
        fibres = self._fibres.under(sheet.moment.motion.sheets)
        # A brush going dry leaves the hollows between fibres white; a full one fills them.
        stroke = pressed(sheet.lines, self._size, faintest=2.2, boldest=15.0, most=200)
        left = curved(cast("Mask", cv2.subtract(stroke, curved(fibres, _GAPS))), _LEFT.astype(np.uint8))
        ink = cast("Mask", cv2.multiply(curved(tone, self._washes), left, scale=1 / 255))
        density = granulated(stretched(sheet.density, self._size), fibres, _GRAIN)
        shown = thrice(washed(ink, density, self._sheet))
        return self._seal.stamped(cast("Frame", curved(shown, self._colours)))

    def _run(self, luma: Mask, wet: Mask, stir: Mask) -> Plane:
        """Tones whose edges stay crisp where the paper is dry and run where it is wet."""
        luma = medianed(luma)
        few = shrunk(luma, (max(8, self._grid[0] // 4), max(8, self._grid[1] // 4)))
        run = stretched(softened(medianed(few).astype(np.float32), 1.8), self._grid)
        crisp = softened(luma.astype(np.float32), 0.9)
        tone = crisp + (run - crisp) * curved(wet, _DRENCHED) + curved(stir, _STIRRED)
        return np.asarray(tone, np.float32)


def _water(seed: int) -> Mask:
    """`(512, 512, 2)`, wrapping: how wet the paper is, and how water moves the ink about. 128 is the mean."""
    random = np.random.default_rng([seed, 9])
    stir = 0.8 * wrapping_noise(random, _TILE, 26) + 0.6 * wrapping_noise(random, _TILE, 8)
    tile = np.stack([wrapping_noise(random, _TILE, 60), stir], axis=-1)
    return np.asarray(np.clip(tile * _PER_UNIT + 128.5, 0, 255), np.uint8)


def _wash_table() -> Mask:
    """`(256,)`: the light that the washes leave of each tone of the source."""
    tone = np.arange(256, dtype=np.float32) / 255
    density = np.zeros(256, np.float32)
    for under, soft, strength in _WASHES:
        ramp = np.clip((under + soft / 2 - tone) / soft, 0, 1)
        density += strength * (
            0.75 * ramp * ramp * (3 - 2 * ramp) + 0.25 * np.clip(under - tone, 0, 1) / under
        )
    return np.asarray(np.exp(-density) * 255 + 0.5, np.uint8)


def _colour_table() -> Mask:
    """`(1, 256, 3)`: light on the paper, `_BARE` where there is no ink, as blue, green and red."""
    light = np.arange(256, dtype=np.float32)[:, None] / _BARE
    return np.asarray(np.clip(light**_INK * _PAPER + 0.5, 0, 255), np.uint8)[None]
