"""Short sounds of things that touch, break, burst or pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.sound.signals import (
    Mono,
    band,
    below,
    glide,
    grains,
    laid,
    levelled,
    noise,
    struck,
    swelled,
    tone,
)
from omnireel.media.frames import SAMPLE_RATE

_HOOF = 1.6
"""The weight on one foot of a horse."""


@dataclass(frozen=True)
class Ground:
    """How a surface answers a foot: a band in hertz, how long it rings, and how much of it is gravel."""

    low: float
    high: float
    decay: float
    crunch: float
    thud: float


GROUNDS = {
    "hard": Ground(900, 4200, 0.012, 0.1, 0.45),
    "wood": Ground(250, 2200, 0.022, 0.05, 0.8),
    "earth": Ground(180, 1500, 0.022, 0.35, 0.7),
    "grass": Ground(1400, 6500, 0.05, 0.7, 0.35),
    "sand": Ground(700, 5200, 0.06, 0.9, 0.35),
    "snow": Ground(500, 3600, 0.08, 1.3, 0.3),
    "water": Ground(500, 5200, 0.10, 1.0, 0.3),
}


def footstep_on(ground: str, weight: float) -> Callable[[np.random.Generator], Mono]:
    """One step on a named ground; `weight` of 1 is a grown person, an elephant is 4, a cat 0.3."""
    surface = GROUNDS[ground]
    return lambda random: _step(surface, weight, random)


def hoof_on(ground: str) -> Callable[[np.random.Generator], Mono]:
    """One hoof: a clop on what is hard, a thump on what is soft."""
    surface = GROUNDS[ground]
    return lambda random: _hoof(surface, random)


def splash(random: np.random.Generator) -> Mono:
    body = levelled(band(noise(0.7, random, fall=2), 350, 5200)) * struck(0.7, attack=0.015, decay=0.14)
    drops = levelled(band(grains(0.7, random, 240), 1500, 8000)) * struck(0.7, attack=0.12, decay=0.2)
    return 0.5 * body + 0.3 * drops


def thud(random: np.random.Generator) -> Mono:
    """Something heavy lands."""
    body = tone(glide(0.3, ((0, 110), (1, 48))), 0.3) * struck(0.3, attack=0.002, decay=0.07)
    slap = levelled(band(noise(0.3, random, fall=3), 120, 1500)) * struck(0.3, attack=0.001, decay=0.02)
    return 0.7 * body + 0.25 * slap


def whoosh(random: np.random.Generator) -> Mono:
    """Air, as something fast goes by."""
    length = random.uniform(0.45, 0.7)
    low, high = band(noise(length, random, fall=2), 200, 1200), band(noise(length, random), 900, 5200)
    near = swelled(length, rise=length * 0.45, fall=length * 0.5) ** 2
    return (levelled(low) + 0.5 * levelled(high) * near) * near * 0.3


def boing(random: np.random.Generator) -> Mono:
    """A rubber ball on the floor."""
    pitch = glide(0.22, ((0, 260), (0.2, 170), (1, 120))) * random.uniform(0.95, 1.05)
    return tone(pitch, 0.22, (1.0, 0.3)) * struck(0.22, attack=0.002, decay=0.05) * 0.5


def munch(random: np.random.Generator) -> Mono:
    """One bite."""
    crunch = band(grains(0.16, random, 420), 700, 5200)
    return levelled(crunch) * struck(0.16, attack=0.01, decay=0.045) * 0.25


def thunder(random: np.random.Generator) -> Mono:
    """A crack, and the roll of it coming back from farther and farther away."""
    seconds = random.uniform(3.2, 4.4)
    crack = levelled(band(noise(seconds, random, fall=1), 250, 6000))
    crack = crack * struck(seconds, attack=0.004, decay=random.uniform(0.06, 0.14))
    roll = levelled(below(noise(seconds, random, fall=5), 160))
    growl = levelled(band(noise(seconds, random, fall=4), 60, 700))
    rolls = [struck(seconds, attack=0.25 + 0.3 * k, decay=0.55) * 0.8**k for k in range(4)]
    swells: Mono = np.asarray(np.sum(rolls, axis=0))
    rough = 0.6 + 0.4 * np.abs(below(noise(seconds, random), 9))
    return 0.35 * crack + (0.6 * roll + 0.3 * growl * rough) * swells * 0.6


def explosion(random: np.random.Generator) -> Mono:
    boom = tone(glide(2.4, ((0, 74), (1, 28))), 2.4) * struck(2.4, attack=0.006, decay=0.5)
    blast = levelled(band(noise(2.4, random, fall=3), 40, 2600)) * struck(2.4, attack=0.003, decay=0.3)
    debris = levelled(band(grains(2.4, random, 120), 700, 6000)) * struck(2.4, attack=0.3, decay=0.6)
    return 0.7 * boom + 0.6 * blast + 0.12 * debris


def firework(random: np.random.Generator) -> Mono:
    """The whistle up, the burst, and its crackle."""
    rise = tone(glide(0.8, ((0, 900), (1, 2300))), 0.8, (1.0, 0.2)) * swelled(0.8, rise=0.2, fall=0.2) * 0.08
    burst = levelled(band(noise(1.2, random, fall=3), 60, 2400)) * struck(1.2, attack=0.002, decay=0.16)
    crackle = levelled(band(grains(1.2, random, 150), 1500, 9000)) * struck(1.2, attack=0.25, decay=0.3)
    return laid(2.2, [(0.0, rise), (0.85, 0.7 * burst + 0.16 * crackle)])


def breaking_glass(random: np.random.Generator) -> Mono:
    shards = [
        (
            float(random.exponential(0.12)),
            tone(random.uniform(2200, 8200), 0.25)
            * struck(0.25, attack=0.0006, decay=random.uniform(0.02, 0.07)),
        )
        for _ in range(26)
    ]
    hit = levelled(band(noise(0.12, random), 1500, 9000)) * struck(0.12, attack=0.0006, decay=0.02)
    return laid(1.2, [*shards, (0.0, hit)]) * 0.22


def door(random: np.random.Generator) -> Mono:
    """A creak, and the latch."""
    creak = tone(glide(0.7, ((0, 210), (0.5, 320), (1, 240))), 0.7, tuple(1 / n for n in range(1, 16)))
    rasp = np.clip(below(noise(0.7, random), 60), 0, 3)
    latch = levelled(band(noise(0.1, random), 300, 2800)) * struck(0.1, attack=0.001, decay=0.02)
    return laid(1.0, [(0.0, 0.06 * levelled(creak * rasp)), (0.78, 0.5 * latch)])


def sparkle(random: np.random.Generator) -> Mono:
    """A small shower of high bells: magic, stars, blossoms that open."""
    notes = [1568.0, 1760.0, 2093.0, 2349.3, 2637.0, 3136.0]
    rung = [
        (
            index * 0.06 + float(random.uniform(0, 0.03)),
            tone(float(random.choice(notes)), 0.9, (1.0, 0.0, 0.25)) * struck(0.9, attack=0.002, decay=0.2),
        )
        for index in range(8)
    ]
    return laid(1.5, rung) * 0.12


def _step(ground: Ground, weight: float, random: np.random.Generator) -> Mono:
    seconds = 0.16 + 0.04 * weight
    size, loud = float(weight**-0.3), float(weight**0.5)
    heel = levelled(band(noise(seconds, random, fall=2), ground.low * size, ground.high * size))
    heel = heel * struck(seconds, attack=0.002, decay=ground.decay)
    rustle = levelled(band(grains(seconds, random, 900), ground.low, ground.high * 1.4))
    rustle = rustle * struck(seconds, attack=0.03, decay=0.035) * ground.crunch
    body = tone(glide(seconds, ((0, 105 * size), (1, 55 * size))), seconds)
    body = body * struck(seconds, attack=0.003, decay=0.03) * ground.thud
    return (0.4 * heel + 0.25 * rustle + 0.7 * body) * random.uniform(0.75, 1.0) * loud * 0.5


def _hoof(ground: Ground, random: np.random.Generator) -> Mono:
    thump = _step(ground, _HOOF, random)
    seconds = len(thump) / SAMPLE_RATE
    ring = tone(random.uniform(620, 900), seconds, (1.0, 0.5, 0.2))
    hardness = min(1.0, ground.low / 900)
    return 0.5 * hardness * ring * struck(seconds, attack=0.0008, decay=0.012) + 1.2 * thump
