"""What rises and hangs in the air of a photograph: steam in wisps, motes in the light."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from omnireel.engines.studio.photo.stir import Mover, Stir
from omnireel.engines.studio.picture.noise import leaning_noise
from omnireel.engines.studio.picture.raster import Plane, Size, wrapped_at

_TILE = 128
_MOTES = 55
_MOTE = 95.0
"""Grey levels a mote in full light adds."""
_RISE = 0.16
"""Picture heights a second."""
_DENSITY = 125.0
"""Grey levels the thickest steam adds."""


@dataclass(frozen=True)
class Spout:
    """Where steam comes from: its mouth's middle and width, in shares of the picture's width and height."""

    x: float
    y: float
    wide: float
    tall: float = 0.42
    """How high it rises, in picture heights."""


def steaming(spout: Spout, size: Size, strength: float, seed: int) -> Mover:
    """Wisps that rise from a spout, widen, curl and fade."""
    width, height = size
    random = np.random.default_rng(seed)
    tiles = [leaning_noise(random, (_TILE, _TILE), grains) for grains in ((26.0, 9.0), (14.0, 5.0))]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    up = np.asarray((np.float32(spout.y * height) - y) / np.float32(spout.tall * height), np.float32)
    aside = np.asarray((x - np.float32(spout.x * width)) / np.float32(width), np.float32)
    fade = np.clip(up * 9 + 0.4, 0, 1) * np.clip(1.05 - up, 0, 1) ** 1.3
    per_cell = np.float32(_TILE / (0.62 * height))
    seen = np.asarray(fade * np.float32(_DENSITY * strength), np.float32)

    def move(seconds: float, moment: Stir) -> None:
        rise = np.float32(_RISE * seconds)
        curl = np.sin(up * 5 - np.float32(1.7 * seconds)) * np.float32(0.016) + np.sin(
            up * 9 - np.float32(2.6 * seconds) + 1
        ) * np.float32(0.007)
        away = aside - curl * np.clip(up + np.float32(0.2), 0, 1)
        reach = np.float32(spout.wide) * (np.float32(0.45) + np.float32(0.9) * np.clip(up, 0, 1))
        body = np.exp(-((away / reach) ** 2))
        thick = _wisps(tiles, away * np.float32(width), y + rise * np.float32(height), per_cell)
        moment.lift[...] += seen * body * thick

    return move


def floating(size: Size, strength: float, seed: int) -> Mover:
    """Motes in the air: soft specks, each on a slow path of its own, that catch the light now and then."""
    width, height = size
    random = np.random.default_rng(seed)
    homes, drifts = random.random((_MOTES, 2)), random.normal((0.008, -0.018), 0.014, (_MOTES, 2))
    reaches, paces = random.uniform(0.7, 2.2, _MOTES), random.uniform(0.6, 2.2, _MOTES)
    phases = random.uniform(0, 2 * pi, _MOTES)

    def move(seconds: float, moment: Stir) -> None:
        places = (homes + drifts * seconds + 0.012 * np.sin(paces * seconds + phases)[:, None]) % 1.0
        lights = _MOTE * strength * np.maximum(0.15, np.sin(1.3 * paces * seconds + 2 * phases))
        for (x, y), reach, light in zip(places.tolist(), reaches.tolist(), lights.tolist(), strict=True):
            _speck(moment.lift, x * width, y * height, reach, light)

    return move


def _speck(plane: Plane, x: float, y: float, reach: float, light: float) -> None:
    wide = int(3 * reach) + 1
    left, top = max(0, int(x) - wide), max(0, int(y) - wide)
    part = plane[top : int(y) + wide + 1, left : int(x) + wide + 1]
    across = np.exp(-(((np.arange(left, left + part.shape[1]) - x) / reach) ** 2))
    down = np.exp(-(((np.arange(top, top + part.shape[0]) - y) / reach) ** 2))
    part += (np.float32(light) * down[:, None] * across[None]).astype(np.float32)


def _wisps(tiles: list[Plane], x: Plane, y: Plane, per_cell: np.float32) -> Plane:
    """Strands where two layers of noise, the finer one rising faster, are both near their middle."""
    slow = wrapped_at(tiles[0], np.stack([x * per_cell, y * per_cell], axis=-1))
    quick = wrapped_at(tiles[1], np.stack([x * per_cell + 40, y * per_cell * np.float32(1.3)], axis=-1))
    strands = np.exp(-(slow**2) * np.float32(2.2)) * (np.float32(0.55) + np.float32(0.45) * quick)
    return np.asarray(np.clip(strands, 0, 1.2), np.float32)
