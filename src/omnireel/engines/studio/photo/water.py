"""Water that ripples: waves on a level plane in perspective, and light glancing off them."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from omnireel.engines.studio.photo.stir import Mover, Stir, Turning, added, rough, turning
from omnireel.engines.studio.picture.raster import Plane, size_of

_WAVES = ((5.0, 0.18), (8.5, -0.42), (13.0, 0.55), (21.0, -0.2), (34.0, 0.36))
"""Waves to the depth of the view at its lower edge, and how far their crests are turned."""
_HEIGHT = 0.0052
"""How far the strongest wave at the lower edge moves what it mirrors, in picture heights."""
_STEEPEST = 0.05
"""Shift per wavelength beyond which a mirrored picture would fold."""
_FINEST = 3.0
"""Grid cells a wave must be long before it can be drawn."""
_SHADE = 0.15
"""How much lighter the near sides of waves are."""
_ASIDE = 0.35
"""How far things shift across for every step down."""
_GLANCE = 0.16
"""How much brighter a glint is than what it lies on."""
_TWINKLE = 5.0
"""Radians a second."""
_GRAVITY = 3.4
"""Longer waves are faster: the square of a wave's radians a second, by radians a depth."""


@dataclass(frozen=True)
class _Wave:
    shift: Turning
    shade: Turning


def rippling(weight: Plane, light: Plane, horizon: float, strength: float, seed: int) -> Mover:
    """Ripples where `weight` says so, with glints above all where `light`, the picture's own, is bright."""
    waves = [_wave(weight, horizon, strength, *wave, number) for number, wave in enumerate(_WAVES)]
    random = np.random.default_rng(seed)
    twinkle = rough(random, size_of(weight), (9.0, 1.6)) * np.float32(2.2)
    likely = np.clip(rough(random, size_of(weight), (3.0, 1.0)) - 0.1, 0, 2)
    # Pale water has no room to glint in: there it would only turn into white patches.
    bright = np.clip(light * 1.6 - 0.3, 0, 1) * np.clip((1 - light) * 3, 0, 1)
    rows = np.arange(len(weight), dtype=np.float32)[:, None] / len(weight) - np.float32(horizon)
    glance = np.asarray(
        weight * np.clip(rows * 8, 0, 1) * (0.2 + 0.8 * bright) * likely * (_GLANCE * strength), np.float32
    )
    glints = turning(glance, twinkle, _TWINKLE)

    def move(seconds: float, moment: Stir) -> None:
        for wave in waves:
            wave.shift.onto(moment.down, seconds)
            wave.shift.onto(moment.across, seconds, _ASIDE, pi / 2)
            wave.shade.onto(moment.gain, seconds)
        lit = np.zeros_like(glance)
        glints.onto(lit, seconds)
        added(moment.gain, np.maximum(lit, 0), 1.0)

    return move


def _wave(weight: Plane, horizon: float, strength: float, count: float, turn: float, number: int) -> _Wave:
    width, height = size_of(weight)
    y = (np.arange(height, dtype=np.float32) / height)[:, None]
    x = (np.arange(width, dtype=np.float32) / width - 0.5)[None]
    below = np.maximum(y - np.float32(min(horizon, 0.92)), 0.012) / np.float32(1 - min(horizon, 0.92))
    away = 1 / below
    # At the lower edge the plane runs away at one view depth a picture height.
    number_of = np.float32(2 * pi * count / 3.2)
    phase = np.asarray(
        number_of * (away + np.float32(turn) * x * away * np.float32(width / height)) + number, np.float32
    )
    length = np.float32(2 * pi) * below * below * np.float32(1 - horizon) / number_of
    drawable = np.clip((length * height - _FINEST) / _FINEST, 0, 1)
    shift = np.minimum(_HEIGHT * below, _STEEPEST * length / 2) * drawable * np.float32(strength)
    shade = _SHADE * strength / len(_WAVES) * drawable * np.clip(below * 3, 0.2, 1)
    pace = sqrt(_GRAVITY * float(number_of))
    in_widths = np.asarray(shift * weight * np.float32(height / width), np.float32)
    shaded = np.asarray(shade * weight, np.float32)
    return _Wave(turning(in_widths, phase, pace), turning(shaded, phase + np.float32(pi / 2), pace))
