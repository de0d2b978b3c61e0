"""Light that lives: flames that lick upwards and light what is around them, lamps that flicker."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import cv2
import numpy as np

from omnireel.engines.studio.photo.stir import Mover, Stir, blurred, rough
from omnireel.engines.studio.picture.raster import Plane, size_of

_LICK = 0.10
"""How far flames lean and stretch, as a share of their own height."""
_ROUND = 0.16
"""How much the light around flames comes and goes."""
_LAMP = 0.10
"""The same for lamps."""


def burning(flame: Plane, strength: float, seed: int) -> Mover:
    """Flames where `flame`, a mask, says so: fast at the tip, held at the foot; their light on all around."""
    width, height = size_of(flame)
    random = np.random.default_rng(seed)
    weight, tip, tall = _tips(flame)
    lean = np.asarray(weight * tip * (_LICK * tall / width * strength), np.float32)
    glow = blurred(flame, width * 0.12) + np.float32(0.5) * blurred(flame, width * 0.04)
    lit = np.asarray(glow / max(1e-6, float(glow.max())) * (_ROUND * strength), np.float32)
    own = np.asarray(rough(random, (width, height), (max(4.0, tall / 2), float(height))) * 1.5, np.float32)
    rise = np.asarray(tip * 5.0 + own, np.float32)
    waver = _wavering(random)

    def move(seconds: float, moment: Stir) -> None:
        bright, side, stretch = waver(seconds)
        moment.across[...] += lean * (np.sin(rise - np.float32(9.5 * seconds)) + np.float32(0.9 * side))
        moment.down[...] += lean * np.float32(1.1 * stretch)
        moment.gain[...] += lit * np.float32(bright)

    return move


def flickering(light: Plane, strength: float, seed: int) -> Mover:
    """Lamps, each at its own pace, where `light` has bright islands."""
    random = np.random.default_rng(seed)
    width = size_of(light)[0]
    islands = (light > 0.5).astype(np.uint8)
    count, labels, _, _ = cv2.connectedComponentsWithStats(cv2.dilate(islands, np.ones((3, 3), np.uint8)))
    pace = random.uniform(3, 11, count).astype(np.float32)[labels]
    phase = random.uniform(0, 6.3, count).astype(np.float32)[labels]
    near = np.asarray(blurred(light, width * 0.012) + 0.4 * blurred(light, width * 0.05), np.float32)
    lit = np.asarray(np.clip(near, 0, 1) * (_LAMP * strength), np.float32)

    def move(seconds: float, moment: Stir) -> None:
        beat = np.sin(pace * np.float32(seconds) + phase) + np.float32(0.5) * np.sin(
            pace * np.float32(2.7 * seconds) + phase * 2
        )
        moment.gain[...] += lit * blurred(np.asarray(beat, np.float32), width * 0.02)

    return move


def _tips(flame: Plane) -> tuple[Plane, Plane, float]:
    """A weight reaching a little beyond the flames, how near each place is to a tip, and their height."""
    solid = (flame > 0.3).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(solid)
    tip = np.zeros_like(flame)
    tallest = 4.0
    for number in range(1, count):
        top, tall = int(stats[number, cv2.CC_STAT_TOP]), int(stats[number, cv2.CC_STAT_HEIGHT])
        left, wide = int(stats[number, cv2.CC_STAT_LEFT]), int(stats[number, cv2.CC_STAT_WIDTH])
        above, beside = max(0, top - tall // 2), max(2, wide // 2)
        rows = np.arange(above, top + tall, dtype=np.float32)
        risen = np.clip((top + tall - rows) / tall, 0, 1.2)[:, None]
        box = tip[above : top + tall, max(0, left - beside) : left + wide + beside]
        np.maximum(box, risen, out=box)
        tallest = max(tallest, float(tall))
    reach = max(1.5, tallest * 0.12)
    weight = np.clip(blurred(cv2.dilate(solid, np.ones((5, 5), np.uint8)).astype(np.float32), reach), 0, 1)
    return np.asarray(weight, np.float32), np.asarray(blurred(tip, reach), np.float32), tallest


def _wavering(random: np.random.Generator) -> Callable[[float], tuple[float, float, float]]:
    """Three restless noises of about -1 to 1 by seconds: a fire's brightness, lean and stretch."""
    paces = random.uniform(2.0, 17.0, (3, 6))
    phases = random.uniform(0, 2 * pi, (3, 6))

    def at(seconds: float) -> tuple[float, float, float]:
        waves = np.sin(paces * seconds + phases) / np.sqrt(paces / 2)
        bright, side, stretch = (waves.sum(axis=1) / 2).tolist()
        return float(bright), float(side), float(stretch)

    return at
