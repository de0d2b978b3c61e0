"""Smooth random fields: some drift by themselves, some ride on what moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, Plane, Size, pixel_grid, stretched, wrapped_at
from omnireel.engines.studio.tracker import Motion

TILE = 512


def noise_tile(random: np.random.Generator, octaves: Sequence[tuple[int, float]], side: int = TILE) -> Plane:
    """`(side, side)` smooth noise that wraps, 0 to 1, evenly spread; octaves are (cells, weight)."""
    whole = np.zeros((side, side), np.float32)
    for cells, weight in octaves:
        whole += np.float32(weight) * _wrapping(random.random((cells, cells), np.float32), side)
    # By rank, so that any threshold covers the share of the picture it says.
    order = whole.ravel().argsort(kind="stable")
    even = np.empty(whole.size, np.float32)
    even[order] = np.linspace(0, 1, whole.size, dtype=np.float32)
    return even.reshape(whole.shape)


def _wrapping(seeds: Plane, side: int) -> Plane:
    around = np.pad(seeds, 3, mode="wrap")
    cell = side / len(seeds)
    large = round(len(around) * cell)
    enlarged = cast("Plane", cv2.resize(around, (large, large), interpolation=cv2.INTER_CUBIC))
    start = round(3 * cell)
    return enlarged[start : start + side, start : start + side]


def drifted(tile: Plane, size: Size, scale: float, x: float, y: float) -> Plane:
    """A tile laid over `size`, `scale` texels per pixel, moved by `x`, `y` of its own texels."""
    place = pixel_grid(size) * np.float32(scale) + np.array([x % len(tile), y % len(tile)], np.float32)
    return wrapped_at(tile, place)


def riding(tile: Plane, motion: Motion, size: Size, scale: float = 1.0) -> Plane:
    """A tile that rides on what moves, over a grid of `size`; `scale` texels per pixel of it."""
    laid = [sheet.weight * _laid(tile, sheet.offset, size, scale) for sheet in motion.sheets if sheet.weight]
    return stretched(np.asarray(sum(laid), np.float32), size)


def laid(tile: Mask, offset: Plane, size: Size, scale: float) -> Mask:
    """A tile of bytes, `(side, side)` or with channels, lying on a sheet of `offset`, seen at each pixel of a
    canvas of `size`; `scale` texels per pixel."""
    coarse = offset.shape[1], offset.shape[0]
    side = len(tile)
    place = (pixel_grid(coarse) + offset) * np.float32(scale * size[0] / coarse[0])
    (left, right), (top, bottom) = (cv2.minMaxLoc(way)[:2] for way in cv2.split(place))
    corner = np.floor(np.array([left, top], np.float32) / side) * np.float32(side)
    place -= corner
    across, down = (int(most // side) + 1 for most in (right - corner[0], bottom - corner[1]))
    repeats = (down, across, 1)[: tile.ndim]
    return wrapped_at(np.tile(tile, repeats), stretched(place, size))


def _laid(tile: Plane, offset: Plane, size: Size, scale: float) -> Plane:
    coarse = offset.shape[1], offset.shape[0]
    place = (pixel_grid(coarse) + offset) * np.float32(scale * size[0] / coarse[0])
    # Near the tile's origin, because OpenCV keeps places in 16 bits.
    return wrapped_at(tile, place - np.floor(place[0, 0] / len(tile)) * np.float32(len(tile)))
