"""Places people made: city, street, village, rooms, stages. And two that nobody did: space and pure shape."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from omnireel.engines.studio.scenery import materials
from omnireel.engines.studio.scenery.arrays import Bytes, Colour
from omnireel.engines.studio.scenery.backdrops import WIDTH, hills, treeline
from omnireel.engines.studio.scenery.card import Card, dyed
from omnireel.engines.studio.scenery.light import Light, mix, rgb, scaled
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.places_shore import open_air
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Prop, Stage
from omnireel.engines.studio.scenery.sky import graded, nebula
from omnireel.engines.studio.scenery.skyline import Street, towers
from omnireel.engines.studio.scenery.sprite import Sprite, premultiplied, sprite_of
from omnireel.models import Weather


def city(kit: Kit) -> Stage:
    """Towers behind a road with lamps and trees."""
    light, rng, d = kit.light, kit.rng, kit.depth
    sky, clouds = open_air(kit)
    layers = (
        Layer(towers(light, rng, Street(0.50, 0.98, 0.50)), 260, 0.50),
        Layer(towers(light, rng, Street(0.35, 0.80, 0.24, narrow=80, wide=170)), 110, 0.46),
        Layer(
            towers(light, rng, Street(0.30, 0.62, 0.0, narrow=150, wide=260, cell=1.7, shops=True)),
            d * 2.5,
            0.60,
            near=True,
        ),
    )
    props = [*_lamps(kit, ((-0.75, 1.5), (0.78, 1.5), (-2.2, 1.5), (2.3, 1.5))), *_street_trees(kit)]
    return _town(kit, sky, clouds, layers, props)


def neon_city(kit: Kit) -> Stage:
    """The same after dark in coloured light, on wet ground."""
    light = replace(
        kit.light,
        sky=(rgb("0c0824"), rgb("231352"), rgb("5c2370"), rgb("a03c8c")),
        haze=rgb("7a2f7e"),
        haze_distance=90,
        tint=(0.95, 0.74, 0.96),
        lamps=1.0,
        wet=max(kit.light.wet, 0.62),
        rim=0.5,
        sun=rgb("ff6ae0"),
        sun_strength=0.4,
        moon=False,
        stars=0.25,
        shadow=0.2,
        clouds=0.5,
        cloud_lit=rgb("8a3f90"),
        cloud_dark=rgb("2a1448"),
        gloom=1.0,
    )
    kit.light = light
    rng = kit.rng
    sky, clouds = open_air(kit)
    layers = (
        Layer(towers(light, rng, Street(0.50, 0.98, 0.46, neon=0.6)), 260, 0.56),
        Layer(towers(light, rng, Street(0.40, 0.88, 0.22, neon=0.9, narrow=80, wide=160)), 110, 0.54),
        Layer(
            towers(light, rng, Street(0.30, 0.68, 0.0, neon=1.0, narrow=140, wide=240, cell=1.7, shops=True)),
            kit.depth * 2.5,
            0.66,
            near=True,
        ),
    )
    props = _lamps(kit, ((-0.8, 1.5), (0.82, 1.5), (-2.3, 1.5), (2.4, 1.5)))
    return replace(_town(kit, sky, clouds, layers, props), sun=False, vignette=0.42)


def street(kit: Kit) -> Stage:
    """A shopping street: low houses close behind the pavement."""
    light, rng, d = kit.light, kit.rng, kit.depth
    sky, clouds = open_air(kit)
    row = towers(light, rng, Street(0.45, 0.75, 0.0, narrow=190, wide=300, cell=2.0, shops=True))
    layers = (
        Layer(towers(light, rng, Street(0.40, 0.9, 0.35)), 150, 0.44),
        Layer(row, d * 2.4, 0.62, near=True),
    )
    props = [*_lamps(kit, ((-0.86, 1.45), (0.80, 1.45), (-2.2, 1.45))), *_street_trees(kit)]
    props += kit.sides(("traffic light",), ((0.42, 1.5),), 2.1)
    return _town(kit, sky, clouds, layers, props)


def village(kit: Kit) -> Stage:
    """Cottages along a lane between trees and hills."""
    light, rng, d = kit.light, kit.rng, kit.depth
    sky, clouds = open_air(kit)
    layers = (
        Layer(hills(light, rng, colour=rgb("7fae86"), height=170, veil=0.38), 200, 0.17),
        Layer(
            treeline(light, rng, [kit.picture("tree"), kit.picture("pine")], height=130, veil=0.15), 70, 0.11
        ),
    )
    houses = [
        ("house", -0.66, 2.2),
        ("garden house", 0.58, 2.4),
        ("church", 0.02, 3.6),
        ("house", 1.5, 2.2),
        ("hut", -1.5, 2.3),
    ]
    props = [_lit(kit, kit.prop(name, x, z * d, 3.3 if name != "church" else 4.6)) for name, x, z in houses]
    props += [
        *kit.sides(("tree",), ((-1.02, 1.7), (0.98, 1.75), (-0.25, 2.6), (0.30, 2.8)), 2.9, sway=0.01),
        *kit.scatter(("daisy", "tulip", "herb"), 26, d * 1.3, d * 2.2, (0.22, 0.34), sway=0.06),
    ]
    grass = materials.grass(rng)
    if kit.weather is Weather.SNOW:
        grass = (grass * 0.25 + materials.snow(rng) * 0.75).astype(np.float32)
    lane = np.ascontiguousarray(
        np.clip(materials.earth(rng, (118.0, 158.0, 186.0))[:256] * np.array(light.tint), 0, 255)
    )
    ground = Ground(materials.levels_of(grass, light), 90, 0.10, lane.astype(np.uint8), (d * 0.86, d * 1.20))
    return Stage(
        light, sky, ground, None, clouds, layers, tuple(props), kit.sun_side, motes="dust", vignette=0.26
    )


def _town(kit: Kit, sky: Bytes, clouds: Bytes | None, layers: tuple[Layer, ...], props: list[Prop]) -> Stage:
    light, rng, d = kit.light, kit.rng, kit.depth
    slabs = materials.paving(rng, (150.0, 150.0, 152.0))
    if kit.weather is Weather.SNOW:
        slabs = (slabs * 0.25 + materials.snow(rng) * 0.75).astype(np.float32)
    ground = Ground(
        materials.levels_of(slabs, light), 110, 0.05, materials.road(light, rng), (d * 0.84, d * 1.36)
    )
    return Stage(light, sky, ground, None, clouds, layers, tuple(props), kit.sun_side, vignette=0.30)


def _street_trees(kit: Kit) -> list[Prop]:
    return kit.sides(("tree",), ((-0.42, 1.75), (0.45, 1.8), (-1.15, 1.7), (1.2, 1.75)), 2.4, sway=0.008)


def _lamps(kit: Kit, spots: tuple[tuple[float, float], ...]) -> list[Prop]:
    sprite = _lamp_post(kit.light)
    glow = glow_of(kit.height * 0.16, scaled(rgb("ffb95c"), 0.42 * kit.light.lamps), power=2.6)
    lit = glow if kit.light.lamps > 0.2 else None
    return [kit.put(sprite, x, z * kit.depth, 2.9, glow=lit, glow_at=0.93) for x, z in spots]


def _lamp_post(light: Light) -> Sprite:
    card = Card(120, 480)
    post = dyed(rgb("4a5064"), light)
    card.box(55, 70, 65, 470, post)
    card.box(42, 452, 78, 474, scaled(post, 0.8))
    card.box(58, 70, 61, 470, scaled(post, 1.35))
    card.disc(60, 44, 27, mix(dyed(rgb("f4f0e4"), light), rgb("ffe2a0"), light.lamps))
    card.box(36, 66, 84, 74, post)
    card.box(44, 12, 76, 19, post)
    straight = np.concatenate([card.colour, card.alpha[..., None]], axis=2)
    return sprite_of(premultiplied(straight))


def _lit(kit: Kit, prop: Prop) -> Prop:
    """Windows glow when the lamps are on."""
    if kit.light.lamps < 0.3:
        return prop
    return replace(
        prop, glow=glow_of(kit.height * 0.11, scaled(rgb("ffb85c"), 0.5 * kit.light.lamps)), glow_at=0.38
    )


def room(kit: Kit) -> Stage:
    """A living room: papered wall, window on the hour outside, sofa, lamp, plants."""
    outside, light = kit.light, _indoors(kit.light)
    kit.light = light
    rng, d = kit.rng, kit.depth
    wall = _wall(kit, light, outside)
    sky = graded((rgb("f3e6d2"),) * 4, 2 * kit.width, int(kit.horizon * 1.3) + 4, rng)
    props = [
        *kit.sides(("sofa",), ((-0.60, 1.60),), 2.5),
        *kit.sides(("potted plant",), ((0.94, 1.5), (-1.12, 1.45)), 1.5, sway=0.015),
        *kit.sides(("chair",), ((0.62, 1.60),), 1.5),
        replace(kit.prop("painting", 0.46, d * 1.75, 1.3), y=2.3, shadow=False),
        *kit.sides(("books",), ((0.34, 1.62),), 0.5),
    ]
    ground = Ground(materials.levels_of(materials.planks(rng), light), 100, 0.03)
    return Stage(
        light, sky, ground, None, None, (Layer(wall, d * 1.8, 0.80, near=True),), tuple(props), -1.0, sun=False,
        motes="dust", vignette=0.36,
    )  # fmt: skip


def _indoors(light: Light) -> Light:
    warm = 0.95 if light.lamps < 0.5 else 0.82
    return replace(
        light, tint=(0.90 * warm, 0.97 * warm, 1.02 * warm), haze=rgb("e8d8c0"), haze_distance=200, stars=0, wet=0,
        clouds=0, rim=0.12, shadow=0.22, shadow_length=0.22, gloom=1.0, sun_strength=0.4,
    )  # fmt: skip


def _wall(kit: Kit, light: Light, outside: Light) -> Bytes:
    card = Card(WIDTH, 560)
    paper, stripe = dyed(rgb("e9d3b4"), light), dyed(rgb("e2c7a4"), light)
    card.box(0, 0, WIDTH, 560, paper)
    for x in range(0, WIDTH, 64):
        card.box(x, 0, x + 32, 560, stripe)
    card.box(0, 520, WIDTH, 560, dyed(rgb("f6efe4"), light))
    card.box(0, 516, WIDTH, 521, dyed(rgb("cbb394"), light))
    for x in (0, WIDTH // 2):
        _window(card, light, outside, x + 60)
    return card.band()


def _window(card: Card, light: Light, outside: Light, x: float) -> None:
    frame = dyed(rgb("fbf7ef"), light)
    card.box(x - 130, 120, x + 130, 430, frame)
    for left in (x - 116, x + 6):
        card.box(left, 134, left + 110, 416, outside.sky[2])
        card.box(left, 134, left + 110, 240, outside.sky[1])
        card.box(left, 360, left + 110, 416, dyed(rgb("6fa864"), outside))
        card.box(left, 270, left + 110, 276, frame)
    cloth = dyed(rgb("c8584f"), light)
    for side in (-1, 1):
        outer, inner = x + side * 190, x + side * 100
        card.shape([(outer, 96), (inner, 96), (inner + side * 40, 440), (outer, 440)], cloth)
        for fold in range(3):
            at = outer - side * (14 + 22 * fold)
            card.line((at, 100), (at, 438), scaled(cloth, 0.82), 4)
    card.box(x - 205, 84, x + 205, 100, dyed(rgb("8a5a3a"), light))


def theatre(kit: Kit) -> Stage:
    """A stage: red curtains, boards, spotlights."""
    light = replace(
        _indoors(kit.light), tint=(0.92, 0.90, 1.0), haze=rgb("2a1420"), rim=0.35, sun=rgb("ffe9c0"), shadow=0.35,
        lamps=1.0,
    )  # fmt: skip
    kit.light = light
    rng = kit.rng
    sky = graded((rgb("12060c"),) * 4, 2 * kit.width, int(kit.horizon * 1.3) + 4, rng)
    ground = Ground(materials.levels_of(materials.planks(rng, (60.0, 96.0, 142.0)), light), 100, 0.03)
    return Stage(
        light, sky, ground, None, None, (Layer(_curtain(light, rng), kit.depth * 1.9, 0.80, near=True),), (), -1.0,
        sun=False, motes="dust", vignette=0.5, spotlights=True,
    )  # fmt: skip


def _curtain(light: Light, rng: np.random.Generator) -> Bytes:
    turn = np.linspace(0, 2 * np.pi, WIDTH, endpoint=False, dtype=np.float32)
    fold = 0.5 + 0.5 * np.sin(turn * 44 + 0.6 * np.sin(turn * 9))
    shade = (0.34 + 0.66 * fold**1.3)[None, :, None]
    rows = np.linspace(0, 1, 560, dtype=np.float32)[:, None, None]
    paint = np.array(rgb("a81c2c"), np.float32) * shade * (0.55 + 0.5 * rows)
    gold = np.array(rgb("e8b84c"), np.float32) * shade
    paint[526:548] = gold[0]
    band = np.full((560, WIDTH, 4), 255, np.uint8)
    band[..., :3] = np.clip(paint, 0, 255).astype(np.uint8)
    return band


def space(kit: Kit) -> Stage:
    """Stars, lit gas, a great planet and its moon."""
    rng = kit.rng
    light = replace(
        kit.light, tint=(1.0, 0.96, 0.98), haze=rgb("0a0a1c"), haze_distance=500, rim=0.5, sun=rgb("cfe4ff"),
        sun_strength=0.6, stars=1.0, clouds=0, shadow=0, wet=0, gloom=1.0, lamps=0.6, moon=False,
    )  # fmt: skip
    kit.light = light
    tones = ((190.0, 60.0, 90.0), (120.0, 50.0, 190.0), (160.0, 130.0, 30.0))
    height = int(kit.height * 1.5)
    sky = nebula(2 * kit.width, height, rng, tones)
    props = [
        replace(kit.put(_planet(rng, rgb("4f86d8"), rgb("dfeaf6")), 0.62, 60, 26), y=-12.0, shadow=False),
        replace(
            kit.put(_planet(rng, rgb("c8a48a"), rgb("8a6a5a"), ring=True), -0.70, 90, 16),
            y=20.0,
            shadow=False,
        ),
    ]
    return Stage(
        light, sky, None, None, None, (), tuple(props), -1.0, sun=False, motes="stars", vignette=0.34
    )


def _planet(rng: np.random.Generator, base: Colour, second: Colour, *, ring: bool = False) -> Sprite:
    """A shaded globe with weather or bands on it, lit from the upper left."""
    side, radius = 520, 200.0
    v, u = (np.mgrid[0:side, 0:side].astype(np.float32) - side / 2) / np.float32(radius)
    z = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
    field = cloudy(512, rng, slope=1.7, coarse=2)
    stretch = (0.35, 1.4) if ring else (1.0, 1.0)
    column = ((u / (0.6 + 0.4 * z) * 120 * stretch[0]).astype(np.int32) + 256) % 512
    row = ((v / (0.6 + 0.4 * z) * 120 * stretch[1]).astype(np.int32) + 256) % 512
    share = np.clip(0.5 + 0.6 * field[row, column], 0, 1)[..., None]
    paint = np.array(base, np.float32) * (1 - share) + np.array(second, np.float32) * share
    day = np.clip(-0.55 * u - 0.45 * v + 0.62 * z, 0, 1)[..., None]
    edge = (np.clip(1 - z, 0, 1) ** 3)[..., None] * day * np.array((255, 210, 170), np.float32) * 0.8
    alpha = np.clip((1 - np.hypot(u, v)) * radius, 0, 1)
    globe = np.clip(paint * (0.06 + 1.0 * day) + edge, 0, 255)
    straight = np.concatenate([globe, alpha[..., None] * 255], axis=2).astype(np.uint8)
    if ring:
        _add_ring(straight, u, v, alpha, second)
    return sprite_of(premultiplied(straight))


def _add_ring(
    straight: Bytes,
    u: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    v: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    alpha: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    tone: Colour,
) -> None:
    x, y = u * 0.94 + v * 0.34, (-u * 0.34 + v * 0.94) / 0.26
    distance = np.hypot(x, y)
    body = np.clip((distance - 0.92) * 20, 0, 1) * np.clip((1.26 - distance) * 20, 0, 1)
    body *= 0.55 + 0.35 * np.sin(distance * 60)
    body = np.clip(body, 0, 1) * np.where((y < 0) & (alpha > 0.5), 0, 1)
    share = body[..., None]
    straight[..., :3] = (
        straight[..., :3] * (1 - share) + np.array(mix(tone, (255, 240, 225), 0.5)) * share
    ).astype(np.uint8)
    straight[..., 3] = np.maximum(straight[..., 3], (body * 235).astype(np.uint8))


def abstract(kit: Kit) -> Stage:
    """A studio of colour: a soft sweep of light with balls and rings hanging in it."""
    rng = kit.rng
    hue = int(rng.integers(180))
    stops = tuple(
        _hue((hue + shift) % 180, s, v)
        for shift, s, v in ((0, 150, 150), (12, 135, 205), (30, 105, 245), (40, 70, 255))
    )
    light = replace(
        kit.light,
        haze=stops[3],
        haze_distance=22,
        clouds=0,
        stars=0,
        wet=0,
        sun_strength=0.5,
        shadow=0.25,
        shadow_length=0.25,
        rim=0.2,
    )
    kit.light = light
    sky = graded((stops[0], stops[1], stops[2], stops[3]), 2 * kit.width, int(kit.horizon * 1.3) + 4, rng)
    floor_colour = np.full((materials.SIDE, materials.SIDE, 3), _hue((hue + 20) % 180, 90, 235), np.float32)
    props = []
    for n in range(16):
        ball = _ball(_hue((hue + 25 + 41 * n) % 180, 150, 240))
        z = kit.depth * float(rng.uniform(0.95, 2.6))
        x = float(rng.uniform(0.05, 1.0)) * (-1 if n % 2 else 1)
        lift = float(rng.uniform(-0.1, 1.0)) * z / kit.depth * 2.1
        props.append(replace(kit.put(ball, x, z, float(rng.uniform(0.5, 1.5))), y=max(0.15, lift), bob=0.25))
    ground = Ground(materials.levels_of(floor_colour, light), 90, 0.03)
    return Stage(
        light, sky, ground, None, None, (), tuple(props), -1.0, sun=False, motes="dust", vignette=0.28
    )


def _hue(hue: int, saturation: int, value: int) -> Colour:
    pixel = cv2.cvtColor(np.array([[[hue, saturation, value]]], np.uint8), cv2.COLOR_HSV2BGR)[0, 0]
    return float(pixel[0]), float(pixel[1]), float(pixel[2])


def _ball(colour: Colour) -> Sprite:
    side = 256
    v, u = (np.mgrid[0:side, 0:side].astype(np.float32) - side / 2) / np.float32(side / 2 - 3)
    z = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
    light = np.clip(0.52 + 0.55 * (-0.45 * u - 0.6 * v + 0.6 * z), 0.25, 1.2)[..., None]
    spot = (np.clip(-0.35 * u - 0.5 * v + 0.79 * z, 0, 1) ** 24)[..., None] * 150
    paint = np.clip(np.array(colour, np.float32) * light + spot, 0, 255)
    alpha = np.clip((1 - np.hypot(u, v)) * (side / 2 - 3), 0, 1)[..., None] * 255
    return sprite_of(premultiplied(np.concatenate([paint, alpha], axis=2).astype(np.uint8)))
