"""Watercolour: transparent washes that pool at their edges and bleed into each other, on white paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.painterly.levels import colour_gain, tone_curve
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.looks.painterly.paper import dimpled_grain, lit_sheet, margin
from omnireel.engines.studio.looks.painterly.pigment import ONE, granulated, washed
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
    thrice,
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
_PER_UNIT = 32
"""Steps of a byte to one pixel of straying, and to one unit of water."""
_TURBULENCE = 17.0
_POOL = 5.2
"""Density, in 64ths, for each level by which a place is darker than its surroundings: pigment dries there."""
_SHALLOWEST, _DEEPEST = -6, 90
_WATER = (np.arange(256) - 128) / _PER_UNIT
_TURBULENT = np.clip(ONE + _SHALLOWEST + _WATER * _TURBULENCE, 0, 255).astype(np.uint8)
"""Density by the bytes of water, less what pools add everywhere."""
_WET = (np.clip(_WATER * 0.6 + 0.15, 0, 0.75) * 255).astype(np.uint8)
_GRAIN = 0.42
"""Density, in levels of depth, that settles in the hollows of the paper."""
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
        self._dimples, self._sheet = RidingGrain(tile, size), lit_sheet(tile, size, _PAPER)
        self._bare = thrice(255 - margin(size, seed, _MARGIN))
        self._noise = RidingNoise(_hand_and_water(seed), self._grid)
        self._x, self._y = (np.ascontiguousarray(axis) for axis in np.moveaxis(pixel_grid(self._grid), -1, 0))
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
        noise = cv2.split(self._noise.under(moment.motion.sheets))
        across, down, water = (cast("Mask", plane) for plane in noise)
        drawn = fetched(self._flat, _strayed(self._x, across), _strayed(self._y, down))
        luma = grey_of(drawn).astype(np.float32)
        pool = softened(luma, 2.4) - softened(luma, 0.7)
        self._pool = remembered(pool, self._pool, moment.motion, _POOL_MEMORY)
        colour = self._fresh.develop(_bled(drawn, water))
        return _Sheet(moment, colour, _density(self._pool, water))

    def paint(self, sheet: _Sheet) -> Frame:
        """One picture at full size. Does not depend on other frames."""
        colour = smoothly_stretched(sheet.colour, self._size)
        colour = crossfaded(colour, boxed(colour, _SOFT), -_CRISP)
        colour = cast("Frame", cv2.max(colour, self._bare))
        dimples = self._dimples.under(sheet.moment.motion.sheets)
        density = granulated(stretched(sheet.density, self._size), dimples, _GRAIN)
        return washed(colour, density, self._sheet)


def _strayed(axis: Plane, stray: Mask) -> Plane:
    return np.asarray(axis + (stray - np.float32(128)) * np.float32(1 / _PER_UNIT), np.float32)


def _density(pool: Plane, water: Mask) -> Mask:
    """Where pigment gathers: thick along the rims of dark places, and wherever water left it."""
    rims = np.clip(pool * np.float32(_POOL) - _SHALLOWEST, 0, _DEEPEST - _SHALLOWEST).astype(np.uint8)
    return cast("Mask", cv2.add(rims, curved(water, _TURBULENT)))


def _hand_and_water(seed: int) -> Mask:
    """`(512, 512, 3)`, wrapping: how the hand strays in x and y, and how water moves the pigment about.

    128 is none.
    """
    random = np.random.default_rng([seed, 7])
    stray = [
        _WOBBLE * (0.75 * wrapping_noise(random, _TILE, 11) + 0.35 * wrapping_noise(random, _TILE, 4))
        for _ in range(2)
    ]
    water = 0.85 * wrapping_noise(random, _TILE, 42) + 0.45 * wrapping_noise(random, _TILE, 12)
    tile = np.stack([*stray, water + 0.15 * wrapping_noise(random, _TILE, 4)], axis=-1)
    return np.asarray(np.clip(tile * _PER_UNIT + 128.5, 0, 255), np.uint8)


def _bled(drawn: Frame, water: Mask) -> Frame:
    """Neighbouring washes run into each other where the paper is wettest."""
    size = drawn.shape[1], drawn.shape[0]
    few = shrunk(drawn, (max(8, size[0] // 4), max(8, size[1] // 4)))
    return blended(drawn, stretched(boxed(boxed(few, 5), 5), size), cast("Mask", curved(water, _WET)))
