"""Voices of animals: a pitch that glides, heard through a throat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.sound.signals import (
    Mono,
    band,
    clock,
    glide,
    laid,
    levelled,
    noise,
    samples_in,
    struck,
    swelled,
    tone,
    voiced,
)

_REED = tuple(1 / n for n in range(1, 26))
_SOFT = (1.0, 0.35, 0.12, 0.05)

Call = Callable[[np.random.Generator], Mono]


@dataclass(frozen=True)
class _Voice:
    """How an animal calls once. `pitch` is a curve of (share of the length, hertz)."""

    seconds: float
    pitch: Sequence[tuple[float, float]]
    throat: Sequence[tuple[float, float, float]]
    breath: float = 0.1
    """Share of noise in the source, 0 to 1."""
    tremor: tuple[float, float] = (0.0, 0.0)
    """Hertz and depth (0 to 1) of a shake in loudness."""
    rise: float = 0.02
    fall: float = 0.08
    partials: Sequence[float] = _REED


_VOICES = {
    "dog": _Voice(
        0.20, ((0, 320), (0.3, 560), (1, 250)), ((620, 160, 1.0), (1400, 240, 0.7), (2600, 400, 0.3)), 0.35
    ),
    "puppy": _Voice(0.14, ((0, 620), (0.3, 900), (1, 520)), ((1100, 220, 1.0), (2400, 400, 0.6)), 0.25),
    "wolf": _Voice(
        2.6,
        ((0, 260), (0.25, 520), (0.7, 500), (1, 330)),
        ((520, 160, 1.0), (1100, 240, 0.25)),
        0.03,
        (5.0, 0.06),
        0.35,
        0.9,
        _SOFT,
    ),
    "cat": _Voice(
        0.75,
        ((0, 430), (0.35, 720), (0.7, 640), (1, 410)),
        ((900, 200, 1.0), (1900, 320, 0.8), (3100, 500, 0.3)),
        0.05,
        (0.0, 0.0),
        0.12,
        0.3,
    ),
    "lion": _Voice(
        1.9,
        ((0, 62), (0.25, 96), (1, 55)),
        ((240, 90, 1.0), (520, 160, 0.8), (1100, 300, 0.35)),
        0.55,
        (22.0, 0.45),
        0.25,
        0.9,
    ),
    "bear": _Voice(
        1.3, ((0, 70), (0.3, 92), (1, 60)), ((300, 120, 1.0), (700, 200, 0.5)), 0.6, (28.0, 0.5), 0.15, 0.6
    ),
    "cow": _Voice(
        1.7,
        ((0, 105), (0.3, 150), (0.8, 142), (1, 100)),
        ((270, 80, 1.0), (620, 120, 0.55), (1500, 300, 0.12)),
        0.05,
        (0.0, 0.0),
        0.2,
        0.5,
    ),
    "sheep": _Voice(
        0.9,
        ((0, 330), (0.2, 370), (1, 310)),
        ((820, 140, 1.0), (1700, 220, 0.7), (2700, 400, 0.3)),
        0.1,
        (9.0, 0.6),
        0.05,
        0.25,
    ),
    "pig": _Voice(
        0.3, ((0, 160), (0.5, 210), (1, 130)), ((480, 120, 1.0), (1300, 300, 0.7)), 0.6, (34.0, 0.7)
    ),
    "horse": _Voice(
        1.5,
        ((0, 760), (0.15, 1080), (0.6, 720), (1, 380)),
        ((900, 260, 1.0), (2100, 500, 0.7)),
        0.12,
        (13.0, 0.55),
        0.05,
        0.5,
    ),
    "elephant": _Voice(
        1.4,
        ((0, 330), (0.2, 560), (0.7, 600), (1, 390)),
        ((700, 220, 1.0), (1500, 300, 0.9), (2700, 500, 0.5)),
        0.2,
        (31.0, 0.25),
        0.08,
        0.4,
    ),
    "monkey": _Voice(0.22, ((0, 480), (0.5, 900), (1, 560)), ((900, 220, 1.0), (1900, 380, 0.5)), 0.15),
    "duck": _Voice(
        0.22, ((0, 240), (0.4, 270), (1, 210)), ((1050, 160, 1.0), (2300, 320, 0.7)), 0.2, (45.0, 0.3)
    ),
    "rooster": _Voice(
        1.6,
        ((0, 460), (0.12, 720), (0.25, 640), (0.4, 980), (0.75, 900), (1, 480)),
        ((1100, 240, 1.0), (2600, 500, 0.6)),
        0.08,
        (0.0, 0.0),
        0.03,
        0.35,
    ),
    "chicken": _Voice(0.13, ((0, 380), (0.4, 620), (1, 420)), ((1200, 260, 1.0), (2500, 500, 0.4)), 0.15),
    "crow": _Voice(
        0.42, ((0, 520), (0.3, 590), (1, 470)), ((1300, 220, 1.0), (2200, 400, 0.7)), 0.5, (62.0, 0.5)
    ),
    "owl": _Voice(
        0.6, ((0, 340), (0.3, 380), (1, 350)), ((380, 120, 1.0),), 0.05, (0.0, 0.0), 0.09, 0.25, (1.0, 0.12)
    ),
    "gull": _Voice(
        0.55,
        ((0, 700), (0.2, 1350), (0.6, 1180), (1, 820)),
        ((1300, 300, 1.0), (2600, 500, 0.6)),
        0.12,
        (0.0, 0.0),
        0.04,
        0.2,
    ),
    "frog": _Voice(
        0.16, ((0, 190), (0.5, 250), (1, 200)), ((520, 120, 1.0), (1500, 260, 0.6)), 0.1, (38.0, 0.8)
    ),
    "mouse": _Voice(0.09, ((0, 3200), (0.5, 4300), (1, 3500)), ((3800, 900, 1.0),), 0.05, partials=_SOFT),
    "bee": _Voice(
        1.6,
        ((0, 190), (0.4, 235), (0.7, 215), (1, 185)),
        ((450, 300, 1.0), (900, 400, 0.6)),
        0.08,
        (0.0, 0.0),
        0.4,
        0.6,
    ),
    "whale": _Voice(
        2.4,
        ((0, 180), (0.35, 420), (0.6, 300), (1, 130)),
        ((300, 200, 1.0), (800, 300, 0.2)),
        0.02,
        (3.0, 0.15),
        0.5,
        0.9,
        _SOFT,
    ),
    "dolphin": _Voice(0.35, ((0, 5200), (0.4, 11000), (1, 6500)), ((8000, 4000, 1.0),), 0.0, partials=(1.0,)),
}


def creature_names() -> tuple[str, ...]:
    """Every animal that has a voice."""
    return tuple(_VOICES)


def call_of(animal: str) -> Call:
    """What makes one call of an animal, a little different each time. Raises KeyError for an unknown one."""
    voice = _VOICES[animal]
    return lambda random: _called(voice, random)


def chirp_of(random: np.random.Generator) -> Call:
    """A song bird's phrase: notes and glides chosen once, then sung with small variations."""
    base = random.uniform(2300, 4900)
    notes = [
        (random.uniform(0.85, 1.25), random.uniform(0.8, 1.3), random.uniform(0.04, 0.11))
        for _ in range(int(random.integers(2, 7)))
    ]
    gap = random.uniform(0.07, 0.14)

    def phrase(again: np.random.Generator) -> Mono:
        pitch = base * again.uniform(0.97, 1.03)
        sung = [(index * gap, _note(pitch, *note)) for index, note in enumerate(notes)]
        return laid(gap * len(notes) + 0.1, sung) * again.uniform(0.12, 0.4)

    return phrase


