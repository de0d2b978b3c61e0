"""Music beds: a chord progression for a mood, played by simple instruments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.sound.machines import rung
from omnireel.engines.studio.sound.signals import (
    Mono,
    band,
    below,
    clock,
    glide,
    laid,
    levelled,
    noise,
    struck,
    swelled,
    tone,
)

Note = Callable[[float, float, np.random.Generator], Mono]
"""Pitch in hertz and length in seconds to sound."""

_MAJOR = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
_MINOR = ((0, 3, 7), (8, 12, 15), (3, 7, 10), (10, 14, 17))


@dataclass(frozen=True)
class Bed:
    """How a mood sounds. `root` is a MIDI note, `tempo` beats a minute."""

    chords: Sequence[Sequence[int]]
    root: int
    tempo: float
    pad: float = 0.0
    keys: str = ""
    """The instrument that plays the broken chords."""
    pattern: Sequence[int] = (0, 1, 2, 1)
    """Which chord note each half beat plays; -1 rests."""
    bass: float = 0.0
    drums: str = ""


_BEDS = {
    "calm": Bed(_MAJOR, 57, 66, pad=0.8, keys="piano", pattern=(0, -1, 1, -1, 2, -1, 1, -1)),
    "happy": Bed(_MAJOR, 60, 112, keys="guitar", pattern=(0, 1, 2, 1), bass=0.5, drums="light"),
    "playful": Bed(_MAJOR, 65, 124, keys="marimba", pattern=(0, 2, 1, -1), bass=0.5, drums="light"),
    "romantic": Bed(
        ((0, 4, 7, 11), (9, 12, 16, 19), (2, 5, 9, 12), (7, 11, 14, 17)),
        55,
        72,
        pad=0.7,
        keys="piano",
        pattern=(0, 1, 2, 3),
    ),
    "sad": Bed(_MINOR, 57, 60, pad=0.8, keys="piano", pattern=(0, -1, 2, -1, 1, -1, -1, -1)),
    "tense": Bed(
        ((0, 3, 7), (0, 3, 8), (-1, 2, 5), (0, 3, 6)),
        45,
        96,
        pad=0.6,
        keys="strings",
        pattern=(0, 0, 0, 0),
        bass=0.8,
        drums="pulse",
    ),
    "mysterious": Bed(
        ((0, 3, 7), (6, 9, 13), (1, 5, 8), (-1, 3, 6)),
        52,
        58,
        pad=1.0,
        keys="bells",
        pattern=(2, -1, -1, 0, -1, 1, -1, -1),
    ),
    "epic": Bed(
        _MINOR, 45, 92, pad=0.9, keys="strings", pattern=(0, 0, 1, 0, 2, 0, 1, 0), bass=0.9, drums="big"
    ),
    "electronic": Bed(_MINOR, 45, 118, pad=0.5, keys="synth", pattern=(0, 2, 1, 2), bass=0.9, drums="four"),
}
_NAMED = {
    "music": "calm",
    "piano": "calm",
    "guitar": "happy",
    "orchestra": "epic",
    "electronic": "electronic",
    "drums": "epic",
    "violin": "romantic",
    "bells": "mysterious",
}
_INSTRUMENT_OF = {"piano": "piano", "guitar": "guitar", "orchestra": "strings", "violin": "strings"}


def bed_names() -> tuple[str, ...]:
    """Every mood that has music, and every instrument or kind of music that may be asked for."""
    return (*_BEDS, *_NAMED)


def played(name: str, seconds: float, random: np.random.Generator, *, mood: str | None = None) -> Mono:
    """A bed by mood or instrument for so long, ending on a fade; a `mood` beside an instrument sets the tune.

    Raises KeyError for a name that is not one of `bed_names()`.
    """
    bed = _BEDS[mood if mood in _BEDS and name in _NAMED else _NAMED.get(name, name)]
    keys = _INSTRUMENT_OF.get(name, bed.keys)
    beat = 60 / bed.tempo
    parts = [
        _pads(bed, seconds, beat) * bed.pad,
        laid(seconds, _broken(bed, keys, seconds, beat, random)),
        laid(seconds, _basses(bed, seconds, beat, random)) * bed.bass,
        laid(seconds, _beats(bed.drums or ("big" if name == "drums" else ""), seconds, beat, random)),
    ]
    return levelled(np.sum(parts, axis=0)) * swelled(seconds, rise=0.05, fall=min(1.2, seconds / 3))


def _hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _bars(bed: Bed, seconds: float, beat: float) -> Iterator[tuple[float, Sequence[int]]]:
    """The start of each bar of four beats, and its chord."""
    for number, start in enumerate(np.arange(0, seconds, 4 * beat)):
        yield float(start), bed.chords[number % len(bed.chords)]


def _pads(bed: Bed, seconds: float, beat: float) -> Mono:
    """Each chord held through its bar and a little into the next, three detuned voices a note."""
    length = 4.6 * beat
    chords = {
        tuple(chord): _held([_hertz(bed.root + step) for step in chord], length)
        for _, chord in _bars(bed, seconds, beat)
    }
    return laid(seconds, [(start, chords[tuple(chord)]) for start, chord in _bars(bed, seconds, beat)])


def _held(pitches: Sequence[float], seconds: float) -> Mono:
    voices = [
        tone(pitch * 2 ** (cents / 1200), seconds, (1.0, 0.35, 0.15))
        for pitch in pitches
        for cents in (-7, 0, 6)
    ]
    soft = below(np.sum(voices, axis=0), 1500)
    return soft * swelled(seconds, rise=seconds * 0.22, fall=seconds * 0.25) * 0.05


def _broken(
    bed: Bed, keys: str, seconds: float, beat: float, random: np.random.Generator
) -> Iterator[tuple[float, Mono]]:
    if not keys:
        return
    play = _INSTRUMENTS[keys]
    for start, chord in _bars(bed, seconds, beat):
        for half in range(8):
            step = bed.pattern[half % len(bed.pattern)]
            if step >= 0:
                accent = 1.0 if half % 4 == 0 else random.uniform(0.65, 0.85)
                note = bed.root + 12 + chord[step % len(chord)]
                yield start + half * beat / 2, play(_hertz(note), beat * 2.2, random) * accent


def _basses(
    bed: Bed, seconds: float, beat: float, random: np.random.Generator
) -> Iterator[tuple[float, Mono]]:
    if not bed.bass:
        return
    for start, chord in _bars(bed, seconds, beat):
        for number in range(4):
            pitch = _hertz(bed.root - 12 + chord[0] + (12 if bed.root < 50 else 0))
            yield start + number * beat, _plucked(pitch, beat * 0.95, random) * 0.7


def _beats(
    drums: str, seconds: float, beat: float, random: np.random.Generator
) -> Iterator[tuple[float, Mono]]:
    patterns: dict[str, tuple[tuple[float, Callable[[np.random.Generator], Mono]], ...]] = {
        "": (),
        "light": ((0, _kick), (0.5, _hat), (1, _snap), (1.5, _hat)),
        "pulse": ((0, _kick), (1, _kick)),
        "big": ((0, _drum), (1.5, _drum), (1.75, _drum)),
        "four": ((0, _kick), (0.5, _hat), (1, _kick), (1.0, _snap), (1.5, _hat)),
    }
    for start in np.arange(0, seconds, 2 * beat):
        for offset, hit in patterns[drums]:
            yield float(start + offset * beat), hit(random)


def _piano(pitch: float, seconds: float, random: np.random.Generator) -> Mono:
    """A struck string: partials a little sharp, the high ones dying first."""
    time = clock(seconds)
    sound = np.zeros_like(time)
    for number in range(1, 9):
        sharp = pitch * number * (1 + 0.0004 * number * number) ** 0.5
        decay = 1.6 * (220 / pitch) ** 0.4 / number**0.8
        sound += np.sin(2 * np.pi * sharp * time) * np.exp(-time / decay) * number**-1.25
    return sound * struck(seconds, attack=0.003, decay=seconds) * 0.2


def _plucked(pitch: float, seconds: float, random: np.random.Generator) -> Mono:
    time = clock(seconds)
    sound = np.zeros_like(time)
    for number in range(1, 13):
        weight = abs(np.sin(np.pi * number * 0.22)) / number
        sound += weight * np.sin(2 * np.pi * pitch * number * time) * np.exp(-time * (1.6 + 0.9 * number))
    return sound * struck(seconds, attack=0.002, decay=seconds) * 0.4


def _marimba(pitch: float, seconds: float, random: np.random.Generator) -> Mono:
    length = min(seconds, 0.7)
    body = tone(pitch, length) * struck(length, attack=0.001, decay=0.14)
    return (body + 0.3 * tone(pitch * 3.93, length) * struck(length, attack=0.001, decay=0.03)) * 0.3


def _strings(pitch: float, seconds: float, random: np.random.Generator) -> Mono:
    length = seconds * 0.45
    bowed = tone(pitch * 2 ** random.uniform(-0.003, 0.003), length, tuple(1 / n for n in range(1, 14)))
    return below(bowed, 2600) * swelled(length, rise=0.06, fall=0.12) * 0.12


def _synth(pitch: float, seconds: float, random: np.random.Generator) -> Mono:
    length = seconds * 0.3
    bright = tone(pitch, length, tuple((n % 2) / n for n in range(1, 16)))
    return bright * struck(length, attack=0.004, decay=0.12) * 0.22


def _bells(pitch: float, seconds: float, random: np.random.Generator) -> Mono:
    return rung(pitch, max(1.6, seconds)) * 0.7


_INSTRUMENTS: dict[str, Note] = {
    "piano": _piano,
    "guitar": _plucked,
    "marimba": _marimba,
    "strings": _strings,
    "synth": _synth,
    "bells": _bells,
}


def _kick(random: np.random.Generator) -> Mono:
    return (
        tone(glide(0.28, ((0, 130), (0.2, 62), (1, 46))), 0.28) * struck(0.28, attack=0.001, decay=0.07) * 0.5
    )


def _drum(random: np.random.Generator) -> Mono:
    """A large drum with its room."""
    skin = tone(glide(0.7, ((0, 96), (0.3, 66), (1, 58))), 0.7) * struck(0.7, attack=0.002, decay=0.18)
    stick = levelled(band(noise(0.7, random, fall=3), 150, 1400)) * struck(0.7, attack=0.001, decay=0.03)
    return (0.8 * skin + 0.15 * stick) * random.uniform(0.5, 0.65)


def _snap(random: np.random.Generator) -> Mono:
    return levelled(band(noise(0.14, random), 1200, 7500)) * struck(0.14, attack=0.001, decay=0.03) * 0.12


def _hat(random: np.random.Generator) -> Mono:
    return levelled(band(noise(0.05, random), 6500, 15_000)) * struck(0.05, attack=0.0005, decay=0.012) * 0.06
