"""Ink wash: a few tones of ink that bleed at their edges, brushed contours, and much paper left bare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from omnireel.engines.studio.looks.painterly.kernels_finish import wash
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.looks.painterly.paper import rice_paper
from omnireel.engines.studio.looks.painterly.riding import riding
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.lines import line_response
from omnireel.engines.studio.picture.masses import masses_of
from omnireel.engines.studio.picture.noise import wrapping_noise
from omnireel.engines.studio.picture.orientation import structure_of, tangents_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    curved,
    grey_of,
    shrunk,
    smoothly_stretched,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_PAPER = np.array([222, 236, 241], np.uint8)
_INK = np.array([1.0, 1.05, 1.10], np.float32)
"""How strongly ink absorbs blue, green and red: thin it is nearly grey, thick a little blue."""
_WASHES = ((0.72, 0.10, 0.16), (0.47, 0.10, 0.34), (0.24, 0.08, 0.62), (0.10, 0.06, 0.75))
"""Tone under which a wash lies, the softness of its edge, and its density."""
_TILE = 512
_TONE_MEMORY, _LINE_MEMORY = 0.7, 0.75
_WIDE, _FINE = 2.6, 1.2
_GRAIN = np.float32(0.5)


@dataclass(frozen=True)
class _Sheet:
    moment: Moment
    tone: Plane
    lines: Plane
    density: Plane


class InkWash:
    """The ink-wash look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._curve = tone_curve(samples, black=0.02, white=0.16, middle=0.72)
        self._paper = rice_paper(size, seed)
        self._tile = _water(seed)
        self._table = _ink_table()
        self._flat: Frame | None = None
        self._lines: Plane | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in ink."""
        sheets = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (sheet.moment.repainted(self.paint(sheet)) for sheet in sheets)

    def plan(self, moment: Moment) -> _Sheet:
        """Dilute the ink of one frame. Frames must come in order."""
        self._flat = settled(masses_of(moment.small).flat, self._flat, moment.motion, _TONE_MEMORY)
        luma = cast("Mask", curved(grey_of(self._flat), self._curve))
        noise = riding(self._tile, moment.motion.sheets, self._grid)
        tone = self._bled(luma, noise)
        self._lines = remembered(self._contours(luma), self._lines, moment.motion, _LINE_MEMORY)
        pool = softened(tone, 3.0) - tone
        density = 64 + noise[..., 1] * 9 + np.clip(pool * np.float32(3.0), -10, 60)
        dry = self._lines * (np.float32(1) + noise[..., 1] * np.float32(0.35))
        return _Sheet(moment, tone, dry, density)

    def paint(self, sheet: _Sheet) -> Frame:
        """One picture at full size. Does not depend on other frames."""
        tone = np.clip(smoothly_stretched(sheet.tone, self._size), 0, 255).astype(np.uint8)
        lines = smoothly_stretched(sheet.lines, self._size)
        stroke = np.clip((lines - np.float32(3.0)) * np.float32(255 / 11), 0, 255).astype(np.uint8)
        washes = self._table[tone]
        ink = blended(washes, np.full_like(washes, 26), stroke)
        density = stretched(np.clip(sheet.density, 0, 255).astype(np.uint8), self._size)
        out = np.empty_like(ink)
        wash(ink, density, self._paper, _PAPER, _GRAIN, out)
        return out

    def _bled(self, luma: Mask, noise: Plane) -> Plane:
        """Tones whose edges stay crisp where the paper is dry and run where it is wet."""
        few = shrunk(luma, (max(8, self._grid[0] // 4), max(8, self._grid[1] // 4)))
        run = stretched(softened(few.astype(np.float32), 2.0), self._grid)
        crisp = softened(luma.astype(np.float32), 0.8)
        wet = np.clip(noise[..., 0] * np.float32(0.8) + np.float32(0.25), 0, 0.9)
        return np.asarray(crisp + (run - crisp) * wet + noise[..., 1] * np.float32(5), np.float32)

    def _contours(self, luma: Mask) -> Plane:
        tangents = tangents_of(structure_of(luma, 7))
        thick = line_response(luma, tangents, sigma=_WIDE, steps=5)
        thin = line_response(luma, tangents, sigma=_FINE, steps=4)
        return np.maximum(thick, thin)


def _water(seed: int) -> Plane:
    random = np.random.default_rng([seed, 9])
    wet = wrapping_noise(random, _TILE, 60)
    stir = 0.7 * wrapping_noise(random, _TILE, 14) + 0.7 * wrapping_noise(random, _TILE, 3.5)
    return np.stack([wet, stir], axis=-1).astype(np.float32)


def _ink_table() -> Mask:
    """`(256, 3)`: what each tone of the source becomes in blue, green and red."""
    tone = np.arange(256, dtype=np.float32) / 255
    density = np.zeros(256, np.float32)
    for under, soft, strength in _WASHES:
        density += strength * np.clip((under + soft / 2 - tone) / soft, 0, 1) ** 1.5
    return np.asarray(np.exp(-density[:, None] * _INK) * 255, np.uint8)
