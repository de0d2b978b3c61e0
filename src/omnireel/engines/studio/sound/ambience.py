"""Sounds that go on: weather, water, places, crowds. Each is asked for so many seconds."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.sound.creatures import chirp_of, cricket, croak, gull
from omnireel.engines.studio.sound.signals import (
    Mono,
    band,
    below,
    clock,
    drifting,
    grains,
    levelled,
    noise,
    scattered,
    struck,
    swelled,
    tone,
    voiced,
)


def wind(seconds: float, random: np.random.Generator) -> Mono:
    """Gusts: the stronger, the brighter, as air does around an edge."""
    gust = drifting(seconds, random, rate=0.7, low=0.25, high=1.0) ** 1.5
    deep = band(noise(seconds, random, fall=4), 90, 600)
    bright = band(noise(seconds, random, fall=2), 500, 2400)
    whistle = band(noise(seconds, random), 620, 760, order=4)
    return levelled(deep) * gust + levelled(bright) * gust**2.4 * 0.35 + levelled(whistle) * gust**4 * 0.1


def breeze(seconds: float, random: np.random.Generator) -> Mono:
    """A light wind in leaves: thousands of small rustles that come and go together."""
    gust = drifting(seconds, random, rate=0.5, low=0.12, high=1.0) ** 1.8
    leaves = band(noise(seconds, random) * drifting(seconds, random, rate=24, low=0.5, high=1), 2200, 9000)
    return levelled(leaves) * gust + 0.3 * levelled(band(noise(seconds, random, fall=4), 120, 500)) * gust


def rain(seconds: float, random: np.random.Generator) -> Mono:
    """A far hiss and the near drops in it."""
    hiss = band(noise(seconds, random, fall=1), 900, 11_000)
    near = band(grains(seconds, random, 420), 1500, 8500)
    heavy = band(grains(seconds, random, 60), 500, 2600)
    return levelled(hiss) * drifting(seconds, random, rate=0.5, low=0.85, high=1.0) + (
        0.7 * levelled(near) + 0.4 * levelled(heavy)
    )


def downpour(seconds: float, random: np.random.Generator) -> Mono:
    low = levelled(band(noise(seconds, random, fall=3), 150, 2500))
    return rain(seconds, random) + low * drifting(seconds, random, rate=1.2, low=0.5, high=1.0)


def waves(seconds: float, random: np.random.Generator) -> Mono:
    """Breakers: a long draw, the crash, the hiss of foam running back."""
    swell = below(noise(seconds, random, fall=5), 160)
    body, foam = noise(seconds, random, fall=3), noise(seconds, random, fall=1)
    period = random.uniform(4.6, 5.8)
    crash, hiss = np.zeros_like(body), np.zeros_like(body)
    time = clock(seconds)
    for start in np.arange(-0.7 * period, seconds, period):
        age = (time - start - random.uniform(-0.5, 0.5)) / period
        strength = random.uniform(0.7, 1.0)
        crash += strength * np.where(age > 0, (1 - np.exp(-age * 9)) * np.exp(-age * 4.2), 0)
        hiss += strength * np.where(age > 0.1, (1 - np.exp(-(age - 0.1) * 6)) * np.exp(-age * 2.8), 0)
    body, foam = levelled(band(body, 120, 2400)), levelled(band(foam, 1800, 9500))
    return 0.35 * levelled(swell) + 1.9 * body * crash + 0.9 * foam * hiss


def lapping(seconds: float, random: np.random.Generator) -> Mono:
    """Small water against a bank or a hull."""
    slap = scattered(seconds, random, 1.6, _slap)
    calm = band(noise(seconds, random, fall=4), 150, 900)
    return slap * 2.2 + 0.16 * levelled(calm) * drifting(seconds, random, rate=0.9, low=0.3, high=1.0)


def stream(seconds: float, random: np.random.Generator) -> Mono:
    """Running water: a steady rush, and bubbles that ring as they close (van den Doel, 2005)."""
    rush = levelled(band(noise(seconds, random, fall=2), 350, 4200))
    return 0.45 * rush + 1.5 * scattered(seconds, random, 46, _bubble)


def waterfall(seconds: float, random: np.random.Generator) -> Mono:
    roar = levelled(band(noise(seconds, random, fall=3), 80, 1600))
    spray = levelled(band(noise(seconds, random), 1800, 9000))
    return roar * drifting(seconds, random, rate=2, low=0.85, high=1) + 0.4 * spray


def depths(seconds: float, random: np.random.Generator) -> Mono:
    """Under water: pressure, and strings of bubbles."""
    hum = below(noise(seconds, random, fall=6), 220)
    return levelled(hum) * drifting(seconds, random, rate=0.6, low=0.6, high=1) + 1.6 * scattered(
        seconds, random, 9, _bubble
    )


def fire(seconds: float, random: np.random.Generator) -> Mono:
    crackle = band(grains(seconds, random, 34), 900, 7500)
    roar = levelled(below(noise(seconds, random, fall=4), 450))
    return 1.1 * levelled(crackle) + 0.5 * roar * drifting(seconds, random, rate=4, low=0.45, high=1)


def sizzle(seconds: float, random: np.random.Generator) -> Mono:
    return levelled(band(grains(seconds, random, 2600), 2500, 12_000)) * drifting(
        seconds, random, rate=3, low=0.6, high=1
    )


def traffic(seconds: float, random: np.random.Generator) -> Mono:
    """A city at a distance, and cars that pass."""
    bed = levelled(below(noise(seconds, random, fall=5), 280))
    passing = np.zeros_like(bed)
    time = clock(seconds)
    for start in np.arange(random.uniform(0, 1.2), seconds, 2.3):
        nearness = 1 / (1 + ((time - start) / random.uniform(0.5, 0.8)) ** 2)
        passing += nearness * random.uniform(0.5, 1.0)
    tyres = levelled(band(noise(seconds, random, fall=3), 180, 2600))
    return bed + 0.75 * tyres * passing


def crowd(seconds: float, random: np.random.Generator) -> Mono:
    """Many people talking at once, none of them understood."""
    talkers = [_babble(seconds, random) for _ in range(5)]
    return levelled(np.sum(talkers, axis=0)) + 0.2 * levelled(band(noise(seconds, random, fall=3), 200, 2000))


def applause(seconds: float, random: np.random.Generator) -> Mono:
    claps = scattered(seconds, random, 190, _clap)
    return levelled(claps) * swelled(seconds, rise=0.4, fall=0.8)


def birds(seconds: float, random: np.random.Generator) -> Mono:
    """A few birds, each with a song of its own that it repeats."""
    return np.asarray(np.sum([scattered(seconds, random, 0.42, chirp_of(random)) for _ in range(4)], axis=0))


def gulls(seconds: float, random: np.random.Generator) -> Mono:
    return scattered(seconds, random, 0.38, gull)


def crickets(seconds: float, random: np.random.Generator) -> Mono:
    return np.asarray(np.sum([cricket(seconds, random) for _ in range(4)], axis=0))


def frogs(seconds: float, random: np.random.Generator) -> Mono:
    return scattered(seconds, random, 2.2, croak)


def insects(seconds: float, random: np.random.Generator) -> Mono:
    """Summer air: a bright shimmer under the crickets."""
    shimmer = levelled(band(noise(seconds, random), 5200, 7800, order=4))
    beat = 0.6 + 0.4 * np.sin(2 * np.pi * 19 * clock(seconds))
    return 0.35 * shimmer * beat * drifting(seconds, random, rate=0.4, low=0.4, high=1) + 0.5 * crickets(
        seconds, random
    )


def room(seconds: float, random: np.random.Generator) -> Mono:
    """The quiet of a room: air, and a trace of the mains."""
    mains = tone(50.0, seconds, (0.5, 1.0, 0.3, 0.4))
    return levelled(band(noise(seconds, random, fall=5), 60, 900)) + 0.12 * mains


def hum(seconds: float, random: np.random.Generator) -> Mono:
    """Deep machinery or deep space: slow beating low tones."""
    beat = drifting(seconds, random, rate=0.3, low=0.5, high=1.0)
    tones = sum((tone(pitch, seconds, (1.0, 0.3, 0.12)) for pitch in (41.2, 61.8, 82.6)), np.zeros(1))
    return tones * 0.4 * beat + 0.35 * levelled(below(noise(seconds, random, fall=6), 300))


def neon(seconds: float, random: np.random.Generator) -> Mono:
    """The buzz of signs."""
    buzz = band(tone(100.0, seconds, tuple(1 / n for n in range(1, 24))), 400, 5200)
    return levelled(buzz) * (0.5 + 0.5 * (drifting(seconds, random, rate=9, low=0, high=1) > 0.25))


def keyboard(seconds: float, random: np.random.Generator) -> Mono:
    return scattered(seconds, random, 5.5, _key)


def _slap(random: np.random.Generator) -> Mono:
    length = random.uniform(0.10, 0.22)
    body = band(noise(length, random, fall=3), 250, random.uniform(900, 2000))
    return levelled(body) * struck(length, attack=0.02, decay=length / 4) * random.uniform(0.2, 0.6)


def _bubble(random: np.random.Generator) -> Mono:
    pitch, length = float(np.exp(random.uniform(np.log(380), np.log(2600)))), random.uniform(0.015, 0.06)
    rising = pitch * (1 + random.uniform(0.0, 0.35) * clock(length) / length)
    return tone(rising, length) * struck(length, attack=0.001, decay=length / 3) * random.uniform(0.03, 0.2)


def _clap(random: np.random.Generator) -> Mono:
    low = random.uniform(700, 1300)
    return levelled(band(noise(0.03, random), low, low * 2.4)) * struck(0.03, attack=0.001, decay=0.006)


def _key(random: np.random.Generator) -> Mono:
    click = levelled(band(noise(0.03, random), 1600, 6500)) * struck(0.03, attack=0.0005, decay=0.004)
    return click * random.uniform(0.3, 0.7)


def _babble(seconds: float, random: np.random.Generator) -> Mono:
    """One voice: a wandering pitch through wandering vowels, syllable by syllable."""
    pitch = drifting(seconds, random, rate=2.2, low=0.8, high=1.25) * random.uniform(95, 220)
    source = tone(pitch, seconds, tuple(1 / n for n in range(1, 13)))
    vowels = [
        ((680, 90, 1.0), (1150, 120, 0.6)),
        ((420, 70, 1.0), (1950, 160, 0.5)),
        ((380, 70, 1.0), (820, 90, 0.5)),
    ]
    parts = [voiced(source, vowel) for vowel in vowels]
    weights = [drifting(seconds, random, rate=4.5, low=0, high=1) ** 2 for _ in parts]
    syllables = np.clip(drifting(seconds, random, rate=5.2, low=-0.6, high=1.0), 0, 1)
    return levelled(sum((p * w for p, w in zip(parts, weights, strict=True)), np.zeros(1))) * syllables
