"""A tileable sheet of hand-worked clay: thumb dents, a few fingerprints, lumps and grain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.noise import wrapping_noise
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    pixel_grid,
    size_of,
    smoothly_stretched,
    stretched,
    wrapped_at,
)

TILE = 1024
"""Texels per side."""
_TILE_SIDE = 720
"""The short side of a canvas on which one texel is one pixel."""
_NOISE_SIDE = 256
_MARGIN = 2
_DENTS = 26
_PRINTS = 9
_LIGHT = (0.62, 0.78)
"""Share of the slope in x and y that turns towards the light, which stands upper left."""
_STEEPEST = 0.42


def spread_tile(tile: Mask, size: Size) -> Mask:
    """The tile repeated so often that a canvas of `size` fits on it wherever its corner lies in the first."""
    texel = _texel(size)
    return np.tile(tile, (2 + int(size[1] * texel) // TILE, 2 + int(size[0] * texel) // TILE))


def sampled(spread: Mask, offset: Plane, size: Size) -> Mask:
    """The spread tile under every pixel of a canvas. `offset`, `(h, w, 2)` on any grid, is in pixels.

    Sampled for every other texel and smoothed over the rest: nothing in the tile is finer than that.
    """
    texel = _texel(size)
    place = cast("Plane", cv2.scaleAdd(offset, texel, _texels_of(size_of(offset), size)))
    spots = place[:: max(1, len(place) // 8), :: max(1, place.shape[1] // 8)]
    corner = np.floor((spots.min(axis=(0, 1)) - TILE / 8) / TILE) * TILE
    # By hand: numpy takes four times as long over rows of two.
    for axis in range(2):
        place[..., axis] -= np.float32(corner[axis])
    few = ceil(size[0] * texel / 2), ceil(size[1] * texel / 2)
    return stretched(wrapped_at(spread, stretched(place, few)), size)


@lru_cache(maxsize=4)
def _texels_of(grid: Size, size: Size) -> Plane:
    """`(height, width, 2)`: the texels under the middles of a grid's cells, at rest on a canvas of `size`."""
    scale = np.array([size[0] / grid[0], size[1] / grid[1]], np.float32)
    return ((pixel_grid(grid) + np.float32(0.5)) * scale - np.float32(0.5)) * np.float32(_texel(size))


def _texel(size: Size) -> float:
    """Texels per pixel: prints keep their share of large canvases and their detail on small ones."""
    return min(1.0, _TILE_SIDE / min(size))


@dataclass(frozen=True)
class _Spot:
    """A patch of the tile in the spot's own axes, wrapping at the tile's edges."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    along: Plane
    across: Plane


def relief_tile(seed: int) -> Mask:
    """`(1024, 1024)` bytes: how much each texel leans towards the light, 128 is flat; wraps both ways."""
    random = np.random.default_rng(seed)
    height = _lumps(random)
    bend = _noise(random, 0.014) * 4
    for _ in range(_DENTS):
        _press_thumb(height, random)
    for _ in range(_PRINTS):
        _press_print(height, bend, random)
    return _towards_light(height)


def _lumps(random: np.random.Generator) -> Plane:
    octaves = ((0.0055, 1.25), (0.018, 0.32), (0.06, 0.06), (0.14, 0.03))
    lumps: Plane = np.sum([_noise(random, band) * size for band, size in octaves], axis=0, dtype=np.float32)
    return lumps


def _noise(random: np.random.Generator, band: float) -> Plane:
    """Smooth unit noise that wraps; `band` is its bandwidth in cycles per texel.

    Made no larger than the band needs: broad noise is enlarged, fine noise repeats inside the tile.
    """
    side, grain = max(64, 1 << int(np.ceil(np.log2(TILE * band * 8)))), 1 / (2 * np.sqrt(np.pi) * band)
    if side <= _NOISE_SIDE:
        return _enlarged(wrapping_noise(random, side, grain * side / TILE))
    few = TILE // _NOISE_SIDE
    return np.tile(wrapping_noise(random, _NOISE_SIDE, grain), (few, few))


def _enlarged(field: Plane) -> Plane:
    """Bicubic up to the tile; it still wraps."""
    scale = TILE // len(field)
    wide = np.pad(field, _MARGIN, mode="wrap")
    large = smoothly_stretched(wide, (len(wide) * scale, len(wide) * scale))
    inner = slice(_MARGIN * scale, _MARGIN * scale + TILE)
    return np.ascontiguousarray(large[inner, inner])


def _spot(random: np.random.Generator, reach: float) -> _Spot:
    centre, angle = random.uniform(0, TILE, 2), random.uniform(0, np.pi)
    span = np.arange(-int(reach), int(reach) + 1, dtype=np.int64)
    y, x = span[:, None].astype(np.float32), span[None].astype(np.float32)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    rows, columns = (span + int(centre[1])) % TILE, (span + int(centre[0])) % TILE
    return _Spot(rows[:, None], columns[None], along.astype(np.float32), across.astype(np.float32))


def _press_thumb(height: Plane, random: np.random.Generator) -> None:
    radius = random.uniform(34, 62)
    spot = _spot(random, radius * 1.7)
    reach = (spot.along / radius) ** 2 + (spot.across / (radius * 0.66)) ** 2
    height[spot.rows, spot.columns] -= np.exp(-reach * reach * 0.9) * random.uniform(1.6, 4.5)


def _press_print(height: Plane, bend: Plane, random: np.random.Generator) -> None:
    radius, spacing, lift = random.uniform(38, 56), random.uniform(7.2, 8.8), random.uniform(0, 0.5)
    spot = _spot(random, radius * 1.5)
    reach = (spot.along / radius) ** 2 + (spot.across / (radius * 0.68)) ** 2
    whorl = np.sqrt(spot.along**2 + ((spot.across + radius * lift) * 1.35) ** 2 + 30)
    ridges = np.sin(2 * np.pi * (whorl + bend[spot.rows, spot.columns]) / spacing)
    inked = np.exp(-(reach**3) * 1.2) * random.uniform(0.15, 0.34)
    height[spot.rows, spot.columns] += inked * ridges - np.exp(-reach * reach) * 0.9


def _towards_light(height: Plane) -> Mask:
    across = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2
    down = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) / 2
    lean = np.clip((across * _LIGHT[0] + down * _LIGHT[1]) * 0.62, -_STEEPEST, _STEEPEST)
    return np.clip(128 + lean * 256, 0, 255).astype(np.uint8)
