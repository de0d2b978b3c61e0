"""The score: which sounds a clip has, from when to when, how loud and from where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.sound import voices
from omnireel.engines.studio.sound.catalogue import AMBIENCES, EVENTS
from omnireel.engines.studio.sound.heard import Heard, Source
from omnireel.engines.studio.sound.music import bed_names
from omnireel.engines.studio.sound.places import ambiences_of, soundscape_of
from omnireel.models import Framing

_NEARNESS = {Framing.WIDE: -3.0, Framing.CLOSE: 3.0}
"""Decibels by which what is in the picture stands out of its surroundings."""
_HOOVES = {"gallop", "plod"}
_ON_FOOT = {"walk", "run", "march", "chase", "dance", "climb"}
_SOFT_FOOTED = {"cat", "kitten", "rabbit", "mouse", "fox", "squirrel", "butterfly", "snake", "snail"}
_PACE = {"walk": 1.9, "run": 3.0, "chase": 3.0}
"""Steps a second of somebody whose feet the picture does not show."""
_THUNDER_DELAY = 0.45
_NAMED_LEVEL, _VOICE, _DEED, _STEPS, _DRONE, _MUSIC = -4.0, -9.0, -12.0, -10.0, -5.0, -9.0
_OTHER_NAMES = {
    "ocean": "waves",
    "car": "engine",
    "plane": "aeroplane",
    "steps": "footsteps",
    "frog": "frogs",
}


@dataclass(frozen=True)
class Drone:
    """An ambience for part of a clip. `point` is its place from left to right; None for all around."""

    sound: str
    start: float
    end: float
    level: float
    room: str
    point: float | None = None


@dataclass(frozen=True)
class Strike:
    """One event, or a step on a ground when `sound` is `step` or `hoof`."""

    sound: str
    time: float
    level: float
    room: str
    point: float
    ground: str = ""
    weight: float = 1.0


@dataclass(frozen=True)
class Score:
    """All of a clip's sound. `music` is a bed and its level, or None."""

    seconds: float
    drones: tuple[Drone, ...]
    strikes: tuple[Strike, ...]
    music: tuple[str, str | None, float] | None = None
    unknown: tuple[str, ...] = ()
    """Sounds that were named and nobody here can make."""


def score_of(heard: Sequence[Heard], seed: int) -> Score:
    """What a clip of these shots sounds like. One seed gives the same events every time."""
    random = np.random.default_rng([seed, 7])
    drones = tuple(drone for shot in heard for drone in _drones(shot))
    strikes = tuple(strike for shot in heard for strike in _strikes(shot, random))
    seconds = max((shot.start + shot.seconds for shot in heard), default=0.0)
    named = [_canonical(name) for shot in heard for name in shot.shot.sounds]
    known = {*AMBIENCES, *EVENTS, *bed_names(), "footsteps"}
    unknown = tuple(dict.fromkeys(name for name in named if name not in known))
    return Score(seconds, drones, strikes, _music(heard, named), unknown)


def _canonical(name: str) -> str:
    return _OTHER_NAMES.get(name, name)


def _drones(heard: Heard) -> Iterator[Drone]:
    scape = soundscape_of(heard.shot.place)
    nearness = _NEARNESS.get(heard.shot.framing, 0.0) if heard.shot.framing else 0.0
    end = heard.start + heard.seconds
    named = {_canonical(name) for name in heard.shot.sounds} & set(AMBIENCES)
    around = ambiences_of(heard.shot) | dict.fromkeys(sorted(named), _NAMED_LEVEL + nearness)
    for name, level in around.items():
        yield Drone(name, heard.start, end, level - nearness, scape.room)
    for source in heard.sources:
        if (drone := voices.drone(source)) is not None and drone not in around:
            yield Drone(drone, heard.start, end, _DRONE + nearness, scape.room, source.pan)


def _strikes(heard: Heard, random: np.random.Generator) -> Iterator[Strike]:
    scape = soundscape_of(heard.shot.place)
    nearness = _NEARNESS.get(heard.shot.framing, 0.0) if heard.shot.framing else 0.0
    for source in heard.sources:
        for name, level in ((voices.call(source), _VOICE), (voices.deed(source), _DEED)):
            if name is not None:
                yield from _repeated(name, heard, level + nearness, scape.room, source, random)
        yield from _steps(heard, source, nearness)
    voiced = {voices.call(source) for source in heard.sources}
    for asked in dict.fromkeys(map(_canonical, heard.shot.sounds)):
        if asked in EVENTS and asked not in voiced:
            yield from _repeated(asked, heard, _NAMED_LEVEL, scape.room, Source((asked,)), random)
        if asked == "footsteps" and not any(source.contacts for source in heard.sources):
            yield from _paced(heard, Source(("person",), "walk"), nearness)
    for flash in heard.flashes:
        yield Strike("thunder", heard.start + flash + _THUNDER_DELAY, -2.0, scape.room, 0.0)


def _repeated(
    name: str, heard: Heard, level: float, room: str, source: Source, random: np.random.Generator
) -> Iterator[Strike]:
    """An event soon after the shot begins and then again and again, at the source's contacts if it jumps."""
    if source.contacts and name in ("thud", "boing", "splash"):
        times: Sequence[float] = source.contacts
    else:
        low, high = EVENTS[name].pause
        first = float(random.uniform(0.15, 0.7))
        gaps = random.uniform(low, high, 64)
        times = [float(time) for time in first + np.concatenate([[0.0], np.cumsum(gaps)])]
    for time in times:
        if time < heard.seconds - 0.1:
            yield Strike(name, heard.start + time, level, room, source.pan)


def _steps(heard: Heard, source: Source, nearness: float) -> Iterator[Strike]:
    if not source.contacts:
        if source.action in _ON_FOOT and not source.gait and heard.shot.place is not None:
            yield from _paced(heard, source, nearness)
        return
    scape = soundscape_of(heard.shot.place)
    if scape.room in ("depths", "void") or voices.drone(source) is not None:
        return
    sound = "hoof" if source.gait in _HOOVES and voices.call(source) in ("horse", "cow", None) else "step"
    quiet = -8.0 if _SOFT_FOOTED & set(source.names) else 0.0
    for time in source.contacts:
        level = _STEPS + nearness + quiet
        yield Strike(sound, heard.start + time, level, scape.room, source.pan, scape.ground, source.weight)


def _paced(heard: Heard, source: Source, nearness: float) -> Iterator[Strike]:
    scape = soundscape_of(heard.shot.place)
    for time in np.arange(0.2, heard.seconds - 0.1, 1 / _PACE.get(source.action or "", 1.9)):
        yield Strike(
            "step", heard.start + float(time), _STEPS + nearness, scape.room, source.pan, scape.ground
        )


def _music(heard: Sequence[Heard], named: Sequence[str]) -> tuple[str, str | None, float] | None:
    """The bed of the whole clip: what the prompt names, what somebody plays, or what the mood asks for."""
    mood = next((shot.shot.mood for shot in heard if shot.shot.mood in bed_names()), None)
    asked = next((name for name in named if name in bed_names()), None)
    made = next((name for shot in heard for source in shot.sources if (name := voices.music(source))), None)
    if bed := asked or made:
        return bed, mood, _MUSIC + 4
    if mood is not None:
        return mood, None, _MUSIC
    abstract = all(shot.shot.place == "abstract" and not shot.sources for shot in heard)
    return ("electronic", None, _MUSIC) if abstract and heard else None
