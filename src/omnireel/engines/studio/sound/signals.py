"""What every sound is built from: clocks, coloured noise, filters, tones, envelopes. All at 48 kHz, mono."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from omnireel.media.frames import SAMPLE_RATE

Mono: TypeAlias = NDArray[np.float64]
"""`(n,)` samples at 48 kHz; nominally within ±1."""

_TICK = 240
_STRONGEST_TICK = 2.5
_LOWEST = 20.0
"""Hertz below which nothing is heard and noise is not made."""


def samples_in(seconds: float) -> int:
    return max(1, round(seconds * SAMPLE_RATE))


def clock(seconds: float) -> Mono:
    """The time of each sample, in seconds."""
    return np.arange(samples_in(seconds)) / SAMPLE_RATE


def noise(seconds: float, random: np.random.Generator, *, fall: float = 0.0) -> Mono:
    """Gaussian noise of RMS 1 whose spectrum falls by `fall` decibels an octave: 0 white, 3 pink, 6 brown."""
    size = _quick(samples_in(seconds))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), _LOWEST)
    spectrum = np.fft.rfft(random.standard_normal(size)) * frequency ** (-fall / 6.02)
    spectrum[0] = 0
    return levelled(np.fft.irfft(spectrum, size)[: samples_in(seconds)])


def levelled(sound: Mono) -> Mono:
    """The same sound at an RMS of 1; silence stays silent."""
    return sound / max(1e-9, float(np.sqrt(np.mean(sound * sound))))


def band(sound: Mono, low: float, high: float, *, order: int = 2) -> Mono:
    """What lies between two frequencies in hertz, with the slopes of a Butterworth filter and no delay."""
    frequency = np.maximum(_frequencies(sound), 1e-3)
    return shaped(
        sound, 1 / np.sqrt((1 + (low / frequency) ** (2 * order)) * (1 + (frequency / high) ** (2 * order)))
    )


def below(sound: Mono, high: float, *, order: int = 2) -> Mono:
    return band(sound, 1e-3, high, order=order)


def voiced(sound: Mono, formants: Sequence[tuple[float, float, float]], *, floor: float = 0.04) -> Mono:
    """A source heard through a throat: resonances as (hertz, width in hertz, gain)."""
    frequency = _frequencies(sound)
    gain = np.full_like(frequency, floor)
    for centre, width, height in formants:
        gain += height / (1 + ((frequency - centre) / width) ** 2)
    return shaped(sound, gain)


def shaped(sound: Mono, gain: NDArray[np.complex128] | Mono) -> Mono:
    """A sound with its spectrum multiplied; as many gains as its padded length has frequencies."""
    size = _quick(len(sound))
    return np.fft.irfft(np.fft.rfft(sound, size) * gain, size)[: len(sound)]


def tone(frequency: Mono | float, seconds: float, partials: Sequence[float] = (1.0,)) -> Mono:
    """Harmonics in their strengths over a pitch in hertz that may glide; those over 20 kHz are left out."""
    count = samples_in(seconds)
    pitch = np.broadcast_to(np.asarray(frequency, np.float64), (count,))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    top = float(pitch.max())
    sound = np.zeros(count)
    for number, strength in enumerate(partials, 1):
        if strength and number * top < 20_000:
            sound += strength * np.sin(number * phase)
    return sound


def glide(seconds: float, points: Sequence[tuple[float, float]]) -> Mono:
    """A curve through (share of the length, value)."""
    places, values = zip(*points, strict=True)
    return np.asarray(np.interp(np.linspace(0, 1, samples_in(seconds)), places, values))


def drifting(seconds: float, random: np.random.Generator, *, rate: float, low: float, high: float) -> Mono:
    """A smooth random curve between two values that turns about `rate` times a second."""
    corners = random.uniform(low, high, int(seconds * rate) + 4)
    place = clock(seconds) * rate
    left = place.astype(int)
    share = place - left
    eased = share * share * (3 - 2 * share)
    return np.asarray(corners[left] * (1 - eased) + corners[left + 1] * eased)


def struck(seconds: float, *, attack: float, decay: float) -> Mono:
    """An envelope that rises in `attack` seconds and then falls to 37 % every `decay` seconds."""
    time = clock(seconds)
    return np.minimum(1, time / attack) * np.exp(-np.maximum(0, time - attack) / decay) * _ending(seconds)


def swelled(seconds: float, *, rise: float, fall: float) -> Mono:
    """An envelope that swells for `rise` seconds, stays, and fades for `fall`."""
    time = clock(seconds)
    return np.clip(time / rise, 0, 1) * np.clip((seconds - time) / fall, 0, 1)


def laid(seconds: float, events: Iterable[tuple[float, Mono]]) -> Mono:
    """Short sounds laid on a silent track at their times; what reaches past its end is cut."""
    track = np.zeros(samples_in(seconds))
    for when, sound in events:
        start = round(when * SAMPLE_RATE)
        if 0 <= start < len(track):
            part = sound[: len(track) - start]
            track[start : start + len(part)] += part
    return track


def scattered(
    seconds: float, random: np.random.Generator, rate: float, make: Callable[[np.random.Generator], Mono]
) -> Mono:
    """Events at random moments, `rate` a second on average and at least one."""
    times = random.uniform(0, 0.8 * seconds, max(1, int(random.poisson(rate * seconds))))
    return laid(seconds, [(float(when), make(random)) for when in np.sort(times)])


def grains(seconds: float, random: np.random.Generator, rate: float) -> Mono:
    """Ticks of a few milliseconds and random strength, `rate` a second: drops, crackles, pebbles."""
    clicks = np.zeros(samples_in(seconds))
    count = int(random.poisson(rate * seconds))
    strength = np.minimum(random.exponential(1.0, count), _STRONGEST_TICK)
    clicks[random.integers(0, len(clicks), count)] += strength * random.choice((-1.0, 1.0), count)
    tick = random.standard_normal(_TICK) * np.exp(-np.arange(_TICK) / (_TICK / 5))
    return shaped(clicks, np.fft.rfft(tick, _quick(len(clicks))))


def _frequencies(sound: Mono) -> Mono:
    return np.asarray(np.fft.rfftfreq(_quick(len(sound)), 1 / SAMPLE_RATE), np.float64)


def _quick(count: int) -> int:
    """The next length a Fourier transform is quick at: a small odd number times a power of two."""
    return min(odd << max(0, math.ceil(math.log2(count / odd))) for odd in (1, 3, 5, 9, 15))


def _ending(seconds: float) -> Mono:
    """A last few milliseconds towards silence, so that a cut tail does not click."""
    return np.clip((seconds - clock(seconds)) / 0.004, 0, 1)
