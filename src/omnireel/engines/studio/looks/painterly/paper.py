"""Papers: what lies under the picture and stays where it is on the screen."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.noise import leaning_noise, wrapping_noise
from omnireel.engines.studio.picture.raster import Mask, Plane, Size

_TILE = 512
_CANVAS_SIDE = 720
_MIST = 0.13
"""Share of the short side over which an ink painting dissolves at its border."""


def drawing_paper(size: Size, seed: int) -> Mask:
    """`(height, width)`: tooth of drawing paper, 128 in the middle: high points take the pencil."""
    random, unit = np.random.default_rng([seed, 2]), _unit(size)
    tooth = wrapping_noise(random, _TILE, 1.5 * unit) + 0.7 * wrapping_noise(random, _TILE, 3.2 * unit)
    return _laid(tooth * 34, size)


def laid_paper(size: Size, seed: int) -> Mask:
    """Charcoal paper: a coarse tooth with the faint ribs of the mould."""
    random, unit = np.random.default_rng([seed, 3]), _unit(size)
    tooth = wrapping_noise(random, _TILE, 1.3 * unit) + 0.7 * wrapping_noise(random, _TILE, 2.8 * unit)
    ribs = np.sin(np.arange(_TILE) * (2 * np.pi * round(_TILE / (6 * unit)) / _TILE))[:, None]
    return _laid(tooth * 33 + ribs * 9, size)


def watercolour_paper(size: Size, seed: int) -> Mask:
    """Cold-pressed paper: dimples in which pigment gathers."""
    random, unit = np.random.default_rng([seed, 4]), _unit(size)
    dimples = 1.0 * wrapping_noise(random, _TILE, 3.0 * unit) + 0.8 * wrapping_noise(
        random, _TILE, 7.0 * unit
    )
    return _laid((dimples + 0.5 * wrapping_noise(random, _TILE, 1.3 * unit)) * 28, size)


def rice_paper(size: Size, seed: int) -> Mask:
    """Long soft fibres every which way over a fine grain."""
    random, unit = np.random.default_rng([seed, 5]), _unit(size)
    fibres = np.zeros((_TILE, _TILE), np.float32)
    for grains in ((1.2, 26), (26, 1.2)):
        thread = leaning_noise(random, (_TILE, _TILE), (grains[0] * unit, grains[1] * unit))
        fibres += np.maximum(thread - 0.9, 0)
    return _laid(fibres * 26 + wrapping_noise(random, _TILE, 1.6 * unit) * 12, size)


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


def _laid(relief: Plane, size: Size) -> Mask:
    tile = np.asarray(np.clip(128 + relief, 0, 255), np.uint8)
    times = -(-size[1] // _TILE), -(-size[0] // _TILE)
    return np.ascontiguousarray(np.tile(tile, times)[: size[1], : size[0]])
