"""One shot: a place, its light, its cast and a camera, painted frame by frame.

A frame follows from its number alone, so frames may be painted in any order and on any thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from zlib import crc32

import numpy as np

from omnireel.engines.studio.scenery import kernels
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.camera import View, ease, moved
from omnireel.engines.studio.scenery.cast import Cast, Floor, Member, Role, placed
from omnireel.engines.studio.scenery.lens import Lens
from omnireel.engines.studio.scenery.light import light_for, mix, rgb
from omnireel.engines.studio.scenery.limbs import DRAWINGS
from omnireel.engines.studio.scenery.motion import Pose, pose_at
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.painter import BLACK, Painter, glow_of
from omnireel.engines.studio.scenery.script import ShotScript
from omnireel.engines.studio.scenery.sets import EYE, Kit, Layer, Prop, Stage
from omnireel.engines.studio.scenery.sky import sun_disc, sun_glow
from omnireel.engines.studio.scenery.sprite import Sprite, premultiplied, sprite_of
from omnireel.engines.studio.scenery.weather import Air
from omnireel.models import CameraMove, Shot, TimeOfDay, Weather

FPS = 24
_FAR = 1e6
_NOTHING = np.zeros((1, 1, 3), np.uint8)


class ShotPainter:
    """Paints the frames of one shot. Everything that can be made once is made here."""

    def __init__(self, script: ShotScript, *, size: tuple[int, int], frames: int, seed: int) -> None:
        shot, place, roles = script.shot, script.place, list(script.roles)
        # Shots in one place share its set, so the place takes part in the seed and the shot does not.
        self._rng = np.random.default_rng([seed, crc32(script.place_name.encode())])
        self._size, self._frames, self._camera = size, max(1, frames), shot.camera
        self._place = place
        self._weather = shot.weather or Weather.CLEAR
        kit = self._kit(shot.time_of_day or TimeOfDay.DAY)
        kit.scrolls = _may_scroll(shot, roles)
        self.stage = place.build(kit)
        self._kit_depth, self._horizon, self._focal = kit.depth, kit.horizon, kit.focal
        self.cast = self._placed(shot, roles, kit)
        self._relief: Floats = cloudy(256, self._rng, slope=1.6, coarse=2)
        self._air = Air(self._weather, self.stage.light, self.stage.motes, size[1], self._rng)
        self._lens = Lens(self.stage.light, self.stage.vignette, self._rng)
        self._shade = _soft_spot()
        self._flame = _flame() if self._launching() else None
        self._puff = _puff(self._rng) if self._launching() else None
        self._sun = self._sun_parts()
        self._beams = _beam_sheet(self._rng, size, self.stage) if self.stage.beams > 0 else None

    def _kit(self, time: TimeOfDay) -> Kit:
        width, height = self._size
        tall = height > width * 1.2
        horizon = height * (self._place.horizon + (0.03 if tall else 0.0))
        feet = height * (self._place.feet - (0.08 if tall else 0.0))
        focal = 1.35 * min(width, height)
        depth = focal * EYE / max(height * 0.12, feet - horizon)
        side = 1.0 if self._rng.uniform() < 0.5 else -1.0
        light = light_for(time, self._weather)
        return Kit(width, height, focal, horizon, depth, light, time, self._weather, self._rng, side)

    def _placed(self, shot: Shot, roles: list[tuple[Role, int]], kit: Kit) -> Cast:
        water = self.stage.water
        floor = Floor(
            kit.width,
            kit.height,
            kit.focal,
            kit.horizon,
            kit.horizon + kit.focal * EYE / kit.depth,
            EYE,
            kit.depth,
            self._place.medium,
            water.near if water is not None and water.near > 0 else None,
            shot.framing,
        )
        return placed(roles, floor, self.stage.light, self._rng, self.stage.sun_side)

    def _launching(self) -> bool:
        return any(member.role.gait.name == "launch" for member in self.cast.members)

    def _sun_parts(self) -> tuple[Bytes, Sprite] | None:
        light = self.stage.light
        if not self.stage.sun or light.sun_strength < 0.12:
            return None
        if any(member.role.art.name in ("sun", "moon", "crescent moon") for member in self.cast.members):
            return None
        return sun_glow(light, self._size[1]), sprite_of(premultiplied(sun_disc(light, self._size[1])))

    def paint(self, number: int) -> tuple[Bytes, Bytes]:
        """Frame `number`: the picture, and a mask naming the cast member (from 1) each pixel shows."""
        t, u = number / FPS, min(1.0, number / max(1, self._frames - 1))
        view = self._view(t, u)
        painter = Painter(*self._size)
        self._paint_distance(painter, view, t)
        self._paint_floor(painter, view, t, u)
        self._air.mist(painter, view.horizon, t, view.x)
        self._paint_things(painter, view, t, u)
        self._paint_air(painter, view, t)
        self._lens.look(painter.frame, number, self._air.flash(t))
        return painter.frame, painter.ids

    # The camera

    def _view(self, t: float, u: float) -> View:
        width, height = self._size
        home = View(width, height, 0.0, EYE, 0.0, self._horizon, width / 2, self._focal)
        view = moved(home, self._camera, u, t, self._kit_depth)
        view = replace(view, x=view.x + self._travelled(t))
        if self._launching() and self._place.medium != "void":
            climb = self._climb(t)
            tilt = min(1.0, climb / 6.0) * 0.16 * height
            view = replace(view, y=view.y + max(0.0, climb - 0.6) * 0.92, horizon=view.horizon + tilt)
        return view

    def _travelled(self, t: float) -> float:
        return self.cast.pace * t if self._follows() else 0.0

    def _follows(self) -> bool:
        return self.cast.pace > 0 and self._camera not in (
            CameraMove.STATIC,
            CameraMove.PAN_LEFT,
            CameraMove.PAN_RIGHT,
        )

    @staticmethod
    def _climb(t: float) -> float:
        """Metres a rocket has risen: it stands, shakes, then gathers speed."""
        flying = max(0.0, t - 0.7)
        return 0.42 * flying * flying + 0.025 * flying**3

    # The distance

    def _paint_distance(self, painter: Painter, view: View, t: float) -> None:
        self._paint_sky(painter, view, t)
        self._paint_sun(painter, view)
        for member in self.cast.members:
            if member.z > 12 * self._kit_depth:
                self._paint_member(painter, view, member, t, 0.0)
        if self.stage.clouds is not None:
            self._paint_clouds(painter, view, t)
        self._air.bolt(painter, view.horizon, t)
        for layer in self.stage.layers:
            if not layer.near:
                self._paint_layer(painter, view, layer, t)

    def _paint_sky(self, painter: Painter, view: View, t: float) -> None:
        sky = self.stage.sky
        height, width = painter.frame.shape[:2]
        bottom = math.ceil(view.horizon) + 1
        if self._place.medium == "void":
            bottom = height + int((sky.shape[0] - height) * self._rise(t))
        left = int(self._turned(view)) % sky.shape[1]
        columns = np.arange(left, left + width) % sky.shape[1]
        first = sky.shape[0] - bottom
        rows = np.clip(np.arange(first, first + height), 0, sky.shape[0] - 1)
        painter.frame[:] = sky[rows][:, columns]

    def _rise(self, t: float) -> float:
        """How far a starry sky has sunk past something that climbs, 0 to 1."""
        return ease(min(1.0, t / max(0.1, self._frames / FPS))) if self._launching() else 0.5

    def _turned(self, view: View) -> float:
        """Pixels by which infinitely far things have moved left."""
        return view.width / 2 - view.centre

    def _paint_sun(self, painter: Painter, view: View) -> None:
        if self._sun is None:
            return
        light, (glow, disc) = self.stage.light, self._sun
        x = view.centre + self.stage.sun_side * 0.21 * view.width
        y = view.horizon - light.sun_height * view.height * 0.92
        painter.light(glow, x, y, 1.0)
        opacity = min(1.0, light.sun_strength * 1.5)
        painter.sprite(disc, x, y, 1.0, anchor=(0.5, 0.5), opacity=opacity)
        if not light.moon:
            painter.light(glow, x, y, 0.12)

    def _paint_clouds(self, painter: Painter, view: View, t: float) -> None:
        clouds = self.stage.clouds
        if clouds is None:
            return
        drift = t * (5 + 40 * self.stage.light.wind) * view.height / 720
        step = self._focal / view.focal
        painter.strip(
            clouds,
            left=self._turned(view) + drift + view.x * 0.6,
            step=step,
            top=view.horizon - clouds.shape[0] / step - 2,
            opacity=0.95,
        )

    def _paint_layer(self, painter: Painter, view: View, layer: Layer, t: float) -> None:
        ahead = max(1.0, layer.z - view.z)
        zoom = (view.focal / self._focal) * layer.z / ahead
        scale = layer.height * view.height / layer.band.shape[0] * zoom
        lift = view.y if layer.near else view.y - EYE
        foot = view.horizon + lift * view.focal / ahead + layer.sink * view.height * zoom
        camera = (view.x - layer.drift * t) * view.focal / ahead
        foot += layer.heave * math.sin(t * 1.5 + layer.z) * view.focal / ahead
        left = (camera - view.centre) / scale
        near = self._haze(layer.z) * (1.0 if layer.near else 0.0)
        painter.strip(
            layer.band,
            left=left,
            step=1 / scale,
            top=foot - layer.band.shape[0] * scale,
            haze=(near * 0.6, near),
            haze_colour=self.stage.light.haze,
        )

    def _haze(self, z: float) -> float:
        return 1 - math.exp(-z / self.stage.light.haze_distance)

    # The floor

    def _paint_floor(self, painter: Painter, view: View, t: float, u: float) -> None:
        stage = self.stage
        if stage.ground is None and stage.water is None:
            return
        wet = stage.light.wet if stage.ground is not None else 0.0
        mirror = painter.frame
        if stage.water is not None or wet > 0:
            mirror = self._mirror(painter, view, t, u, wet)
        ground = stage.ground
        tiles = ground.tiles if ground is not None else np.zeros((1, 1, 1, 3), np.uint8)
        band = ground.band if ground is not None and ground.band is not None else _NOTHING
        waves = stage.water.waves if stage.water is not None else _RIPPLES
        kernels.floor(
            painter.frame, mirror, tiles, band, self._relief, waves, self._floor_numbers(view, t, wet)
        )

    def _mirror(self, painter: Painter, view: View, t: float, u: float, wet: float) -> Bytes:
        """The picture as still water would show it: turned over at the horizon, the cast at their feet."""
        height, width = painter.frame.shape[:2]
        line = min(height - 1, max(1, math.ceil(view.horizon)))
        image = Painter(width, height)
        rows = np.clip(line - 1 - np.arange(height - line), 0, line - 1)
        image.frame[line:] = painter.frame[rows]
        shore = self.stage.water.near - 1.0 if self.stage.water is not None and wet <= 0 else -_FAR
        for layer in self.stage.layers:
            if layer.near:
                image.frame[line:] = (image.frame[line:] // 2).astype(np.uint8)
        for prop in self._props_in_view(view):
            if prop.z > shore and (prop.y == 0.0 or prop.z > 30):
                self._paint_prop(image, view, prop, t, mirrored=True)
        for member in self.cast.members:
            if shore < member.z < 12 * self._kit_depth:
                self._paint_member(image, view, member, t, u, mirrored=True)
        return image.frame

    def _floor_numbers(self, view: View, t: float, wet: float) -> Floats:
        stage, light = self.stage, self.stage.light
        ground, water = stage.ground, stage.water
        band = ground.band_z if ground is not None and ground.band is not None else (_FAR, _FAR)
        across = ground.band.shape[1] / 12.0 if ground is not None and ground.band is not None else 1.0
        glitter = light.sun_strength if self._sun is not None and water is not None else 0.0
        low = 1.0 if light.sun_height < 0.15 or light.moon else 0.6
        spark = [value * glitter * low * 0.75 for value in light.sun]
        column = view.centre + stage.sun_side * 0.21 * view.width
        return np.array(
            [
                *(view.horizon, view.focal, view.y, view.x, view.z, view.centre),
                *(ground.per_metre if ground is not None else 1.0, light.haze_distance, *light.haze, t),
                *(
                    water.near if water is not None else _FAR,
                    wet,
                    *(water.colour if water is not None else BLACK),
                ),
                *(water.gain if water is not None else 1.0, column, view.width * 0.055, *spark),
                *(water.foam if water is not None else 0.0, *band, across),
                *(ground.relief if ground is not None else 0.0, water.caps if water is not None else 0.0),
                *(-0.05 if low == 1.0 else -0.35, water.wobble if water is not None else 0.0),
                1.0 if self._weather is Weather.FOG or stage.deep else 0.5,
            ],
            np.float32,
        )

    # What stands on it

    def _paint_things(self, painter: Painter, view: View, t: float, u: float) -> None:
        props = self._props_in_view(view)
        members = [member for member in self.cast.members if member.z <= 12 * self._kit_depth]
        layers = [layer for layer in self.stage.layers if layer.near]
        things: list[tuple[float, int, Callable[[], None]]] = []
        for prop in props:
            things.append((prop.z, 1, lambda prop=prop: self._paint_prop(painter, view, prop, t)))  # type: ignore
        for member in members:
            things.append((member.z, 2, lambda m=member: self._paint_member(painter, view, m, t, u)))  # type: ignore
        for layer in layers:
            things.append((layer.z, 0, lambda layer=layer: self._paint_layer(painter, view, layer, t)))  # type: ignore
        for _, _, draw in sorted(things, key=lambda thing: (-thing[0], thing[1])):
            draw()

    def _props_in_view(self, view: View) -> list[Prop]:
        """Props moved to the repeat nearest the camera; those behind it or out of sight are left out."""
        found = []
        for prop in self.stage.props:
            if prop.z - view.z < 0.8:
                continue
            x = (prop.x - view.x + prop.every / 2) % prop.every - prop.every / 2 + view.x
            column, _, scale = view.project(x, 0, prop.z)
            reach = prop.metres * scale * 1.5
            if -reach < column < view.width + reach:
                found.append(replace(prop, x=x))
        return found

    def _paint_prop(
        self, painter: Painter, view: View, prop: Prop, t: float, *, mirrored: bool = False
    ) -> None:
        lift = prop.y + prop.bob * math.sin(t * (0.8 + prop.phase * 0.6) + prop.phase * 6.28)
        column, row, scale = view.project(prop.x, lift, prop.z)
        size = prop.metres * scale / prop.sprite.height
        sway = prop.sway * math.sin(t * (1.5 + prop.phase) + prop.phase * 6.28) * (1 + self.stage.light.wind)
        if mirrored:
            _, ground, _ = view.project(prop.x, -lift, prop.z)
            painter.sprite(
                prop.sprite,
                column,
                ground,
                size,
                stretch=(1, -1),
                flip=prop.flip,
                haze=self._haze(prop.z),
                haze_colour=self.stage.light.haze,
            )
            return
        if prop.shadow and prop.y == 0:
            self._paint_shadow(painter, prop.sprite, (column, row), size, prop.flip, prop.z)
        painter.sprite(
            prop.sprite, column, row, size, shear=sway, flip=prop.flip, haze=self._haze(prop.z) * 0.9,
            haze_colour=self.stage.light.haze,
        )  # fmt: skip
        if prop.glow is not None:
            painter.light(prop.glow, column, row - prop.metres * scale * prop.glow_at, 1.0)
            if prop.glow_at > 0.8:
                painter.light(prop.glow[::3], column, row, 0.5)

    def _paint_shadow(
        self,
        painter: Painter,
        sprite: Sprite,
        foot: tuple[float, float],
        size: float,
        flip: bool,
        z: float,
        lift: float = 0.0,  # noqa: FBT001
    ) -> None:
        light = self.stage.light
        fade = (1 - self._haze(z)) / (1 + 2.5 * lift)
        if light.shadow <= 0.02 or fade < 0.05:
            return
        wide = sprite.width * size
        spot = wide * 0.92 / self._shade.width
        painter.sprite(
            self._shade, foot[0], foot[1], spot, anchor=(0.5, 0.5), stretch=(1, 0.8), tint=BLACK,
            opacity=(0.22 + light.shadow) * fade, mark=-1,
        )  # fmt: skip
        if self.stage.deep or abs(light.shadow_length) < 0.05:
            return
        length = light.shadow_length * 0.42
        away = -self.stage.sun_side * 0.55 / (abs(length) + 0.35)
        painter.sprite(
            sprite, foot[0], foot[1] - 1, size, stretch=(1, length), shear=away if length > 0 else -away, flip=flip,
            tint=BLACK, opacity=light.shadow * fade, mark=-1, soft=1,
        )  # fmt: skip

    # The cast

    def _paint_member(
        self, painter: Painter, view: View, member: Member, t: float, u: float, *, mirrored: bool = False
    ) -> None:
        pose = pose_at(member.role.gait, t, u, member.phase, front=member.front)
        x, y = self._where(member, pose, t, u)
        column, row, scale = view.project(x, y, member.z)
        sprite = _drawing(member, pose)
        size = member.metres * scale / member.drawings[0].height
        side = -1 if member.flip else 1
        anchor = (0.5, 0.5) if member.floats else (0.5, 1.0)
        if member.role.gait.name == "roll":
            anchor, row = (0.5, 0.5), row - member.metres * scale / 2
        haze = self._haze(member.z) * 0.75 if member.z < 12 * self._kit_depth else 0.0
        if mirrored:
            self._paint_reflection(painter, view, member, pose, (x, y), sprite, size, haze)
            return
        if not member.role.gait.water and self.stage.ground is not None:
            self._paint_member_shadow(painter, view, member, sprite, x, y, size)
        if member.role.gait.name == "launch":
            self._paint_exhaust(painter, view, member, (column, row), scale, t)
        sunk = row - 0.05 * member.metres * scale if self._in_water(member) else None
        drop = 0.06 * member.metres * scale if self._in_water(member) else 0.0
        painter.sprite(
            sprite, column, row + drop, size, anchor=anchor, stretch=(pose.sx, pose.sy), lean=pose.lean * side,
            shear=pose.shear, flip=member.flip, haze=haze, haze_colour=self.stage.light.haze, mark=member.mark,
            below=self._waterline(view, member) if sunk is not None else None,
        )  # fmt: skip
        if (
            member.role.art.motion == "driver"
            and self.stage.light.lamps > 0.45
            and member.role.art.kind == "vehicle"
        ):
            self._paint_headlight(painter, member, (column, row), scale)

    def _in_water(self, member: Member) -> bool:
        if self.stage.water is None:
            return False
        return member.z > self.stage.water.near and not member.floats

    def _waterline(self, view: View, member: Member) -> float:
        return view.horizon + view.y * view.focal / max(0.3, member.z - view.z)

    def _where(self, member: Member, pose: Pose, t: float, u: float) -> tuple[float, float]:
        size = member.metres
        x = member.x + pose.x * size
        if self._follows():
            # Even a tracked runner gains a little ground on the camera, from the left third toward the right.
            x += self._travelled(t) + (ease(u) - 0.5) * 0.16 * self._focal_span(member.z)
        elif member.role.gait.travel > 0:
            x += (u - 0.5) * min(
                member.role.gait.travel * size * self._frames / FPS, 0.36 * self._focal_span(member.z)
            )
        y = member.y + pose.y * size
        if member.role.gait.name == "launch":
            y += self._climb(t) if self._place.medium != "void" else (ease(u) - 0.5) * size * 0.5
        return x, y

    def _focal_span(self, z: float) -> float:
        return self._size[0] * z / self._focal

    def _paint_reflection(
        self,
        painter: Painter,
        view: View,
        member: Member,
        pose: Pose,
        where: tuple[float, float],
        sprite: Sprite,
        size: float,
        haze: float,
    ) -> None:
        x, y = where
        column, row, _ = view.project(x, -max(0.0, y), member.z)
        painter.sprite(
            sprite, column, row, size, anchor=(0.5, 0.5) if member.floats else (0.5, 0.95),
            stretch=(pose.sx, -pose.sy), lean=-pose.lean, flip=member.flip, haze=haze,
            haze_colour=self.stage.light.haze,
        )  # fmt: skip

    def _paint_member_shadow(
        self, painter: Painter, view: View, member: Member, sprite: Sprite, x: float, y: float, size: float
    ) -> None:
        column, row, scale = view.project(x, 0.0, member.z)
        lift = max(0.0, y - (member.metres / 2 if member.floats else 0.0))
        if lift * scale < 0.6 * view.height:
            self._paint_shadow(
                painter, sprite, (column, row), size, member.flip, member.z, lift / member.metres
            )

    def _paint_headlight(
        self, painter: Painter, member: Member, foot: tuple[float, float], scale: float
    ) -> None:
        wide = member.metres * scale * member.drawings[0].width / member.drawings[0].height
        ahead = 1 if member.flip or member.role.art.facing == "right" else -1
        x, y = foot[0] + ahead * wide * 0.47, foot[1] - member.metres * scale * 0.36
        glow = glow_of(member.metres * scale * 0.55, (110, 190, 230), power=2.2)
        painter.light(glow, x, y, 0.9)
        beam = glow_of(wide * 0.55, (60, 110, 140), power=1.5, flat=0.22)
        painter.light(beam, x + ahead * wide * 0.5, foot[1] - 2, 0.8)

    def _paint_exhaust(
        self, painter: Painter, view: View, member: Member, at: tuple[float, float], scale: float, t: float
    ) -> None:
        """Flame and smoke under a rocket."""
        if self._flame is None or self._puff is None:
            return
        size = member.metres * scale
        tail = at[1] + size * 0.47
        in_space = self._place.medium == "void"
        burn = 1.0 if in_space else ease((t - 0.25) / 0.5)
        if not in_space:
            self._paint_smoke(painter, view, member, t)
        if burn <= 0.02:
            return
        flicker = 1 + 0.10 * math.sin(t * 53) + 0.07 * math.sin(t * 87 + 1)
        painter.light(
            glow_of(size * 0.62, (60, 130, 235), power=2.2), at[0], tail + size * 0.12, 0.9 * burn * flicker
        )
        painter.sprite(
            self._flame, at[0], tail - size * 0.04, size * 0.62 / self._flame.height * burn, anchor=(0.5, 0.0),
            stretch=(0.95, flicker), mark=-1,
        )  # fmt: skip

    def _paint_smoke(self, painter: Painter, view: View, member: Member, t: float) -> None:
        """Puffs left behind at the height they were let go, spreading along the ground below."""
        if self._puff is None:
            return
        light = self.stage.light
        tone = (light.tint[0] * 0.95, light.tint[1] * 0.95, light.tint[2])
        for n in range(int(max(0.0, t - 0.3) * 16)):
            age = t - 0.3 - n / 16
            turn = (n * 0.618) % 1 - 0.5
            if age > 3.0:
                continue
            born = self._climb(t - age)
            spread = 2.4 if born < 0.8 else 0.5
            x = (
                member.x
                + turn * member.metres * 0.3
                + math.copysign(1 - math.exp(-age * 1.3), turn) * spread * abs(turn) * member.metres
            )
            column, row, scale = view.project(x, max(0.1, born - 0.1), member.z)
            size = member.metres * scale * (0.16 + 0.20 * age) / self._puff.height
            opacity = 0.75 * (1 - age / 3.0)
            hot = math.exp(-age * 3)
            warm = (tone[0], tone[1] * (1 + 0.15 * hot), tone[2] * (1 + 0.35 * hot))
            painter.sprite(
                self._puff,
                column,
                row,
                size,
                anchor=(0.5, 0.6),
                tint=warm,
                opacity=opacity,
                lean=turn * 3,
                mark=-1,
            )

    # The air

    def _paint_air(self, painter: Painter, view: View, t: float) -> None:
        if self._beams is not None:
            gain = self.stage.beams * (0.85 + 0.15 * math.sin(t * 0.9))
            painter.light(self._beams, view.width / 2 + 14 * math.sin(t * 0.35), view.height / 2, gain)
        if self.stage.spotlights:
            self._paint_spotlights(painter, t)
        if self._launching() and self._place.medium == "void":
            self._air.streaks(painter, t)
        self._air.front(painter, t)

    def _paint_spotlights(self, painter: Painter, t: float) -> None:
        height, width = painter.frame.shape[:2]
        sheet = np.zeros_like(painter.frame)
        for n, tone in enumerate(((150, 190, 235), (220, 150, 190), (150, 220, 190))):
            from_x, to_x = width * (0.2 + 0.3 * n), width * (0.5 + 0.16 * math.sin(t * 0.8 + n * 2.1))
            _cone(sheet, (from_x, -0.1 * height), (to_x, height * 0.84), width * 0.12, tone)
        painter.light(sheet, width / 2, height / 2, 0.55)


_RIPPLES = np.array(
    [[2.0, 9.0, 3.0, 0.0016], [-3.0, 14.0, 4.0, 0.0010], [1.0, 23.0, 5.0, 0.0006]], np.float32
)
"""The stirring of a wet pavement."""


def _may_scroll(shot: Shot, roles: list[tuple[Role, int]]) -> bool:
    return shot.camera is not CameraMove.STATIC and any(role.gait.travel > 0 for role, _ in roles)


def _drawing(member: Member, pose: Pose) -> Sprite:
    count = len(member.drawings)
    return member.drawings[int(pose.cycle * DRAWINGS) % count if count > 1 else 0]


def _soft_spot() -> Sprite:
    v, u = np.mgrid[-1:1:40j, -1:1:160j].astype(np.float32)
    spot = np.zeros((40, 160, 4), np.uint8)
    spot[..., 3] = (np.clip(1 - np.hypot(u, v), 0, 1) ** 0.9 * 255).astype(np.uint8)
    return sprite_of(spot)


def _flame() -> Sprite:
    """A tongue of fire hanging downward, white at its root."""
    v, u = np.mgrid[0:1:240j, -1:1:120j].astype(np.float32)
    half = np.sin(np.clip(np.pi * (v * 0.92 + 0.08), 0, 3.14)) ** 0.75 * (1 - v) ** 0.35
    across = np.abs(u) / np.maximum(half * 0.85, 1e-3)
    heat = np.clip(1.15 - across, 0, 1) * np.clip(1.2 - v, 0, 1)
    stops = [0.0, 0.3, 0.6, 1.0]
    tones = [rgb("ff4a12"), rgb("ff8a1c"), rgb("ffd04a"), rgb("fffbe6")]
    paint = np.stack([np.interp(heat, stops, [tone[n] for tone in tones]) for n in range(3)], axis=2)
    alpha = np.clip((1 - across) * 4, 0, 1) * np.clip((1 - v) * 2.5, 0, 1)
    return sprite_of(premultiplied(np.concatenate([paint, alpha[..., None] * 255], axis=2).astype(np.uint8)))


def _puff(rng: np.random.Generator) -> Sprite:
    side = 160
    field = cloudy(256, rng, slope=1.6, coarse=3)[:side, :side]
    v, u = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    body = np.clip(1.02 - np.hypot(u, v) * 1.12 + field * 0.14, 0, 1)
    alpha = np.clip(body * 1.9, 0, 1) ** 1.2
    shade = np.clip(0.74 - 0.22 * v - 0.12 * u + 0.10 * field, 0.3, 1)
    paint = shade[..., None] * np.array((250, 246, 244), np.float32)
    return sprite_of(premultiplied(np.concatenate([paint, alpha[..., None] * 255], axis=2).astype(np.uint8)))


def _beam_sheet(rng: np.random.Generator, size: tuple[int, int], stage: Stage) -> Bytes:
    """Slanting shafts of light, blurred, as large as the frame."""
    width, height = size
    small = np.zeros((height // 4, width // 4, 3), np.uint8)
    tone = mix(stage.light.sun, stage.light.haze, 0.35)
    for _ in range(7):
        x = float(rng.uniform(-0.1, 1.1)) * small.shape[1]
        lean = -stage.sun_side * float(rng.uniform(0.18, 0.30)) * small.shape[1]
        part = np.zeros_like(small)
        colour = tuple(value * float(rng.uniform(0.25, 0.55)) for value in tone)
        reach = (x + lean, small.shape[0] * float(rng.uniform(0.75, 1.05)))
        _cone(
            part,
            (x, -10.0),
            reach,
            small.shape[1] * float(rng.uniform(0.02, 0.05)),
            (colour[0], colour[1], colour[2]),
        )
        small = np.maximum(small, part)
    import cv2

    soft = cv2.blur(cv2.blur(small, (9, 9)), (9, 9))
    return np.ascontiguousarray(cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8))


def _cone(
    sheet: Bytes,
    tip: tuple[float, float],
    end: tuple[float, float],
    half: float,
    colour: tuple[float, float, float],
) -> None:
    """A beam that widens and fades on its way, added to a sheet."""
    rows = np.arange(sheet.shape[0], dtype=np.float32)
    along = (rows - tip[1]) / max(1.0, end[1] - tip[1])
    middle = tip[0] + (end[0] - tip[0]) * along
    reach = np.maximum(1.0, half * (0.25 + 0.75 * along))
    columns = np.arange(sheet.shape[1], dtype=np.float32)[None, :]
    inside = np.clip(1 - np.abs(columns - middle[:, None]) / reach[:, None], 0, 1)
    fade = np.clip(1.15 - along, 0, 1) * (along >= 0) * (along <= 1.15)
    light = (inside * fade[:, None])[..., None] * np.array(colour, np.float32)
    sheet[:] = np.clip(sheet + light, 0, 255).astype(np.uint8)
