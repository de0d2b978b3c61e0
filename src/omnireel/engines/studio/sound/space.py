"""The room a sound is in, and from where in it the sound comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.sound.signals import Mono, below, clock, noise
from omnireel.media.frames import SAMPLE_RATE

Stereo = NDArray[np.float64]
"""`(n, 2)`: left and right."""


@dataclass(frozen=True)
class Room:
    """How long sound stays (seconds to fall by 60 dB), how much of it comes back, and how bright it is."""

    seconds: float
    share: float
    bright: float = 7000.0


ROOMS = {
    "open": Room(0.5, 0.05),
    "street": Room(0.9, 0.12),
    "woods": Room(0.7, 0.10, 4500),
    "valley": Room(2.2, 0.16, 4000),
    "room": Room(0.45, 0.16, 5500),
    "hall": Room(1.8, 0.26),
    "depths": Room(1.6, 0.35, 900),
    "void": Room(2.8, 0.35, 5000),
}


def panned(sound: Mono, place: Mono | float) -> Stereo:
    """Placed between left (-1) and right (1) at constant power; `place` may change over time."""
    angle = (np.clip(np.asarray(place), -1, 1) + 1) * (np.pi / 4)
    return np.stack([sound * np.cos(angle), sound * np.sin(angle)], axis=1)


def around(left: Mono, right: Mono, *, width: float = 0.7) -> Stereo:
    """Two recordings of one ambience as a wide stereo picture."""
    near, far = (1 + width) / 2, (1 - width) / 2
    loud = 1 / float(np.hypot(near, far))
    return np.stack([left * near + right * far, right * near + left * far], axis=1) * loud


def in_room(sound: Stereo, room: Room, random: np.random.Generator) -> Stereo:
    """With the reverberation of a room: exponentially decaying noise, another for each ear."""
    if room.share <= 0:
        return sound
    wet = np.stack([_convolved(sound[:, ear], _response(room, random)) for ear in (0, 1)], axis=1)
    return sound * (1 - room.share * 0.5) + wet * room.share


def _response(room: Room, random: np.random.Generator) -> Mono:
    tail = noise(room.seconds, random) * np.exp(-clock(room.seconds) * 6.9 / room.seconds)
    tail = below(tail, room.bright)
    return tail / float(np.sqrt(np.sum(tail * tail)))


def _convolved(sound: Mono, response: Mono) -> Mono:
    size = 1 << (len(sound) + len(response) - 1).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(sound)]


def faded(sound: Stereo, seconds: float) -> Stereo:
    """With a short fade at both ends."""
    count = min(len(sound) // 2, round(seconds * SAMPLE_RATE))
    if not count:
        return sound
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count))[:, None]
    middle = sound[count : len(sound) - count]
    return np.concatenate([sound[:count] * ramp, middle, sound[len(sound) - count :] * ramp[::-1]])
