"""Watercolour: transparent washes that pool at their edges and bleed into each other, on white paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.painterly.kernels_finish import wash
from omnireel.engines.studio.looks.painterly.levels import colour_gain, tone_curve
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.looks.painterly.paper import dimpled_grain, margin, sheet_relief
from omnireel.engines.studio.looks.painterly.riding import RidingGrain, RidingNoise
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.masses import masses_of
from omnireel.engines.studio.picture.noise import wrapping_noise
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    crossfaded,
    curved,
    fetched,
    grey_of,
    pixel_grid,
    shrunk,
    smoothly_stretched,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_CHROMA, _MOST = 27.0, 1.6
"""Colourfulness a clip is brought towards, and the largest gain on the way."""
_SHADOW = (0.17, 0.09, 0.07)
"""Painters mix no black: what is added to blue, green and red where it is darkest."""
_PAPER = np.array([246, 251, 253], np.uint8)
_TILE = 512
_COLOUR_MEMORY, _POOL_MEMORY = 0.7, 0.8
_WOBBLE = 1.35
"""Pixels of the working grid by which a hand strays from the outline."""
_TURBULENCE = 17.0
_POOL = 5.2
"""Density, in 64ths, for each level by which a place is darker than its surroundings: pigment dries there."""
_GRAIN = np.float32(0.42)
_MARGIN = 0.020
_SOFT, _CRISP = 5, 1.1
"""Edges of washes are sharpened against a mean over so many pixels, by this much."""


@dataclass(frozen=True)
class _Sheet:
    moment: Moment
    colour: Frame
    density: Mask


class Watercolor:
    """The watercolour look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._curve = tone_curve(samples, black=0.01, white=0.10, middle=0.64)
        self._curve = np.asarray(38 + self._curve.astype(np.float32) * (217 / 255), np.uint8)
        gain = colour_gain(samples, chroma=_CHROMA, most=_MOST)
        self._fresh = Laboratory(Grade(saturation=gain, contrast=0.12, lift=_SHADOW))
        tile = dimpled_grain(size, seed)
        self._dimples, self._relief = RidingGrain(tile, size), sheet_relief(tile, size)
        self._bare = margin(size, seed, _MARGIN)
        self._noise = RidingNoise(_hand_and_water(seed), self._grid)
        self._flat: Frame | None = None
        self._pool: Plane | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in watercolour."""
        sheets = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (sheet.moment.repainted(self.paint(sheet)) for sheet in sheets)

    def plan(self, moment: Moment) -> _Sheet:
        """Mix the washes of one frame. Frames must come in order."""
        small = cast("Frame", curved(moment.small, self._curve))
        self._flat = settled(masses_of(small).flat, self._flat, moment.motion, _COLOUR_MEMORY)
        noise = self._noise.under(moment.motion.sheets)
        place = pixel_grid(self._grid) + noise[..., :2]
        drawn = fetched(self._flat, np.ascontiguousarray(place[..., 0]), np.ascontiguousarray(place[..., 1]))
        luma = grey_of(drawn).astype(np.float32)
        pool = softened(luma, 2.4) - softened(luma, 0.7)
        self._pool = remembered(pool, self._pool, moment.motion, _POOL_MEMORY)
        colour = self._fresh.develop(_bled(drawn, noise[..., 2]))
        density = (
            np.float32(64)
            + noise[..., 2] * np.float32(_TURBULENCE)
            + np.clip(self._pool * np.float32(_POOL), -6, 90)
        )
        return _Sheet(moment, colour, np.clip(density, 0, 255).astype(np.uint8))

    def paint(self, sheet: _Sheet) -> Frame:
        """One picture at full size. Does not depend on other frames."""
        colour = smoothly_stretched(sheet.colour, self._size)
        density = smoothly_stretched(sheet.density, self._size)
        out = np.empty_like(colour)
        colour = crossfaded(colour, boxed(colour, _SOFT), -_CRISP)
        colour = blended(np.full_like(colour, 255), colour, self._bare)
        dimples = self._dimples.under(sheet.moment.motion.sheets)
        wash(colour, density, dimples, self._relief, _PAPER, _GRAIN, out)
        return out


def _hand_and_water(seed: int) -> Plane:
    """`(512, 512, 3)`, wrapping: how the hand strays in x and y, and how water moves the pigment about."""
    random = np.random.default_rng([seed, 7])
    stray = [
        _WOBBLE * (0.75 * wrapping_noise(random, _TILE, 11) + 0.35 * wrapping_noise(random, _TILE, 4))
        for _ in range(2)
    ]
    water = 0.85 * wrapping_noise(random, _TILE, 42) + 0.45 * wrapping_noise(random, _TILE, 12)
    return np.stack([*stray, water + 0.15 * wrapping_noise(random, _TILE, 4)], axis=-1).astype(np.float32)


def _bled(drawn: Frame, water: Plane) -> Frame:
    """Neighbouring washes run into each other where the paper is wettest."""
    size = drawn.shape[1], drawn.shape[0]
    few = shrunk(drawn, (max(8, size[0] // 4), max(8, size[1] // 4)))
    run = stretched(boxed(boxed(few, 5), 5), size)
    wet = np.clip(water * np.float32(0.6) + np.float32(0.15), 0, 0.75)
    return blended(drawn, run, (wet * 255).astype(np.uint8))
