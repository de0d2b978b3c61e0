"""Papers: what lies under the picture and stays where it is on the screen."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.painterly.riding import GRAIN_TILE
from omnireel.engines.studio.picture.noise import leaning_noise, wrapping_noise
from omnireel.engines.studio.picture.raster import Mask, Plane, Size

_TILE = 512
_CANVAS_SIDE = 720
_FLATNESS = 3200
"""Levels of relief from one pixel to the next that would take all light away."""
_MIST = 0.13
"""Share of the short side over which an ink painting dissolves at its border."""


def drawing_grain(size: Size, seed: int) -> Mask:
    """Tile of the tooth of drawing paper, 128 in the middle: high points take the pencil."""
    return _bytes(34 * _rough(size, [seed, 2], (1.0, 1.5), (0.7, 3.2)))


def laid_grain(size: Size, seed: int) -> Mask:
    """Tile of charcoal paper: a coarse tooth with the faint ribs of the mould."""
    turns = round(GRAIN_TILE / (6 * _texel(size)))
    ribs = np.sin(np.arange(GRAIN_TILE) * (2 * np.pi * turns / GRAIN_TILE))[:, None]
    return _bytes(33 * _rough(size, [seed, 3], (1.0, 1.3), (0.7, 2.8)) + 9 * ribs)


def dimpled_grain(size: Size, seed: int) -> Mask:
    """Tile of cold-pressed paper: dimples in which pigment gathers."""
    return _bytes(28 * _rough(size, [seed, 4], (1.0, 3.0), (0.8, 7.0), (0.5, 1.3)))


def fibre_grain(size: Size, seed: int) -> Mask:
    """Tile of rice paper: long soft fibres over a fine grain."""
    random, unit = np.random.default_rng([seed, 5]), _texel(size)
    fibres = np.zeros((GRAIN_TILE, GRAIN_TILE), np.float32)
    for down, across in ((1.2, 26), (26, 1.2)):
        thread = leaning_noise(random, (GRAIN_TILE, GRAIN_TILE), (down * unit, across * unit))
        fibres += np.maximum(thread - 0.9, 0)
    return _bytes(26 * fibres + 12 * _rough(size, [seed, 6], (1.0, 1.6)))


def _rough(size: Size, seed: list[int], *octaves: tuple[float, float]) -> Plane:
    """Sum of noises, each with its strength and its grain in pixels of a canvas whose short side is 720."""
    random, unit = np.random.default_rng(seed), _texel(size)
    noises = [share * wrapping_noise(random, GRAIN_TILE, grain * unit) for share, grain in octaves]
    return np.asarray(np.sum(noises, axis=0), np.float32)


def sheet_relief(tile: Mask, size: Size) -> Mask:
    """`(height, width)`: the paper's own surface, which stays where it is on the screen."""
    times = -(-size[1] // GRAIN_TILE), -(-size[0] // GRAIN_TILE)
    return np.ascontiguousarray(np.tile(tile, times)[: size[1], : size[0]])


def lit_sheet(tile: Mask, size: Size, paper: Mask) -> Mask:
    """`(height, width, n)`: a sheet of the colour `paper`, `(n,)`, its surface lit from the upper left."""
    relief = sheet_relief(tile, size).astype(np.float32)
    before = np.pad(relief, ((1, 0), (1, 0)), mode="edge")[:-1, :-1]
    shade = 1 + (relief - before) * np.float32(1 / _FLATNESS)
    return np.asarray(np.clip(shade[..., None] * paper + 0.5, 0, 255), np.uint8)


def margin(size: Size, seed: int, share: float) -> Mask:
    """Where paint lies: 255, but 0 in an uneven border of about `share` of the short side, left bare."""
    random, unit = np.random.default_rng([seed, 8]), _unit(size)
    x = np.minimum(np.arange(size[0]), np.arange(size[0])[::-1]).astype(np.float32)
    y = np.minimum(np.arange(size[1]), np.arange(size[1])[::-1]).astype(np.float32)
    away = np.minimum(x[None], y[:, None])
    ragged = wrapping_noise(random, _TILE, 46 * unit) * 0.30 + wrapping_noise(random, _TILE, 9 * unit) * 0.10
    times = -(-size[1] // _TILE), -(-size[0] // _TILE)
    border = min(size) * share * (1 + np.tile(ragged, times)[: size[1], : size[0]])
    return np.asarray(np.clip((away - border) / (2.0 * unit) + 0.5, 0, 1) * 255, np.uint8)


def mist(grid: Size, seed: int) -> Plane:
    """How far the picture dissolves into bare paper, 0 to 1: at its border fully, but unevenly."""
    random = np.random.default_rng([seed, 11])
    x, y = (np.minimum(np.arange(n) + 0.5, np.arange(n)[::-1] + 0.5) for n in grid)
    away = np.minimum(x[None], y[:, None]) / min(grid)
    drift = np.tile(wrapping_noise(random, _TILE, 70), (-(-grid[1] // _TILE), -(-grid[0] // _TILE)))
    reach = _MIST * (1 + 0.5 * drift[: grid[1], : grid[0]])
    ramp = np.clip(1 - away / np.maximum(reach, 0.02), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def _unit(size: Size) -> float:
    return max(0.5, min(size) / _CANVAS_SIDE)


def _texel(size: Size) -> float:
    """Grain tiles are enlarged on canvases over 720, so only small canvases need a finer one."""
    return min(1.0, _unit(size))


def _bytes(relief: Plane) -> Mask:
    return np.asarray(np.clip(128 + relief, 0, 255), np.uint8)
