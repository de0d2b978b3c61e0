"""Wild places far from home: jungle, the polar ice, ruins overgrown."""

from __future__ import annotations

from dataclasses import replace

from omnireel.engines.studio.scenery import materials
from omnireel.engines.studio.scenery.backdrops import hills, mountains, treeline
from omnireel.engines.studio.scenery.country import grown, trees
from omnireel.engines.studio.scenery.light import rgb
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Stage, Water
from omnireel.engines.studio.scenery.shore import open_air, sea_water
from omnireel.models import Weather


def jungle(kit: Kit) -> Stage:
    """Great trees hung with vines, ferns to the knee, light falling through leaves."""
    light, rng, d = (
        replace(
            kit.light,
            haze=rgb("9cc89a") if not kit.light.moon else kit.light.haze,
            haze_distance=min(kit.light.haze_distance, 26),
        ),
        kit.rng,
        kit.depth,
    )
    kit.light = light
    sky, _ = open_air(kit)
    far, near = trees(kit, ("jungle tree", "palm", "jungle tree")), trees(kit, ("jungle tree", "palm"))
    under = kit.green("1f5230")
    layers = (
        Layer(
            treeline(light, rng, far, height=320, count=26, under=under, veil=0.55, soften=3, fill=0.2),
            60,
            0.50,
            0.02,
        ),
        Layer(
            treeline(light, rng, near, height=320, count=14, under=under, veil=0.28, fill=0.14),
            26,
            0.56,
            near=True,
        ),
    )
    props = [
        *kit.stand(
            ("jungle tree", -0.72, 2.3, 5.6),
            ("jungle tree", 0.74, 2.5, 6.0),
            ("palm", -1.02, 1.5, 4.0),
            ("jungle tree", 1.16, 1.6, 5.6),
            ("palm", 0.46, 3.0, 4.4),
            ("palm", -0.30, 3.2, 4.4),
            ("jungle tree", -1.7, 1.8, 5.6),
            ("palm", 1.75, 1.9, 4.4),
            sway=0.008,
        ),
        *kit.sides(
            ("fern",),
            (
                (-0.50, 1.75),
                (0.55, 1.8),
                (-0.86, 1.2),
                (0.92, 1.22),
                (1.4, 1.4),
                (-1.4, 1.3),
                (-0.16, 2.3),
                (0.22, 2.4),
            ),
            1.15,
            sway=0.03,
        ),
        *kit.sides(("hibiscus",), ((-0.60, 1.25), (0.66, 1.3), (0.30, 2.0)), 0.5, sway=0.04),
        *kit.sides(("fern",), ((-1.06, 0.74), (1.10, 0.76)), 0.8, sway=0.04),
        *kit.stand(("parrot", 0.36, 2.2, 0.42), y=2.6, shadow=False),
        *kit.scatter(("herb", "mushroom"), 16, d * 0.75, d * 2.0, (0.16, 0.3), sway=0.05),
    ]
    bright = not light.moon and kit.weather in (Weather.CLEAR, Weather.FOG, Weather.CLOUDY)
    return Stage(
        light,
        sky,
        grown(kit, materials.earth(rng, (50.0, 112.0, 92.0)), 0.16),
        None,
        None,
        layers,
        tuple(props),
        kit.sun_side,
        motes="fireflies" if light.moon else "dust",
        beams=0.5 if bright else 0.0,
        vignette=0.40,
    )


def arctic(kit: Kit) -> Stage:
    """Ice at the edge of a polar sea, bergs, an igloo, northern lights after dark."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    layers = (
        Layer(mountains(light, rng, rock=rgb("a8bcd8"), height=280, veil=0.45, snow=0.8, peaks=5), 300, 0.20),
        Layer(hills(light, rng, colour=rgb("e4eef8"), height=90, veil=0.2, crest=1.05), 120, 0.05),
    )
    calm = sea_water(kit, d * 1.42)
    sea = Water(calm.near, calm.colour, calm.waves, 0.95, foam=0.5, wobble=0.6)
    dark = light.moon or light.stars > 0.3
    props = [
        *kit.stand(("igloo", -0.66, 1.22, 1.7), ("igloo", 1.6, 1.25, 1.7)),
        *kit.stand(
            ("ice cube", 0.48, 2.4, 2.2),
            ("ice cube", -0.22, 3.4, 2.6),
            ("ice cube", 1.0, 3.0, 3.0),
            ("ice cube", -1.1, 2.6, 2.4),
            shadow=False,
            bob=0.06,
        ),
        *kit.stand(("rock", 0.72, 1.15, 0.4), ("rock", -0.2, 1.3, 0.3)),
    ]
    if dark:
        lights = kit.stand(("aurora", -0.2, 9.0, 26.0), ("aurora", 0.9, 9.5, 22.0), shadow=False)
        props = [*(replace(prop, y=13.0) for prop in lights), *props]
    return Stage(
        light,
        sky,
        Ground(materials.levels_of(materials.snow(rng), light), 70, 0.05),
        sea,
        clouds,
        layers,
        tuple(props),
        kit.sun_side,
        motes="" if kit.weather is Weather.SNOW else "sparkle",
        vignette=0.26,
    )


def ruins(kit: Kit) -> Stage:
    """Broken columns on a dry hill, olive trees, the sea of hills behind."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    layers = (
        Layer(mountains(light, rng, rock=rgb("a08a86"), height=240, veil=0.45, snow=0.0, peaks=6), 300, 0.20),
        Layer(hills(light, rng, colour=kit.green("9aa668"), height=150, veil=0.25), 130, 0.13),
    )
    props = [
        *kit.stand(
            ("ruins", -0.60, 2.0, 3.4),
            ("ruins", 0.66, 2.4, 3.8),
            ("ruins", 0.02, 3.6, 4.2),
            ("ruins", 1.7, 2.2, 3.4),
            ("ruins", -1.7, 2.3, 3.4),
        ),
        *kit.sides(("tree",), ((-1.02, 1.7), (1.05, 1.8), (0.34, 3.3)), 2.9, sway=0.01),
        *kit.sides(("rock",), ((0.44, 1.3), (-0.38, 1.4), (0.86, 1.15), (-0.9, 1.1)), 0.5),
        *kit.scatter(("herb", "daisy", "wheat"), 26, d * 0.74, d * 2.2, (0.16, 0.28), sway=0.06),
    ]
    ground = grown(kit, materials.grass(rng, (96.0, 158.0, 152.0)), 0.12)
    return Stage(
        light, sky, ground, None, clouds, layers, tuple(props), kit.sun_side, motes="dust", vignette=0.26
    )
