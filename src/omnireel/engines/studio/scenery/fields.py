"""Land that people have shaped: farm, park, playground, fair, castle, temple."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from omnireel.engines.studio.scenery import materials
from omnireel.engines.studio.scenery.arrays import Bytes, Colour
from omnireel.engines.studio.scenery.backdrops import hills, mountains, treeline
from omnireel.engines.studio.scenery.country import grown, trees
from omnireel.engines.studio.scenery.light import rgb, scaled
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Prop, Stage
from omnireel.engines.studio.scenery.shore import open_air
from omnireel.models import Weather


def farm(kit: Kit) -> Stage:
    """A red barn with its silo, a windmill, fences, rows of corn, hay."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    layers = (
        Layer(hills(light, rng, colour=kit.green("8fb070"), height=170, veil=0.35), 200, 0.17),
        Layer(hills(light, rng, colour=kit.green("c8b458"), height=140, veil=0.12), 120, 0.10),
        Layer(
            treeline(light, rng, trees(kit, ("tree",)), height=110, count=14, fill=0.0, veil=0.15), 80, 0.08
        ),
    )
    props = [
        *kit.stand(("barn", -0.56, 2.5, 4.6), ("silo", -0.98, 2.6, 5.2), ("windmill", 0.70, 3.1, 6.2)),
        *kit.stand(
            *(("rail fence", x, 1.75, 0.95) for x in (-1.5, -1.26, -1.02, 0.34, 0.58, 0.82, 1.06, 1.3))
        ),
        *kit.stand(("haystack", 0.38, 2.1, 1.0), ("haystack", -0.14, 2.9, 1.0), ("haystack", 1.4, 2.0, 1.1)),
        *kit.stand(("scarecrow", 0.16, 3.0, 1.9), ("tractor", -0.22, 2.2, 1.5)),
        *(
            kit.prop("corn plant", x, d * z, 1.5, sway=0.03)
            for z in (2.5, 2.75, 3.0)
            for x in np.arange(0.25, 1.5, 0.10).tolist()
        ),
        *kit.sides(("tree",), ((1.12, 1.5), (-1.5, 1.9)), 3.4, sway=0.01),
        *kit.scatter(("daisy", "herb", "wheat"), 18, d * 0.72, d * 1.5, (0.16, 0.26), sway=0.06),
    ]
    lane = _lane(kit, (112.0, 152.0, 186.0))
    ground = replace(grown(kit, materials.grass(rng), 0.10), band=lane, band_z=(d * 0.88, d * 1.25))
    return Stage(
        light, sky, ground, None, clouds, layers, tuple(props), kit.sun_side, motes="dust", vignette=0.24
    )


def _lane(kit: Kit, colour: Colour) -> Bytes:
    """A strip of trodden earth or gravel, snowed over with the rest."""
    path = materials.earth(kit.rng, colour)[:256]
    path = path * 0.4 + materials.snow(kit.rng)[:256] * 0.6 if kit.snowy else path
    tint = np.array(kit.light.tint) * kit.light.gloom
    return np.ascontiguousarray(np.clip(path * tint, 0, 255).astype(np.uint8))


