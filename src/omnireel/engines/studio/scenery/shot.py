"""One shot: a place, its light, its cast and a camera, painted frame by frame.

A frame follows from its number alone, so frames may be painted in any order and on any thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from zlib import crc32

import numpy as np

from omnireel.engines.studio.known import KnownMotion
from omnireel.engines.studio.scenery import floor
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.beams import shafts, spotlights
from omnireel.engines.studio.scenery.blocking import placed
from omnireel.engines.studio.scenery.camera import Ride, View, ease, moved, ridden
from omnireel.engines.studio.scenery.displacement import Instant, displaced, grid_of, shrunk_view
from omnireel.engines.studio.scenery.distance import paint_clouds, paint_layer, paint_sky, paint_sun
from omnireel.engines.studio.scenery.exhaust import Exhaust, climb
from omnireel.engines.studio.scenery.figures import Journey, paint_member, reflect_member
from omnireel.engines.studio.scenery.focus import soften_distance, streak_floor
from omnireel.engines.studio.scenery.hearing import sources_in
from omnireel.engines.studio.scenery.lens import Lens
from omnireel.engines.studio.scenery.lettering import kind_of, lettered, title_of
from omnireel.engines.studio.scenery.light import light_for
from omnireel.engines.studio.scenery.member import Floor, Member
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.painter import Painter
from omnireel.engines.studio.scenery.places import Place
from omnireel.engines.studio.scenery.props import paint_prop, props_in_view, reflect_prop
from omnireel.engines.studio.scenery.script import ShotScript
from omnireel.engines.studio.scenery.season import drifting, season_of
from omnireel.engines.studio.scenery.sets import EYE, Kit, Stage
from omnireel.engines.studio.scenery.shadows import Shadows
from omnireel.engines.studio.scenery.sight import FAR_AWAY, Sight
from omnireel.engines.studio.scenery.sky import sun_disc, sun_glow
from omnireel.engines.studio.scenery.sprite import Sprite, premultiplied, sprite_of
from omnireel.engines.studio.scenery.weather import Air
from omnireel.engines.studio.sound.heard import Heard
from omnireel.models import CameraMove, TimeOfDay, Weather

FPS = 24
_STANDS = (CameraMove.STATIC, CameraMove.PAN_LEFT, CameraMove.PAN_RIGHT)
"""Camera moves that let a traveller cross the picture instead of going along."""
_TITLE_FADE = 0.7
"""Seconds in which a title comes up."""
_NIGHTLY = {"aurora", "firework", "moon", "crescent moon", "star"}
"""What is seen after dark, where nothing is said of the hour."""
_HEAVENLY = {"sun", "moon", "crescent moon"}


class ShotPainter:
    """Paints the frames of one shot. Everything that can be made once is made here."""

    def __init__(
        self,
        script: ShotScript,
        *,
        size: tuple[int, int],
        frames: int,
        seed: int,
        ride: Ride | None = None,
    ) -> None:
        # Shots in one place share its set, so the place takes part in the seed and the shot does not.
        rng = np.random.default_rng([seed, crc32(script.place_name.encode())])
        shot, self._size, self._frames, self._ride = script.shot, size, max(1, frames), ride
        self._camera, self._void = shot.camera, script.place.medium == "void"
        self._framing, self._here = shot.framing, replace(shot, place=script.place_name)
        self._foggy = shot.weather is Weather.FOG
        kit = _kit(script, size, rng)
        kind = kind_of(shot.prompt, script.place_name, script.place.medium)
        self.stage = lettered(script.place.build(kit), kit, shot.lettering, kind)
        self._title = title_of(shot.lettering, kind, *size)
        self._home = View(*size, 0.0, EYE, 0.0, kit.horizon, size[0] / 2, kit.focal)
        self._depth = kit.depth
        place = _floor(script, self.stage, kit)
        self.cast = placed(list(script.roles), place, self.stage.light, rng, self.stage.sun_side)
        self._relief = floor.relief_of(cloudy(256, rng, slope=1.6, coarse=2))
        motes = drifting(kit.season, self.stage.motes) if self._is_open(script) else self.stage.motes
        self._air = Air(shot.weather or Weather.CLEAR, self.stage.light, motes, size[1], rng)
        self._lens = Lens(self.stage.light, self.stage.vignette, size[0], rng)
        self._shadows, self._sun = Shadows(), self._sun_parts()
        self._launches = any(member.role.gait.name == "launch" for member in self.cast.members)
        self._exhaust = Exhaust(rng) if self._launches else None
        self._shafts = shafts(rng, size, self.stage) if self.stage.beams > 0 else None

    @staticmethod
    def _is_open(script: ShotScript) -> bool:
        """Whether things fall from trees there."""
        return script.place.medium in ("land", "water")

    def _sun_parts(self) -> tuple[Bytes, Sprite] | None:
        light = self.stage.light
        is_cast = any(member.role.art.name in _HEAVENLY for member in self.cast.members)
        if not self.stage.sun or light.sun_strength < 0.12 or is_cast:
            return None
        return sun_glow(light, self._size[1]), sprite_of(premultiplied(sun_disc(light, self._size[1])))

    def paint(self, number: int) -> tuple[Bytes, Bytes]:
        """Frame `number`: the picture, and a mask naming the cast member (from 1) each pixel shows."""
        painter = Painter(*self._size)
        sight = self._sight(number, painter)
        t = sight.t
        self._paint_distance(sight)
        soften_distance(sight, self._framing)
        self._paint_floor(sight)
        streak_floor(sight, self._journey(t).pace, FPS)
        self._air.mist(painter, sight.view.horizon, t, sight.view.x)
        self._paint_things(sight)
        self._paint_air(sight)
        self._lens.look(painter.frame, number, self._air.flash(t))
        self._paint_title(painter, t)
        return painter.frame, painter.ids

    def motion(self, number: int) -> KnownMotion:
        """How frame `number` follows from the one before it, on a small grid."""
        grid = grid_of(self._size)
        now, before = self._instant(number, grid), self._instant(max(0, number - 1), grid)
        members = [member for member in self.cast.members if member.z < FAR_AWAY]
        return replace(displaced(now, before, members), cut=number == 0)

    def _instant(self, number: int, grid: tuple[int, int]) -> Instant:
        sight, share = self._sight(number, Painter(*grid)), grid[1] / self._size[1]
        home, view = (shrunk_view(seen, share, grid) for seen in (sight.home, sight.view))
        sunk = self._sky_bottom(sight) * share if self._void else 0.0
        return Instant(replace(sight, home=home, view=view), self._journey(sight.t), sunk)

    def _sight(self, number: int, painter: Painter) -> Sight:
        t, u = number / FPS, min(1.0, number / max(1, self._frames - 1))
        return Sight(painter, self.stage, self._home, self._view(number, t, u), t, u)

    def heard(self, start: float) -> Heard:
        """What the shot tells the ear, when it begins `start` seconds into its clip."""
        seconds = self._frames / FPS
        sources = sources_in(self.cast.members, self._home, seconds)
        flashes = tuple(time for time in self._air.strikes if time < seconds)
        return Heard(self._here, start, seconds, sources, flashes)

    def _paint_title(self, painter: Painter, t: float) -> None:
        if self._title is not None:
            width, height = self._size
            shown = ease(t / _TITLE_FADE)
            row = height * (0.16 + 0.01 * (1 - shown))
            painter.sprite(self._title, width / 2, row, 1.0, anchor=(0.5, 0.5), opacity=shown, mark=-1)

    def _view(self, number: int, t: float, u: float) -> View:
        if self._ride is None:
            view = moved(self._home, self._camera, u, t, self._depth)
        else:
            view = ridden(self._home, self._ride(number), self._depth)
        view = replace(view, x=view.x + self._journey(t).travelled)
        return _looking_up(view, climb(t)) if self._launches and not self._void else view

    def _journey(self, t: float) -> Journey:
        follows = self.cast.pace > 0 and self._camera not in _STANDS
        travelled = self.cast.pace * t if follows else 0.0
        pace = self.cast.pace if follows else 0.0
        return Journey(self._frames / FPS, travelled, follows, len(self.cast.members) == 1, self._void, pace)

    def _paint_distance(self, sight: Sight) -> None:
        paint_sky(sight, self._sky_bottom(sight))
        if self._sun is not None:
            paint_sun(sight, *self._sun)
        for member in self.cast.members:
            if member.z >= FAR_AWAY:
                self._paint_member(sight, member)
        if self.stage.clouds is not None:
            paint_clouds(sight, self.stage.clouds)
        self._air.bolt(sight.painter, sight.view.horizon, sight.t)
        for layer in self.stage.layers:
            if not layer.near or layer.wall:
                paint_layer(sight, layer)

    def _sky_bottom(self, sight: Sight) -> int:
        if not self._void:
            return math.ceil(sight.view.horizon) + 1
        # Stars sink past something that climbs.
        sunk = ease(sight.u) if self._launches else 0.5
        return self._size[1] + int((self.stage.sky.shape[0] - self._size[1]) * sunk)

    def _paint_floor(self, sight: Sight) -> None:
        mirror = self._mirror(sight) if floor.needs_mirror(sight) else sight.painter.frame
        glitters = self._sun is not None
        floor.paint_floor(sight, mirror, self._relief, glitters=glitters, foggy=self._foggy)

    def _mirror(self, sight: Sight) -> Bytes:
        """The picture as still water would show it: turned over, with the cast upside down at their feet."""
        below = sight.onto(floor.upside_down(sight))
        shore, journey = floor.reflects_from(sight), self._journey(sight.t)
        for prop in props_in_view(sight):
            if prop.z > shore and prop.y == 0.0:
                reflect_prop(below, prop)
        for member in self.cast.members:
            if shore < member.z < FAR_AWAY:
                reflect_member(below, member, journey)
        return below.painter.frame

    def _paint_things(self, sight: Sight) -> None:
        """Everything that stands on the floor, the farthest first."""
        layers = [layer for layer in self.stage.layers if layer.near and not layer.wall]
        members = [member for member in self.cast.members if member.z < FAR_AWAY]
        things: list[tuple[float, Callable[[], None]]] = [
            *((layer.z, partial(paint_layer, sight, layer)) for layer in layers),
            *((prop.z, partial(paint_prop, sight, prop, self._shadows)) for prop in props_in_view(sight)),
            *((member.z, partial(self._paint_member, sight, member)) for member in members),
        ]
        for _, paint in sorted(things, key=lambda thing: -thing[0]):
            paint()

    def _paint_member(self, sight: Sight, member: Member) -> None:
        paint_member(sight, member, self._journey(sight.t), self._shadows, self._exhaust)

    def _paint_air(self, sight: Sight) -> None:
        painter, (width, height), t = sight.painter, self._size, sight.t
        if self._shafts is not None:
            gain = self.stage.beams * (0.85 + 0.15 * math.sin(t * 0.9))
            painter.light(self._shafts, width / 2 + 14 * math.sin(t * 0.35), height / 2, gain)
        if self.stage.spotlights:
            painter.light(spotlights(self._size, t), width / 2, height / 2, 0.55)
        if self._launches and self._void:
            self._air.streaks(painter, t)
        self._air.front(painter, t)


def _kit(script: ShotScript, size: tuple[int, int], rng: np.random.Generator) -> Kit:
    shot, place = script.shot, script.place
    width, height = size
    horizon, feet = _rows(place, width, height)
    focal = 1.35 * min(width, height)
    depth = focal * EYE / max(height * 0.12, feet - horizon)
    cast = frozenset(role.art.name for role, _ in script.roles)
    usual = TimeOfDay.NIGHT if cast & _NIGHTLY else TimeOfDay.DAY
    time, weather = shot.time_of_day or usual, shot.weather or Weather.CLEAR
    side = 1.0 if rng.uniform() < 0.5 else -1.0
    return Kit(
        width=width, height=height, focal=focal, horizon=horizon, depth=depth,
        light=light_for(time, weather), time=time, weather=weather, rng=rng, sun_side=side,
        season=season_of(shot.prompt), taken=cast,
    )  # fmt: skip


def _rows(place: Place, width: int, height: int) -> tuple[float, float]:
    """The rows of the horizon and of the cast's feet; an upright picture wants its cast nearer the middle."""
    upright = height > width * 1.2
    return height * (place.horizon + (0.03 if upright else 0)), height * (
        place.feet - (0.08 if upright else 0)
    )


def _floor(script: ShotScript, stage: Stage, kit: Kit) -> Floor:
    water = stage.water
    return Floor(
        width=kit.width,
        height=kit.height,
        focal=kit.focal,
        horizon=kit.horizon,
        eye=EYE,
        depth=kit.depth,
        medium=script.place.medium,
        shore=water.near if water is not None and water.near > 0 else None,
        framing=script.shot.framing,
    )


def _looking_up(view: View, height: float) -> View:
    """The camera going up beside a rocket, its nose lifted."""
    tilt = min(1.0, height / 6.0) * 0.16 * view.height
    return replace(view, y=view.y + max(0.0, height - 0.6) * 0.92, horizon=view.horizon + tilt)
