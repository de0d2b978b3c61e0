"""What a place is made of, before anybody enters it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from omnireel.engines.studio.scenery import art, materials
from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.built.cycle import cycle_of
from omnireel.engines.studio.scenery.built.workshop import Figure, built
from omnireel.engines.studio.scenery.light import Light, rgb
from omnireel.engines.studio.scenery.season import foliage, frosted, is_bloom, is_frosted, stand_in, turf
from omnireel.engines.studio.scenery.sprite import (
    Sprite,
    enlarged,
    premultiplied,
    recoloured,
    relit,
    sprite_of,
)
from omnireel.models import TimeOfDay, Weather

EYE = 1.5
"""Height of the camera in metres."""
_PROP_PIXELS = 360


@dataclass(frozen=True)
class Layer:
    """A distant band. Its foot lies on the horizon unless `near`, when it stands on the ground at `z`."""

    band: Bytes
    z: float
    height: float
    """On the frame, as a share of its height, seen from home."""
    sink: float = 0.0
    """How far the foot lies below the horizon, as a share of the frame's height."""
    near: bool = False
    wall: bool = False
    """Near, and without gaps: nothing of the ground behind it is seen."""
    drift: float = 0.0
    """Metres per second of its own, to the right."""
    heave: float = 0.0
    """Metres it rises and sinks by, as a wave does."""
    veiled: bool = True
    """Whether the air between takes part of its colour."""


@dataclass(frozen=True)
class Prop:
    """One thing that belongs to the place. x, z in metres; x repeats every `every` metres."""

    sprite: Sprite
    x: float
    z: float
    metres: float
    every: float
    y: float = 0.0
    sway: float = 0.0
    bob: float = 0.0
    """Metres it rises and sinks by."""
    phase: float = 0.0
    flip: bool = False
    shadow: bool = True
    glow: Bytes | None = None
    glow_at: float = 0.9
    """Height of the light, as a share of the prop's."""
    cycle: tuple[Sprite, ...] = ()
    """The drawings of its moving parts, `seconds` for all of them."""
    seconds: float = 1.0

    def shown(self, t: float) -> Prop:
        """The prop with the drawing of `t` seconds as its sprite."""
        if not self.cycle:
            return self
        turn = t / self.seconds + self.phase
        return replace(self, sprite=self.cycle[int(turn * len(self.cycle)) % len(self.cycle)])


@dataclass(frozen=True)
class Ground:
    """A texture under everything. `band` lies across the view between two depths: a road, a path."""

    tiles: Bytes
    per_metre: float = 90.0
    relief: float = 0.06
    band: Bytes | None = None
    band_z: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Water:
    """Water from `near` metres on. `waves` rows: kx, kz in rad/m, rad/s, height in metres."""

    near: float
    colour: Colour
    waves: Floats
    gain: float = 1.0
    foam: float = 0.0
    caps: float = 0.0
    wobble: float = 1.0


@dataclass(frozen=True)
class Stage:
    """A place, lit and furnished."""

    light: Light
    sky: Bytes
    """Tall enough to tilt over, and repeating sideways; its last row meets the horizon."""
    ground: Ground | None = None
    water: Water | None = None
    clouds: Bytes | None = None
    layers: tuple[Layer, ...] = ()
    props: tuple[Prop, ...] = ()
    sun_side: float = 1.0
    sun: bool = True
    motes: str = ""
    """dust, sparkle, fireflies, bubbles, stars, petals, leaves or nothing."""
    beams: float = 0.0
    """Strength of shafts of light from above."""
    vignette: float = 0.30
    deep: bool = False
    """Under water: everything drifts into blue."""
    spotlights: bool = False