def park(kit: Kit) -> Stage:
    """Lawns under trees, a path with lamps and benches, towers beyond."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    under = kit.green("2a6034")
    layers = (
        Layer(hills(light, rng, colour=kit.green("86b48c"), height=140, veil=0.35), 160, 0.12),
        Layer(
            treeline(
                light,
                rng,
                trees(kit, ("tree", "pine", "tree")),
                height=190,
                count=26,
                under=under,
                fill=0.10,
                veil=0.16,
                soften=3,
            ),
            d * 4.2,
            0.19,
            near=True,
        ),
    )
    props = [
        *kit.stand(("fountain", 0.34, 2.5, 1.9)),
        *kit.stand(("bench", -0.42, 1.55, 0.95), ("bench", 0.72, 1.55, 0.95), ("bench", -1.4, 1.55, 0.95)),
        *_lamps(kit, ((-0.66, 1.5), (0.46, 1.5), (1.4, 1.5), (-1.7, 1.5))),
        *kit.sides(
            ("tree",), ((-0.95, 1.9), (0.98, 2.0), (-0.25, 3.0), (0.62, 3.2), (-1.5, 2.1)), 3.5, sway=0.01
        ),
        *kit.scatter(("tulip", "daisy", "rose"), 34, d * 1.6, d * 2.6, (0.26, 0.40), sway=0.06),
        *kit.scatter(("daisy", "clover"), 10, d * 0.70, d * 0.84, (0.16, 0.24), sway=0.06),
    ]
    lane = _lane(kit, (158.0, 182.0, 200.0))
    ground = replace(
        grown(kit, materials.grass(rng, (66.0, 174.0, 106.0)), 0.10), band=lane, band_z=(d * 0.88, d * 1.35)
    )
    return Stage(
        light,
        sky,
        ground,
        None,
        clouds,
        layers,
        tuple(props),
        kit.sun_side,
        motes="fireflies" if light.moon else "dust",
        vignette=0.24,
    )


def playground(kit: Kit) -> Stage:
    """A slide, swings and a seesaw behind a picket fence."""
    base = park(kit)
    d = kit.depth
    kept = tuple(prop for prop in base.props if prop.metres > 2.2 and prop.z > d * 1.7)
    props = [
        *kit.stand(("slide", -0.62, 1.75, 2.5), ("swing", 0.62, 1.9, 2.5), ("seesaw", 0.06, 1.9, 0.9)),
        *kit.stand(("slide", 1.6, 1.9, 2.4), ("swing", -1.6, 1.9, 2.4)),
        *kit.stand(*(("fence", n * 0.16 - 1.6, 2.6, 0.9) for n in range(21))),
        *kit.stand(("soccer ball", 0.40, 1.12, 0.26), ("bucket", -0.36, 1.10, 0.3)),
        *kit.scatter(("daisy", "clover"), 10, d * 0.70, d * 0.84, (0.16, 0.24), sway=0.06),
    ]
    soft = materials.sand(kit.rng, (120.0, 178.0, 226.0))
    tint = np.array(kit.light.tint) * kit.light.gloom
    sandpit = np.ascontiguousarray(np.clip(soft[:256] * tint, 0, 255).astype(np.uint8))
    ground = base.ground and replace(base.ground, band=sandpit, band_z=(d * 1.35, d * 2.35))
    return replace(base, props=(*kept, *props), ground=ground)


def fair(kit: Kit) -> Stage:
    """An amusement park: a great wheel, a carousel, striped tents, lights."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    under = kit.green("2a6034")
    layers = (
        Layer(
            treeline(
                light, rng, trees(kit, ("tree",)), height=150, count=24, under=under, fill=0.2, veil=0.2
            ),
            90,
            0.11,
        ),
    )
    glow = glow_of(kit.height * 0.10, scaled(rgb("ff9ad0"), 0.6), power=2.0) if light.lamps > 0.3 else None
    props = [
        *kit.stand(
            ("ferris wheel", -0.52, 3.2, 9.0), ("carousel", 0.50, 2.3, 3.6), ("circus", 0.98, 2.9, 4.6)
        ),
        *kit.stand(("tent", -0.98, 2.1, 2.0), ("hot air balloon", 0.22, 6.0, 5.0), y=0.0),
        *kit.stand(("balloon", 0.20, 1.8, 1.1), ("balloon", -0.16, 2.0, 1.2), shadow=False, bob=0.1),
        *_lamps(kit, ((-0.80, 1.5), (0.82, 1.5), (-1.9, 1.5), (1.9, 1.5))),
    ]
    props = [replace(prop, y=5.5, shadow=False, bob=0.3) if prop.z > d * 5 else prop for prop in props]
    props = [replace(prop, glow=glow, glow_at=0.5) if 2 < prop.z / d < 3.5 else prop for prop in props]
    slabs = materials.paving(rng, (150.0, 176.0, 198.0))
    slabs = slabs * 0.25 + materials.snow(rng) * 0.75 if kit.snowy else slabs
    ground = Ground(materials.levels_of(slabs.astype(np.float32), light), 100, 0.05)
    return Stage(
        light, sky, ground, None, clouds, layers, tuple(props), kit.sun_side, motes="dust", vignette=0.26
    )


