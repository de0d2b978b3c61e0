"""Places people made outdoors: city, neon city, street, village."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from omnireel.engines.studio.scenery import materials
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.backdrops import hills, treeline
from omnireel.engines.studio.scenery.card import Card, dyed
from omnireel.engines.studio.scenery.light import Light, mix, rgb, scaled
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Prop, Stage
from omnireel.engines.studio.scenery.shore import open_air
from omnireel.engines.studio.scenery.skyline import Street, towers
from omnireel.engines.studio.scenery.sprite import Sprite, sprite_of


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
            wall=True,
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
        gloom=0.92,
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
            wall=True,
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
        Layer(row, d * 2.4, 0.62, near=True, wall=True),
    )
    props = [*_lamps(kit, ((-0.86, 1.45), (0.80, 1.45), (-2.2, 1.45))), *_street_trees(kit)]
    props += kit.sides(("traffic light",), ((0.42, 1.5),), 2.1)
    return _town(kit, sky, clouds, layers, props)


def village(kit: Kit) -> Stage:
    """Cottages along a lane between trees and hills."""
    light, rng, d = kit.light, kit.rng, kit.depth
    sky, clouds = open_air(kit)
    layers = (
        Layer(hills(light, rng, colour=kit.green("7fae86"), height=170, veil=0.38), 200, 0.17),
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
    grass = kit.turf(materials.grass(rng))
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
    if kit.snowy:
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
    return sprite_of(card.band())


def _lit(kit: Kit, prop: Prop) -> Prop:
    """Windows glow when the lamps are on."""
    if kit.light.lamps < 0.3:
        return prop
    return replace(
        prop, glow=glow_of(kit.height * 0.11, scaled(rgb("ffb85c"), 0.5 * kit.light.lamps)), glow_at=0.38
    )