@dataclass
class Kit:
    """What builders of places work with: the frame, the light, randomness and pictures."""

    width: int
    height: int
    focal: float
    horizon: float
    depth: float
    """Metres to where the cast stands."""
    light: Light
    time: TimeOfDay
    weather: Weather
    rng: np.random.Generator
    sun_side: float = 1.0
    season: str = ""
    """spring, autumn, winter or nothing."""
    taken: frozenset[str] = frozenset()
    """What the cast brings along, so that the place need not."""
    _cycles: dict[str, tuple[Sprite, ...]] = field(default_factory=dict)
    _sprites: dict[str, Sprite] = field(default_factory=dict)

    @property
    def snowy(self) -> bool:
        """Whether snow lies on everything."""
        return self.weather is Weather.SNOW or self.season == "winter"

    def picture(self, name: str, dress: Callable[[Bytes], Bytes] | None = None) -> Bytes:
        """A vendored picture, or one drawn here, in its season and under this light; straight BGRA."""
        if self.snowy and is_frosted(name):
            dress = dress or frosted
        name = name if self.snowy else stand_in(name, self.season)
        figure = built(name)
        straight = enlarged(figure.picture if figure else art.pixels(art.art_named(name)), _PROP_PIXELS)
        straight = dress(straight) if dress else straight
        return relit(straight, self.light, strength=0.92, sun_side=self.sun_side)

    def sprite(self, name: str, colour: str = "", dress: Callable[[Bytes], Bytes] | None = None) -> Sprite:
        """The same as a sprite, made once per shot."""
        key = f"{name}/{colour}/{dress is not None}"
        if key not in self._sprites:
            paint = (lambda picture: _painted(picture, colour)) if colour else dress
            self._sprites[key] = sprite_of(premultiplied(self.picture(name, paint)))
        return self._sprites[key]

    def span(self, z: float) -> float:
        """Metres across the frame at a depth."""
        return self.width * z / self.focal

    def every(self, z: float, metres: float) -> float:
        """A repeat distance at which a thing is out of sight before it returns."""
        return 1.7 * self.span(z) + 2 * metres + 4

    def prop(self, name: str, x: float, z: float, metres: float, **more: Any) -> Prop:
        """A thing at a place, repeating out of sight. x is in half-widths of the view at z, in metres."""
        figure = built(stand_in(name, self.season))
        if figure is not None and figure.moves:
            cycle = self._cycle(name, figure)
            return self.put(cycle[0], x, z, metres, cycle=cycle, seconds=figure.seconds or 1.0, **more)
        sprite = self.sprite(name, str(more.pop("colour", "")), more.pop("dress", None))
        return self.put(sprite, x, z, metres, **more)

    def _cycle(self, name: str, figure: Figure) -> tuple[Sprite, ...]:
        if name not in self._cycles:
            self._cycles[name] = cycle_of(figure, self.light, self.sun_side, strength=0.92)
        return self._cycles[name]

    def put(self, sprite: Sprite, x: float, z: float, metres: float, **more: Any) -> Prop:
        """The same with a sprite at hand."""
        place = x * self.span(z) / 2
        prop = Prop(sprite, place, z, metres, self.every(z, metres), phase=float(self.rng.uniform()))
        return replace(prop, **more)

    def scatter(
        self,
        names: tuple[str, ...],
        count: int,
        near: float,
        far: float,
        metres: tuple[float, float],
        **more: Any,
    ) -> list[Prop]:
        """Things strewn between two depths, denser near the far end where more ground is in view."""
        found = []
        for _ in range(count):
            z = near + (far - near) * float(self.rng.uniform()) ** 0.8
            name = names[int(self.rng.integers(len(names)))]
            x = float(self.rng.uniform(-1.65, 1.65))
            flip = bool(self.rng.integers(2))
            if self.season in ("autumn", "winter") or self.snowy:
                name = "maple leaf" if is_bloom(name) and not self.snowy else name
                if is_bloom(name):
                    continue
            found.append(self.prop(name, x, z, float(self.rng.uniform(*metres)), flip=flip, **more))
        return found

    def stand(self, *things: tuple[str, float, float, float], **more: Any) -> list[Prop]:
        """Things as (name, x in half-widths of the view, z in depths of the cast, metres tall)."""
        return [
            self.prop(name, x, z * self.depth, metres, **more)
            for name, x, z, metres in things
            if name not in self.taken
        ]

    def green(self, colour: str) -> Colour:
        """A plant colour, `rrggbb`, in its season."""
        return foliage(rgb(colour), self.season, snowy=self.snowy)

    def turf(self, texture: Floats) -> Floats:
        """Grown ground in its season, snow on it where snow lies."""
        return turf(texture, self.season, materials.snow(self.rng) if self.snowy else None)

    def sides(
        self, names: tuple[str, ...], spots: tuple[tuple[float, float], ...], metres: float, **more: Any
    ) -> list[Prop]:
        """Things at given (x, z): x in half-widths of the view, z in depths of the cast."""
        found = []
        for x, z in spots:
            name = names[int(self.rng.integers(len(names)))]
            size = metres * float(self.rng.uniform(0.85, 1.15))
            where = x + float(self.rng.uniform(-0.06, 0.06))
            found.append(
                self.prop(name, where, z * self.depth, size, flip=bool(self.rng.integers(2)), **more)
            )
        return found


def _painted(picture: Bytes, colour: str) -> Bytes:
    painted = recoloured(picture, colour, person=False)
    return picture if painted is None else painted


def waves(rng: np.random.Generator, *, height: float, length: float, count: int = 8) -> Floats:
    """A sea of `count` sine waves around a length in metres, each moving as deep-water waves do: w² = g·k."""
    lengths = length * 2.0 ** np.linspace(0.9, -2.6, count)
    turn = rng.uniform(-0.75, 0.75, count)
    k = 2 * np.pi / lengths
    speed = np.sqrt(9.81 * k) * 0.8
    tall = height * (lengths / length) ** 0.95 * 0.42
    rows: Floats = np.stack([k * np.sin(turn), k * np.cos(turn), speed, tall], axis=1).astype(np.float32)
    return rows
