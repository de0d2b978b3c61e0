"""Engines, wheels, horns and bells."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.sound.signals import (
    Mono,
    band,
    below,
    clock,
    drifting,
    glide,
    grains,
    laid,
    levelled,
    noise,
    struck,
    swelled,
    tone,
)

_FIRING = (1.0, 0.7, 0.55, 0.5, 0.3, 0.25, 0.2, 0.15, 0.1, 0.1, 0.08, 0.06)
_BELL = (
    (0.5, 0.6, 1.0),
    (1.0, 1.0, 0.8),
    (1.19, 0.6, 0.6),
    (1.5, 0.4, 0.5),
    (2.0, 0.7, 0.4),
    (2.74, 0.3, 0.25),
)
"""Partials of a church bell: ratio to the strike note, strength, decay."""


def engine(seconds: float, random: np.random.Generator) -> Mono:
    """A car under load: firing strokes, and its tyres."""
    turning = drifting(seconds, random, rate=0.5, low=0.92, high=1.12) * 58
    strokes = levelled(below(tone(turning, seconds, _FIRING), 900))
    rough = 1 + 0.25 * drifting(seconds, random, rate=30, low=-1, high=1)
    tyres = levelled(band(noise(seconds, random, fall=3), 200, 2400))
    return strokes * rough + 0.35 * tyres


def racing(seconds: float, random: np.random.Generator) -> Mono:
    """A racing engine: higher, with gear changes."""
    turning = glide(seconds, ((0, 90), (0.3, 175), (0.32, 120), (0.65, 205), (0.67, 140), (1, 215)))
    howl = levelled(band(tone(turning, seconds, _FIRING), 120, 4200))
    return howl + 0.3 * levelled(band(noise(seconds, random, fall=3), 300, 3000))


def motor(seconds: float, random: np.random.Generator) -> Mono:
    """A slow diesel: tractor, boat, truck."""
    beat = drifting(seconds, random, rate=0.6, low=0.95, high=1.05) * 17
    strokes = levelled(below(tone(beat, seconds, tuple(1 / n**0.6 for n in range(1, 28))), 520))
    return strokes + 0.3 * levelled(band(noise(seconds, random, fall=3), 120, 1400))


def train(seconds: float, random: np.random.Generator) -> Mono:
    """Rolling, and the wheels of each bogie over the joints."""
    roll = levelled(band(noise(seconds, random, fall=4), 60, 1300))
    clacks = [
        (when + offset, _clack(random))
        for when in np.arange(0.1, seconds, 0.74)
        for offset in (0, 0.13, 0.3, 0.43)
    ]
    return roll * 0.8 + 0.9 * laid(seconds, clacks)


def aeroplane(seconds: float, random: np.random.Generator) -> Mono:
    drone = levelled(tone(drifting(seconds, random, rate=0.4, low=86, high=90), seconds, _FIRING))
    return 0.5 * drone + levelled(band(noise(seconds, random, fall=3), 90, 3200))


def rotor(seconds: float, random: np.random.Generator) -> Mono:
    """A helicopter: its blades chop the noise of its turbine."""
    chop = np.clip(np.sin(2 * np.pi * 11.5 * clock(seconds)), 0, 1) ** 2
    air = levelled(band(noise(seconds, random, fall=4), 50, 900))
    return air * (0.25 + chop) + 0.2 * levelled(band(noise(seconds, random), 1200, 4200))


def propellers(seconds: float, random: np.random.Generator) -> Mono:
    """A small drone: four rotors that are not quite in tune."""
    buzz = [
        tone(drifting(seconds, random, rate=2, low=0.98, high=1.02) * pitch, seconds, _FIRING)
        for pitch in (212, 219, 226, 233)
    ]
    return levelled(band(np.sum(buzz, axis=0), 180, 5200))


def rocket(seconds: float, random: np.random.Generator) -> Mono:
    """Ignition, and a roar that shakes and crackles."""
    thrust = glide(seconds, ((0, 0.0), (0.05, 0.25), (0.14, 1.0), (0.6, 1.0), (1, 0.7)))
    deep = levelled(below(noise(seconds, random, fall=5), 140))
    roar = levelled(band(noise(seconds, random, fall=3), 120, 3000))
    crackle = levelled(band(grains(seconds, random, 90), 300, 3600))
    shake = drifting(seconds, random, rate=13, low=0.6, high=1.0)
    return (deep * 1.2 + roar * 0.6 * shake + crackle * 0.35) * thrust


def siren(seconds: float, random: np.random.Generator) -> Mono:
    sweep = 0.5 + 0.5 * np.sin(2 * np.pi * (0.42 * clock(seconds) + random.uniform(0, 1)))
    return levelled(tone(560 + 620 * sweep, seconds, (1.0, 0.5, 0.4, 0.15)))


def horn(random: np.random.Generator) -> Mono:
    """A car's horn: two notes a third apart, once or twice."""
    length = random.uniform(0.25, 0.5)
    notes = tone(415.0, length, _FIRING[:8]) + tone(523.0, length, _FIRING[:8])
    return levelled(notes) * swelled(length, rise=0.02, fall=0.05) * 0.2


def foghorn(random: np.random.Generator) -> Mono:
    pitch = random.uniform(88, 96)
    notes = tone(pitch, 2.2, _FIRING) + tone(pitch * 1.5, 2.2, _FIRING)
    return levelled(below(notes, 900)) * swelled(2.2, rise=0.25, fall=0.7) * 0.4


def whistle(random: np.random.Generator) -> Mono:
    """A steam whistle's chord."""
    air = band(noise(1.3, random), 1500, 5000)
    chord = sum((tone(pitch, 1.3, (1.0, 0.4, 0.2)) for pitch in (466, 587, 698)), np.zeros(1))
    return (levelled(chord) + 0.15 * levelled(air)) * swelled(1.3, rise=0.12, fall=0.4) * 0.25


def bell(random: np.random.Generator) -> Mono:
    return rung(random.uniform(300, 340), 3.2)


def chime(random: np.random.Generator) -> Mono:
    """A small bright bell."""
    return rung(float(random.choice([1046.5, 1174.7, 1318.5, 1568.0, 1760.0])), 1.4) * 0.5


def tick(random: np.random.Generator) -> Mono:
    """One tick of a clock."""
    click = levelled(band(noise(0.05, random), 1800, 5200, order=3))
    return click * struck(0.05, attack=0.0006, decay=0.006) * random.uniform(0.4, 0.5)


def rung(pitch: float, seconds: float) -> Mono:
    """A bell of a strike note in hertz."""
    parts = [
        strength * tone(pitch * ratio, seconds) * struck(seconds, attack=0.002, decay=decay * seconds / 2.6)
        for ratio, strength, decay in _BELL
    ]
    return np.asarray(np.sum(parts, axis=0)) * 0.22


def _clack(random: np.random.Generator) -> Mono:
    hit = levelled(band(noise(0.09, random, fall=2), 220, 3200))
    return hit * struck(0.09, attack=0.001, decay=0.018) * random.uniform(0.5, 0.8)