def castle(kit: Kit) -> Stage:
    """A castle over its meadow, flags flying, a path to the gate."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    layers = (
        Layer(mountains(light, rng, rock=rgb("8a8fb0"), height=320, veil=0.42, peaks=6), 300, 0.32),
        Layer(hills(light, rng, colour=kit.green("6f9f62"), height=150, veil=0.2), 130, 0.13),
        Layer(
            treeline(light, rng, trees(kit, ("pine",)), height=110, count=34, veil=0.14, fill=0.1), 80, 0.08
        ),
    )
    glow = glow_of(kit.height * 0.14, scaled(rgb("ffb85c"), 0.45), power=2.0) if light.lamps > 0.3 else None
    props = [
        *kit.stand(("castle", 0.36, 3.6, 9.0), glow=glow, glow_at=0.4),
        *kit.stand(("flagpole", -0.62, 2.0, 3.2), ("flagpole", 0.92, 2.0, 3.2)),
        *kit.sides(("pine",), ((-0.98, 1.7), (1.08, 1.8), (-0.72, 2.8), (-1.6, 1.7)), 3.6, sway=0.006),
        *kit.stand(("rock", -0.42, 1.3, 0.45), ("rock", 0.66, 1.25, 0.4)),
        *kit.scatter(("daisy", "hyacinth", "herb"), 24, d * 1.1, d * 2.4, (0.2, 0.34), sway=0.06),
    ]
    lane = _lane(kit, (130.0, 158.0, 178.0))
    ground = replace(
        grown(kit, materials.grass(rng, (70.0, 152.0, 108.0)), 0.12), band=lane, band_z=(d * 0.88, d * 1.2)
    )
    return Stage(
        light, sky, ground, None, clouds, layers, tuple(props), kit.sun_side, motes="dust", vignette=0.28
    )


def temple(kit: Kit) -> Stage:
    """A pagoda and a temple hall among cherry trees, a red gate, stone lanterns."""
    sky, clouds = open_air(kit)
    light, rng = kit.light, kit.rng
    grove = trees(kit, ("cherry tree", "pine", "cherry tree"))
    layers = (
        Layer(mountains(light, rng, rock=rgb("8a9ab4"), height=300, veil=0.5, peaks=4, snow=0.5), 300, 0.30),
        Layer(hills(light, rng, colour=kit.green("7fa688"), height=150, veil=0.35), 150, 0.13),
        Layer(
            treeline(
                light, rng, grove, height=150, count=18, under=kit.green("4a6a44"), veil=0.18, fill=0.08
            ),
            70,
            0.11,
        ),
    )
    lit = glow_of(kit.height * 0.06, scaled(rgb("ffb85c"), 0.8), power=2.0) if light.lamps > 0.3 else None
    props = [
        *kit.stand(("pagoda", 0.66, 3.2, 8.4), ("temple", -0.46, 2.7, 4.8), ("torii", 0.22, 2.0, 2.6)),
        *kit.stand(
            ("cherry tree", -0.90, 1.7, 3.6),
            ("cherry tree", 0.94, 1.9, 3.6),
            ("cherry tree", -1.6, 2.2, 3.4),
            ("cherry tree", 1.7, 2.4, 3.4),
            sway=0.008,
        ),
        *kit.stand(
            ("stone lantern", -0.62, 1.5, 1.1), ("stone lantern", 0.70, 1.5, 1.1), glow=lit, glow_at=0.6
        ),
        *kit.stand(("rock", -0.30, 1.35, 0.34)),
    ]
    gravel = materials.sand(rng, (176.0, 186.0, 194.0))
    gravel = gravel * 0.2 + materials.snow(rng) * 0.8 if kit.snowy else gravel
    ground = Ground(materials.levels_of(gravel.astype(np.float32), light), 90, 0.07)
    calm = kit.weather in (Weather.CLEAR, Weather.CLOUDY, Weather.FOG) and not kit.snowy
    return Stage(
        light,
        sky,
        ground,
        None,
        clouds,
        layers,
        tuple(props),
        kit.sun_side,
        motes="petals" if calm else "",
        vignette=0.26,
    )


def _lamps(kit: Kit, spots: tuple[tuple[float, float], ...]) -> list[Prop]:
    glow = glow_of(kit.height * 0.15, scaled(rgb("ffb95c"), 0.42 * kit.light.lamps), power=2.6)
    lit = glow if kit.light.lamps > 0.2 else None
    return kit.stand(*(("street lamp", x, z, 3.0) for x, z in spots), glow=lit, glow_at=0.86)
