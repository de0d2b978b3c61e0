"""Every sound by name: those that go on, and those that happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.sound import ambience, impacts, machines
from omnireel.engines.studio.sound.creatures import Call, call_of, creature_names, wingbeat
from omnireel.engines.studio.sound.signals import Mono

Ambience = Callable[[float, np.random.Generator], Mono]


@dataclass(frozen=True)
class Event:
    """A sound that happens, and the shortest and longest pause before it happens again, in seconds."""

    make: Call
    pause: tuple[float, float] = (1.2, 2.4)


AMBIENCES: dict[str, Ambience] = {
    "wind": ambience.wind, "breeze": ambience.breeze, "rain": ambience.rain, "downpour": ambience.downpour,
    "waves": ambience.waves, "lapping": ambience.lapping, "stream": ambience.stream,
    "waterfall": ambience.waterfall, "depths": ambience.depths, "fire": ambience.fire,
    "sizzle": ambience.sizzle, "traffic": ambience.traffic, "crowd": ambience.crowd,
    "applause": ambience.applause, "birds": ambience.birds, "gulls": ambience.gulls,
    "crickets": ambience.crickets, "frogs": ambience.frogs, "insects": ambience.insects,
    "room": ambience.room, "hum": ambience.hum, "neon": ambience.neon, "keyboard": ambience.keyboard,
    "engine": machines.engine, "racing": machines.racing, "motor": machines.motor, "train": machines.train,
    "aeroplane": machines.aeroplane, "rotor": machines.rotor, "propellers": machines.propellers,
    "rocket": machines.rocket, "siren": machines.siren,
}  # fmt: skip

EVENTS: dict[str, Event] = {
    **{name: Event(call_of(name)) for name in creature_names()},
    "wolf": Event(call_of("wolf"), (3.5, 5.0)),
    "cow": Event(call_of("cow"), (2.6, 4.0)),
    "lion": Event(call_of("lion"), (3.0, 4.5)),
    "whale": Event(call_of("whale"), (3.0, 4.5)),
    "rooster": Event(call_of("rooster"), (3.0, 4.5)),
    "horse": Event(call_of("horse"), (2.6, 4.2)),
    "bee": Event(call_of("bee"), (1.5, 2.0)),
    "chicken": Event(call_of("chicken"), (0.4, 1.3)),
    "duck": Event(call_of("duck"), (0.45, 1.4)),
    "wings": Event(wingbeat, (0.36, 0.42)),
    "thunder": Event(impacts.thunder, (3.0, 4.6)),
    "splash": Event(impacts.splash, (1.0, 1.8)),
    "thud": Event(impacts.thud, (1.0, 1.6)),
    "whoosh": Event(impacts.whoosh, (1.6, 2.6)),
    "boing": Event(impacts.boing, (0.9, 0.92)),
    "munch": Event(impacts.munch, (0.45, 0.8)),
    "explosion": Event(impacts.explosion, (2.6, 4.0)),
    "fireworks": Event(impacts.firework, (0.7, 1.7)),
    "glass": Event(impacts.breaking_glass, (2.4, 3.6)),
    "door": Event(impacts.door, (3.0, 5.0)),
    "sparkle": Event(impacts.sparkle, (1.8, 3.0)),
    "horn": Event(machines.horn, (2.2, 4.5)),
    "foghorn": Event(machines.foghorn, (4.0, 6.0)),
    "whistle": Event(machines.whistle, (3.2, 5.0)),
    "bell": Event(machines.bell, (1.7, 1.8)),
    "chime": Event(machines.chime, (0.5, 1.1)),
    "clock": Event(machines.tick, (0.49, 0.51)),
}
