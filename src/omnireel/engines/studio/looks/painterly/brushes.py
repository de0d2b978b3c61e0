"""What brushes and sticks leave behind: stamps of paint cover and relief."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.noise import leaning_noise
from omnireel.engines.studio.picture.raster import Mask, Plane, Size


def bristle_stamps(random: np.random.Generator, kinds: int, size: Size, bristle: float) -> Mask:
    """`(kinds, rows, columns, 2)`: a loaded flat brush. Ridges between bristles `bristle` texels apart."""
    return np.stack([_bristles(random, size, bristle) for _ in range(kinds)])


def stick_stamps(random: np.random.Generator, kinds: int, size: Size, grain: float) -> Mask:
    """`(kinds, rows, columns, 2)`: a pencil or a piece of charcoal, pressed harder halfway."""
    return np.stack([_stick(random, size, grain) for _ in range(kinds)])


def _bristles(random: np.random.Generator, size: Size, bristle: float) -> Mask:
    along, across = _axes(size)
    streaks = leaning_noise(random, (size[1], size[0]), (bristle, size[0] * 0.45))
    fine = leaning_noise(random, (size[1], size[0]), (bristle * 0.4, size[0] * 0.2))
    ragged = leaning_noise(random, (size[1], size[0]), (bristle * 0.7, size[0] * 3.0))
    # The brush is set down full and lifted dry: its end is torn into bristles.
    end = _step(0.86 + 0.10 * ragged - along, 0.06) * _step(along + 0.93 + 0.04 * ragged, 0.05)
    side = _step(
        0.90 + 0.06 * leaning_noise(random, (size[1], size[0]), (size[1], size[0] * 0.2)) - abs(across), 0.10
    )
    dry = _step(1.25 - np.maximum(along, 0) * 0.9 + 0.5 * streaks, 0.35)
    cover = end * side * dry
    heap = np.exp(-(((1 - abs(across)) / 0.22) ** 2)) * 0.5 + np.exp(-(((along - 0.72) / 0.2) ** 2)) * 0.4
    relief = 0.42 + 0.17 * streaks + 0.04 * fine + 0.25 * heap
    return _bytes(cover, relief)


def _stick(random: np.random.Generator, size: Size, grain: float) -> Mask:
    along, across = _axes(size)
    rough = leaning_noise(random, (size[1], size[0]), (grain, grain * 2.5))
    swell = _step(1 - abs(along) ** 2.2, 0.6)
    side = _step(0.92 - abs(across) + 0.10 * rough, 0.55)
    cover = swell * side * np.clip(0.85 + 0.16 * rough, 0, 1)
    return _bytes(cover, cover)


def _axes(size: Size) -> tuple[Plane, Plane]:
    along = np.linspace(-1, 1, size[0], dtype=np.float32)[None]
    across = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    return along, across


def _step(over: Plane, width: float) -> Plane:
    ramp = np.clip(over / width, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def _bytes(cover: Plane, relief: Plane) -> Mask:
    planes = np.stack(np.broadcast_arrays(cover, relief), axis=-1)
    return np.asarray(np.clip(planes, 0, 1) * 255, np.uint8)
