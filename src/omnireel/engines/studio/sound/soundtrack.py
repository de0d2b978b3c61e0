"""The sound of a finished clip: a score performed, mixed and mastered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from zlib import crc32

import numpy as np

from omnireel.engines.studio.sound.catalogue import AMBIENCES, EVENTS
from omnireel.engines.studio.sound.heard import Heard
from omnireel.engines.studio.sound.impacts import footstep_on, hoof_on
from omnireel.engines.studio.sound.loudness import mastered
from omnireel.engines.studio.sound.music import played
from omnireel.engines.studio.sound.score import Drone, Score, Strike, score_of
from omnireel.engines.studio.sound.signals import Mono, band, levelled, samples_in
from omnireel.engines.studio.sound.space import ROOMS, Stereo, around, faded, in_room, panned
from omnireel.media.frames import SAMPLE_RATE, Samples

_CROSSFADE = 0.08
"""Seconds in which one shot's sound gives way to the next."""
_ENDS = 0.12
_DUCKING = 0.5
"""How far music steps back under what happens in the picture; 0.5 is 6 dB."""


def soundtrack(heard: Sequence[Heard], seed: int) -> Samples:
    """`(n, 2)` float32 at 48 kHz, exactly as long as the shots together, at -16 LUFS and under -1 dBTP."""
    return performed(score_of(heard, seed), seed)


def performed(score: Score, seed: int) -> Samples:
    """A score as samples. The same score and seed give the same bytes."""
    length = samples_in(score.seconds)
    wet = _in_their_rooms(score, seed, length)
    mix = _surroundings(score, seed, length) + wet
    if score.music is not None:
        mix += _music(score, seed, wet)
    return mastered(faded(mix, _ENDS)).astype(np.float32)


def _random(seed: int, name: str) -> np.random.Generator:
    """Each sound has its own chance, so that adding one changes no other."""
    return np.random.default_rng([seed, crc32(name.encode())])


def _surroundings(score: Score, seed: int, length: int) -> Stereo:
    """The ambiences that are all around, each performed once for the whole clip and faded in and out."""
    mix = np.zeros((length, 2))
    by_name = sorted((drone for drone in score.drones if drone.point is None), key=lambda drone: drone.sound)
    for name, parts in groupby(by_name, key=lambda drone: drone.sound):
        left, right = (_sounding(name, score.seconds, seed, ear) for ear in ("left", "right"))
        mix += around(left, right) * _gain(list(parts), length)[:, None]
    return mix


def _in_their_rooms(score: Score, seed: int, length: int) -> Stereo:
    """What comes from the picture itself, with the reverberation of where it is."""
    mix = np.zeros((length, 2))
    rooms = sorted({drone.room for drone in score.drones} | {strike.room for strike in score.strikes})
    for room in rooms:
        dry = np.zeros((length, 2))
        for sound in (*_points(score, room, seed, length), *_struck(score, room, seed, length)):
            dry += sound
        if dry.any():
            mix += in_room(dry, ROOMS[room], _random(seed, room))
    return mix


def _points(score: Score, room: str, seed: int, length: int) -> Iterator[Stereo]:
    for drone in score.drones:
        if drone.point is not None and drone.room == room:
            whole = _sounding(drone.sound, score.seconds, seed, f"{drone.point:.2f}")
            yield panned(whole * _gain([drone], length), drone.point)


def _struck(score: Score, room: str, seed: int, length: int) -> Iterator[Stereo]:
    strikes = sorted((s for s in score.strikes if s.room == room), key=lambda s: (s.sound, s.point, s.time))
    for (sound, point), group in groupby(strikes, key=lambda strike: (strike.sound, strike.point)):
        random = _random(seed, f"{sound} {point:.2f}")
        track = np.zeros(length)
        for strike in group:
            _lay(track, strike, _hit(strike, random))
        yield panned(track, point)


def _hit(strike: Strike, random: np.random.Generator) -> Mono:
    if strike.sound == "step":
        return footstep_on(strike.ground, strike.weight)(random)
    if strike.sound == "hoof":
        return hoof_on(strike.ground)(random)
    return EVENTS[strike.sound].make(random)


def _lay(track: Mono, strike: Strike, sound: Mono) -> None:
    start = round(strike.time * SAMPLE_RATE)
    if 0 <= start < len(track):
        part = sound[: len(track) - start]
        track[start : start + len(part)] += part * 10 ** ((strike.level + 9) / 20)


def _sounding(name: str, seconds: float, seed: int, where: str) -> Mono:
    """An ambience at an RMS of -20 dB, whatever its maker calls loud."""
    return levelled(AMBIENCES[name](seconds, _random(seed, f"{name} {where}"))) * 0.1


def _gain(parts: Sequence[Drone], length: int) -> Mono:
    """The level of an ambience over the clip: that of each part, cross-faded where parts meet."""
    steps = np.zeros(length)
    for part in parts:
        first, last = round(part.start * SAMPLE_RATE), round(part.end * SAMPLE_RATE)
        steps[first:last] = 10 ** (part.level / 20)
    fade = samples_in(_CROSSFADE)
    padded = np.pad(steps, (fade // 2, fade - fade // 2), mode="edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray(((total[fade:] - total[:-fade]) / fade)[:length])


def _music(score: Score, seed: int, events: Stereo) -> Stereo:
    if score.music is None:
        raise ValueError("the score has no music")
    bed, mood, level = score.music
    notes = played(bed, score.seconds, _random(seed, bed), mood=mood) * 0.1 * 10 ** (level / 20)
    right = np.concatenate([np.zeros(samples_in(0.011)), notes])[: len(notes)]
    loud = np.sqrt(np.maximum(band(np.abs(events).max(axis=1) ** 2, 1e-3, 3.0), 0))
    ducked = 1 - _DUCKING * np.clip(loud / 0.08, 0, 1)
    return np.stack([notes, 0.7 * notes + 0.3 * right], axis=1) * ducked[:, None]