def gull(random: np.random.Generator) -> Mono:
    """Two or three cries, each lower than the last."""
    cries = [(index * 0.48, _called(_VOICES["gull"], random) * (0.8**index)) for index in range(3)]
    return laid(1.9, cries) * random.uniform(0.2, 0.5)


def croak(random: np.random.Generator) -> Mono:
    return _called(_VOICES["frog"], random) * random.uniform(0.2, 0.6)


def cricket(seconds: float, random: np.random.Generator) -> Mono:
    """One cricket: bursts of three or four pulses on a steady high tone."""
    pitch, rate = random.uniform(3900, 5100), random.uniform(2.3, 3.1)
    time = clock(seconds) + random.uniform(0, 1)
    pulses = np.clip(np.sin(2 * np.pi * 34 * time), 0, 1) ** 1.5
    bursts = np.clip(np.sin(2 * np.pi * rate * time) * 4 - 1.6, 0, 1)
    return tone(pitch, seconds) * pulses * bursts * random.uniform(0.08, 0.25)


def wingbeat(random: np.random.Generator) -> Mono:
    """One stroke of a wing."""
    air = levelled(band(noise(0.13, random, fall=2), 250, 2200))
    return air * struck(0.13, attack=0.03, decay=0.03) * random.uniform(0.25, 0.4)


def _note(base: float, start: float, end: float, seconds: float) -> Mono:
    pitch = base * glide(seconds, ((0, start), (1, end)))
    return tone(pitch, seconds, (1.0, 0.12)) * np.hanning(samples_in(seconds))


def _called(voice: _Voice, random: np.random.Generator) -> Mono:
    length = voice.seconds * random.uniform(0.88, 1.12)
    pitch = glide(length, voice.pitch) * random.uniform(0.93, 1.07)
    source = levelled(tone(pitch, length, voice.partials)) * (1 - voice.breath)
    source = source + noise(length, random, fall=2) * voice.breath
    rate, depth = voice.tremor
    shake = 1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * rate * clock(length)))
    throaty = levelled(voiced(source, voice.throat)) * shake
    return throaty * swelled(length, rise=voice.rise, fall=voice.fall) * 0.35
