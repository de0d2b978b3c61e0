"""Film grain: a few sheets of noise, each held for two frames, because new grain in each eats the file."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.light.air import Footage
from omnireel.engines.studio.picture.raster import Mask, softened

_SHEETS = 3
_SPARE = 64
"""Pixels by which a sheet is larger than the canvas, so that it can be laid differently each time."""
_HOLD = 2
_CLUMP, _CLUMP_SIDE = 0.7, 720
"""Standard deviation, in pixels, of one grain on a canvas with that short side; on larger ones it grows."""


class Grain:
    """Grain of `sigma` levels for one clip."""

    def __init__(self, footage: Footage, sigma: float) -> None:
        self._size = width, height = footage.size
        random = np.random.default_rng(footage.seed)
        clump = _CLUMP * max(1, min(footage.size) / _CLUMP_SIDE)
        self._sheets = [
            _sheet(random, (height + _SPARE, width + _SPARE), sigma, clump)
            for _ in range(_SHEETS if sigma else 0)
        ]
        self._places = random.integers(0, _SPARE, (97, 2))

    def at(self, index: int) -> Mask | None:
        """`(height, width)` for a frame, 128 as none; None where there is no grain at all."""
        if not self._sheets:
            return None
        turn = index // _HOLD
        top, left = self._places[turn % len(self._places)]
        width, height = self._size
        sheet = self._sheets[turn % _SHEETS]
        return np.ascontiguousarray(sheet[top : top + height, left : left + width])


def _sheet(random: np.random.Generator, shape: tuple[int, int], sigma: float, clump: float) -> Mask:
    noise = softened(random.standard_normal(shape, np.float32), clump)
    return np.asarray(np.clip(noise * np.float32(sigma / noise.std()) + 128.5, 0, 255), np.uint8)
