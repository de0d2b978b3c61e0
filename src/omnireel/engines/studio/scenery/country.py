"""Open country: forest, meadow, garden, mountains, desert, snow."""

from __future__ import annotations

from dataclasses import replace

from omnireel.engines.studio.scenery import backdrops, materials
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.backdrops import hills, mountains, treeline
from omnireel.engines.studio.scenery.light import rgb
from omnireel.engines.studio.scenery.season import frosted
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Prop, Stage
from omnireel.engines.studio.scenery.shore import open_air
from omnireel.engines.studio.scenery.sprite import premultiplied, sprite_of
from omnireel.models import TimeOfDay, Weather

_FLOWERS = ("daisy", "tulip", "hyacinth", "sunflower", "rose")


def grown(kit: Kit, texture: Floats, relief: float = 0.08, per_metre: float = 85) -> Ground:
    """Grown ground in its season; snow settles on it."""
    return Ground(materials.levels_of(kit.turf(texture), kit.light), per_metre, relief)


def trees(kit: Kit, names: tuple[str, ...]) -> list[Bytes]:
    """Pictures of trees in their season."""
    return [kit.picture(name) for name in names]


def meadow(kit: Kit) -> Stage:
    """Rolling grass full of flowers, a few trees, hills."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    layers = (
        Layer(hills(light, rng, colour=kit.green("7fae86"), height=170, veil=0.40), 200, 0.17),
        Layer(hills(light, rng, colour=kit.green("6fae5c"), height=150, veil=0.15), 110, 0.11),
        Layer(
            treeline(
                light,
                rng,
                trees(kit, ("tree",)),
                under=kit.green("1e4a26"),
                height=110,
                count=16,
                fill=0.0,
                veil=0.15,
            ),
            70,
            0.09,
        ),
    )
    props = [
        *kit.sides(("tree",), ((-0.86, 1.9), (0.95, 2.3), (-1.5, 2.2), (1.6, 1.8)), 3.8, sway=0.010),
        *kit.scatter(_FLOWERS, 54, d * 1.15, d * 3.0, (0.36, 0.60), sway=0.06),
        *kit.scatter(_FLOWERS, 14, d * 0.70, d * 0.86, (0.24, 0.34), sway=0.06),
        *kit.scatter(("herb", "clover"), 14, d * 0.8, d * 2.0, (0.16, 0.26), sway=0.06),
    ]
    return Stage(
        light, sky, grown(kit, materials.grass(rng), 0.10), None, clouds, layers, tuple(props),
        kit.sun_side,
        motes="fireflies" if light.moon or kit.time is TimeOfDay.DUSK else "dust", vignette=0.22,
    )  # fmt: skip


def garden(kit: Kit) -> Stage:
    """A lawn with beds of flowers, a hedge and the house."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    hedge = treeline(light, rng, trees(kit, ("tree",)), height=190, count=60, fill=0.5, veil=0.06, soften=3)
    layers = (
        Layer(hills(light, rng, colour=kit.green("86b48c"), height=140, veil=0.35), 160, 0.15),
        Layer(hedge, d * 3.2, 0.17, near=True),
    )
    props = [
        *kit.sides(("garden house",), ((0.62, 2.7),), 3.6),
        *kit.sides(("tree",), ((-0.92, 2.0), (1.45, 2.1), (-1.6, 1.9)), 3.4, sway=0.010),
        *kit.sides(("fountain",), ((-0.48, 2.3),), 1.3),
        *kit.scatter((*_FLOWERS, "hibiscus"), 44, d * 1.25, d * 2.6, (0.30, 0.46), sway=0.06),
        *kit.scatter(_FLOWERS, 14, d * 0.70, d * 0.86, (0.24, 0.32), sway=0.06),
    ]
    return Stage(
        light, sky, grown(kit, materials.grass(rng, (70.0, 178.0, 112.0))), None, clouds, layers,
        tuple(props),
        kit.sun_side, motes="fireflies" if light.moon else "dust", vignette=0.22,
    )  # fmt: skip


def forest(kit: Kit) -> Stage:
    """Trees in ranks, fading into the distance, light between them."""
    light, rng, d = replace(kit.light, haze_distance=min(kit.light.haze_distance, 30)), kit.rng, kit.depth
    kit.light = light
    sky, _ = open_air(kit)
    pictures = trees(kit, ("pine", "tree", "pine"))
    under = kit.green("24462c")
    layers = (
        Layer(
            treeline(light, rng, pictures, height=320, count=34, under=under, veil=0.62, soften=3),
            60,
            0.46,
            0.02,
        ),
        Layer(
            treeline(light, rng, pictures, height=320, count=20, under=under, veil=0.38, fill=0.08),
            26,
            0.52,
            near=True,
        ),
    )
    pine, tree = kit.sprite("pine"), kit.sprite("tree")
    spots = (
        (-0.55, 2.6),
        (0.6, 2.8),
        (-0.95, 2.0),
        (1.0, 2.1),
        (-0.8, 1.45),
        (0.88, 1.5),
        (-1.5, 1.6),
        (1.6, 1.7),
    )
    props: list[Prop] = [
        kit.put(
            pine if n % 3 else tree,
            x + float(rng.uniform(-0.05, 0.05)),
            z * d,
            float(rng.uniform(4.2, 5.6)),
            sway=0.006,
        )
        for n, (x, z) in enumerate((*spots, (0.15, 3.2), (-0.25, 3.4), (2.0, 2.4), (-2.0, 2.4)))
    ]
    props += [
        *kit.scatter(("mushroom", "herb", "herb"), 18, d * 1.1, d * 2.4, (0.22, 0.42), sway=0.04),
        *kit.scatter(("herb", "clover", "mushroom"), 9, d * 0.72, d * 0.90, (0.13, 0.22), sway=0.05),
        *kit.sides(("log", "rock"), ((-0.62, 1.15), (0.70, 1.2), (1.4, 1.1)), 0.50),
    ]
    bright = not light.moon and kit.weather in (Weather.CLEAR, Weather.FOG)
    return Stage(
        light, sky, grown(kit, materials.earth(rng, (58.0, 108.0, 100.0)), 0.16), None, None, layers,
        tuple(props),
        kit.sun_side, motes="fireflies" if light.moon else "dust", beams=0.45 if bright else 0.0,
        vignette=0.42,
    )  # fmt: skip


