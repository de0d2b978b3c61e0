"""What comes alive in a photograph: what the prompt wishes and the picture allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import pi, sin

import numpy as np

from omnireel.engines.studio.photo.air import Spout, floating, steaming
from omnireel.engines.studio.photo.content import Content, content_of
from omnireel.engines.studio.photo.fire import burning, flickering
from omnireel.engines.studio.photo.sky import drifting
from omnireel.engines.studio.photo.stir import Mover, Stir, added, anchored, grid_for, stirred
from omnireel.engines.studio.photo.water import rippling
from omnireel.engines.studio.photo.wind import swaying, waving, windward
from omnireel.engines.studio.picture.raster import Plane, Size, grey_of, shrunk, size_of, stretched
from omnireel.media.frames import Frame
from omnireel.models import Shot, Weather

_SPEAKS_OF = {
    "water": ("water", "flow", "sparkle"),
    "plants": ("leaves", "wind"),
    "sky": ("clouds",),
    "flame": ("fire",),
    "hair": ("hair",),
}
"""The words that make each material expected."""
_SERVES = {"flow": "water", "sparkle": "water", "wind": "leaves"}
"""Words that are granted when something else moves."""
_UNSAID = 0.7
"""Strength of what moves without having been asked to."""
_WIND = 1.5
_STORM = 1.6
_BREATHS = 0.3
"""A second."""
_BREATH = 0.006
"""How far a chest or a back rises, in picture heights."""
_SETTLE = 0.7
"""Seconds in which everything comes to rest where a clip must begin or end on the picture itself."""


@dataclass(frozen=True)
class Life:
    """What moves in a picture over a shot, and which wishes it has no place for."""

    movers: tuple[Mover, ...]
    size: Size
    missing: tuple[str, ...] = ()
    seconds: float = 5.0
    starts: bool = False
    ends: bool = False

    def at(self, seconds: float) -> Stir | None:
        """The fields at a time, None when nothing moves."""
        if not self.movers:
            return None
        moment = stirred(self.movers, self.size, seconds)
        calm = self._calm(seconds)
        return moment if calm >= 1 else _weakened(moment, calm)

    def _calm(self, seconds: float) -> float:
        since = seconds / _SETTLE if self.starts else 1.0
        left = (self.seconds - seconds) / _SETTLE if self.ends else 1.0
        share = min(1.0, max(0.0, min(since, left)))
        return share * share * (3 - 2 * share)


@dataclass(frozen=True)
class Ground:
    """A picture with all that movers are made from. Planes lie on the movers' grid."""

    size: Size
    content: Content
    light: Plane
    near: Plane
    salient: Plane
    seed: int
    span: tuple[float, float]
    """When everything is as in the picture, and the longest time away from it, seconds."""


def life_of(
    picture: Frame,
    near: Plane,
    salient: Plane,
    shot: Shot,
    seed: int,
    *,
    seconds: float,
    starts: bool = False,
    ends: bool = False,
) -> Life:
    """What moves in the picture of a shot. With `starts` or `ends` it begins or ends exactly as it is."""
    named = [name for name, words in _SPEAKS_OF.items() if set(words) & set(shot.stirs)]
    size = grid_for(size_of(picture))
    light = np.asarray(grey_of(shrunk(picture, size)), np.float32) / np.float32(255)
    rest = 0.0 if starts else seconds if ends else seconds / 2
    ground = Ground(
        size,
        content_of(picture, named),
        light,
        stretched(near, size),
        stretched(salient, size),
        seed,
        (rest, max(rest, seconds - rest)),
    )
    made = {name: list(_MAKERS[name](ground, shot)) for name in _MAKERS}
    missing = tuple(name for name in shot.stirs if not made.get(_SERVES.get(name, name)))
    movers = tuple(mover for each in made.values() for mover in each)
    return Life(movers, size, missing, seconds, starts, ends)


def _weakened(moment: Stir, share: float) -> Stir:
    part = np.float32(share)
    gain = 1 + (moment.gain - 1) * part
    return Stir(moment.across * part, moment.down * part, gain, moment.lift * part)


def _strength(shot: Shot, *names: str) -> float:
    storm = _STORM if shot.weather is Weather.STORM else 1.0
    return storm * (1.0 if set(names) & set(shot.stirs) else _UNSAID)


def _water(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if ground.content.water.any():
        weight = anchored(ground.content.water, ground.size, rim=0.008)
        shore = min(ground.content.horizon, _top_of(ground.content.water) - 0.02)
        yield rippling(weight, ground.light, shore, _strength(shot, "water", "flow", "sparkle"), ground.seed)


def _clouds(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if ground.content.sky.any():
        burnt = (ground.light > _BURNT).astype(np.float32)
        weight = anchored(ground.content.sky, ground.size, rim=0.042)
        sun = anchored(1 - stretched(burnt, ground.size), ground.size, rim=0.02)
        yield drifting(
            weight * sun, ground.content.horizon, _strength(shot, "clouds", "wind"), ground.span, ground.seed
        )


def _leaves(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if ground.content.plants.any():
        weight = windward(ground.content.plants, ground.content.firm, ground.size)
        strength = _strength(shot, "leaves", "wind") * (_WIND if "wind" in shot.stirs else 1.0)
        yield swaying(weight, ground.near, strength, ground.seed)


def _fire(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if ground.content.flame.any():
        yield burning(stretched(ground.content.flame, ground.size), 1.0, ground.seed)


def _lights(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if "lights" in shot.stirs:
        lamps = np.clip((ground.light - 0.72) * 6, 0, 1) * (ground.light > ground.light.mean() + 0.25)
        if lamps.any():
            yield flickering(np.asarray(lamps, np.float32), 1.0, ground.seed)


def _steam(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if "steam" in shot.stirs:
        yield steaming(_spout(ground), ground.size, 1.0, ground.seed)


def _hair(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if ground.content.hair.any():
        weight = anchored(ground.content.hair, ground.size, rim=0.012)
        yield waving(weight, _WIND if "wind" in shot.stirs else 1.0, ground.seed)


def _motes(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if "motes" in shot.stirs:
        yield floating(ground.size, 1.0, ground.seed)


def _breath(ground: Ground, shot: Shot) -> Iterator[Mover]:
    if "breath" in shot.stirs:
        height, width = ground.salient.shape
        weight = anchored((ground.salient > 0.45).astype(np.float32), ground.size, rim=0.03)
        if weight.any():
            yield _breathing(weight, height / width)


def _breathing(weight: Plane, shape: float) -> Mover:
    def move(seconds: float, moment: Stir) -> None:
        added(moment.down, weight, _BREATH * shape * sin(2 * pi * _BREATHS * seconds))

    return move


def _spout(ground: Ground) -> Spout:
    """A little above the middle of what draws the eye."""
    height, width = ground.salient.shape
    weight = ground.salient.astype(np.float64) ** 3
    x = float((weight.sum(axis=0) * np.arange(width)).sum() / weight.sum() / width)
    y = float((weight.sum(axis=1) * np.arange(height)).sum() / weight.sum() / height)
    return Spout(x, y - 0.02, 0.055)


def _top_of(mask: Plane) -> float:
    return float(np.argmax(mask.any(axis=1)) / mask.shape[0])


_BURNT = 0.97
"""Light at which the picture shows the sun rather than a cloud."""
_MAKERS: dict[str, Callable[[Ground, Shot], Iterator[Mover]]] = {
    "water": _water,
    "clouds": _clouds,
    "leaves": _leaves,
    "fire": _fire,
    "lights": _lights,
    "steam": _steam,
    "hair": _hair,
    "motes": _motes,
    "breath": _breath,
}