def mountain_valley(kit: Kit) -> Stage:
    """Snow-capped ranges over an alpine meadow."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    layers = (
        Layer(mountains(light, rng, rock=rgb("8793b4"), height=400, veil=0.42, peaks=5), 400, 0.47),
        Layer(
            mountains(light, rng, rock=rgb("8a7f86"), height=320, veil=0.16, peaks=6, snow=0.34), 220, 0.32
        ),
        Layer(hills(light, rng, colour=kit.green("5f8f5a"), height=130, veil=0.16), 110, 0.10),
        Layer(
            treeline(light, rng, trees(kit, ("pine",)), height=120, count=40, veil=0.12, fill=0.12),
            60,
            0.085,
        ),
    )
    props = [
        *kit.sides(
            ("pine",),
            ((-0.90, 1.6), (0.95, 1.8), (-0.62, 2.6), (0.7, 2.9), (-1.5, 1.5), (1.6, 2.0)),
            3.8,
            sway=0.006,
        ),
        *kit.sides(("rock",), ((0.52, 1.35), (-0.72, 1.2), (-0.2, 2.4), (1.3, 1.2)), 0.55),
        *kit.scatter(("daisy", "hyacinth", "herb"), 26, d * 1.05, d * 2.6, (0.2, 0.34), sway=0.06),
        *kit.scatter(("herb", "daisy"), 8, d * 0.72, d * 0.88, (0.13, 0.2), sway=0.06),
    ]
    return Stage(
        light, sky, grown(kit, materials.grass(rng, (74.0, 150.0, 112.0)), 0.14), None, clouds, layers,
        tuple(props),
        kit.sun_side, motes="dust", vignette=0.28,
    )  # fmt: skip


def desert(kit: Kit) -> Stage:
    """Dunes, cacti, bleached rocks."""
    sky, clouds = open_air(kit)
    light, rng = kit.light, kit.rng
    colour = rgb("e9b36c")
    layers = (
        Layer(mountains(light, rng, rock=rgb("c98a66"), height=170, veil=0.5, snow=0.0, peaks=6), 300, 0.11),
        Layer(backdrops.dunes(light, rng, colour=colour, height=220, veil=0.26), 140, 0.17),
        Layer(backdrops.dunes(light, rng, colour=rgb("e6a95c"), height=190, veil=0.06), 70, 0.105),
    )
    props = [
        *kit.sides(
            ("cactus",), ((-0.82, 1.5), (0.90, 1.9), (0.42, 3.0), (-0.38, 3.6), (-1.5, 1.7), (1.55, 1.4)), 1.9
        ),
        *kit.sides(("rock",), ((0.66, 1.3), (-0.55, 1.9), (-0.9, 0.95), (1.2, 1.1)), 0.42, colour="orange"),
    ]
    texture = materials.sand(rng, (104.0, 174.0, 232.0))
    ground = Ground(materials.levels_of(kit.turf(texture) if kit.snowy else texture, light), 60, 0.07)
    return Stage(
        light, sky, ground, None, clouds, layers, tuple(props), kit.sun_side,
        motes="dust" if not light.moon else "", vignette=0.26,
    )  # fmt: skip


def snowfield(kit: Kit) -> Stage:
    """White plains, snow-laden pines, icy peaks."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    pictures = [kit.picture("pine", frosted)]
    pine = sprite_of(premultiplied(pictures[0]))
    layers = (
        Layer(
            mountains(light, rng, rock=rgb("9fb0cc"), height=300, veil=0.38, snow=0.75, peaks=6), 300, 0.26
        ),
        Layer(hills(light, rng, colour=rgb("eef3fa"), height=140, veil=0.10, crest=1.05), 110, 0.11),
        Layer(
            treeline(light, rng, pictures, height=110, count=26, under=rgb("e4ecf6"), veil=0.2, fill=0.06),
            60,
            0.085,
        ),
    )
    spots = ((-0.88, 1.6), (0.92, 1.8), (-1.45, 1.9), (1.5, 1.5), (-0.55, 3.0), (0.5, 3.2))
    props: list[Prop] = [kit.put(pine, x, z * d, float(rng.uniform(3.0, 4.0)), sway=0.005) for x, z in spots]
    rock = sprite_of(premultiplied(kit.picture("rock", frosted)))
    props += [kit.put(rock, x, z * d, 0.5) for x, z in ((0.60, 1.35), (-0.66, 1.15), (1.4, 1.2))]
    return Stage(
        light, sky, Ground(materials.levels_of(materials.snow(rng), light), 70, 0.05), None, clouds, layers,
        tuple(props), kit.sun_side, motes="" if kit.weather is Weather.SNOW else "sparkle", vignette=0.24,
    )  # fmt: skip
