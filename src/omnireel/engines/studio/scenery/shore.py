"""Places by, on and under water."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from omnireel.engines.studio.scenery import backdrops, materials
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.light import Light, mix, rgb, scaled
from omnireel.engines.studio.scenery.noise import cloudy, wavy
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Prop, Stage, Water, waves
from omnireel.engines.studio.scenery.sky import clouds_for, graded, sky_for
from omnireel.models import Weather


def open_air(kit: Kit) -> tuple[Bytes, Bytes | None]:
    """Sky and clouds for any place under them."""
    height = int(kit.horizon * 0.98)
    return sky_for(kit.light, kit.width, kit.horizon, kit.rng), clouds_for(
        kit.light, kit.rng, max(64, height)
    )


def sea_water(kit: Kit, near: float, *, foam: float = 0.0) -> Water:
    """Water whose colour and temper follow the light and the weather."""
    light = kit.light
    storm = kit.weather is Weather.STORM
    wind = {Weather.STORM: 2.6, Weather.RAIN: 1.3, Weather.FOG: 0.5}.get(kit.weather, 1.0)
    body = mix(rgb("0f6f9c"), light.sky[1], 0.25)
    blue, green, red = (value * tint for value, tint in zip(body, light.tint, strict=True))
    return Water(
        near=near,
        colour=scaled((blue, green, red), 0.8 * light.gloom),
        waves=waves(kit.rng, height=0.055 * wind, length=3.2 if storm else 2.2),
        gain=0.55 if storm else 0.92,
        foam=foam,
        caps=0.5 if storm else 0.0,
    )


def beach(kit: Kit) -> Stage:
    """Sand, a shoreline with foam, the open sea, palms."""
    sky, clouds = open_air(kit)
    depth = kit.depth
    props = [
        *kit.sides(("palm",), ((-0.82, 1.30), (0.88, 1.42), (-1.45, 1.5), (1.5, 1.35)), 3.3, sway=0.02),
        *kit.sides(("rock",), ((0.55, 1.28), (-1.25, 1.2), (1.3, 1.15)), 0.42),
        *kit.sides(("seashell",), ((-0.62, 0.80), (0.36, 0.86), (1.1, 0.84)), 0.16),
    ]
    props += kit.stand(("sailboat", 0.24, 4.5, 2.6), ("sailboat", -1.2, 5.0, 2.6), shadow=False, bob=0.06)
    if kit.weather is Weather.CLEAR and not kit.light.moon:
        props += kit.sides(("beach umbrella",), ((1.12, 1.34),), 1.5)
    return Stage(
        light=kit.light,
        sky=sky,
        clouds=clouds,
        layers=tuple(_headland(kit)),
        ground=Ground(materials.levels_of(materials.sand(kit.rng), kit.light), 80, 0.05),
        water=sea_water(kit, depth * 1.62, foam=1.0),
        props=tuple(props),
        sun_side=kit.sun_side,
        motes="dust" if kit.light.shadow_length < -0.5 else "",
    )


def cliff(kit: Kit) -> Stage:
    """The grassy top of a cliff, stones along its edge, the open sea far below and gulls over it."""
    sky, clouds = open_air(kit)
    light, d = kit.light, kit.depth
    edge = ((-1.1, 1.36), (-0.66, 1.40), (-0.38, 1.42), (0.30, 1.41), (0.72, 1.38), (1.2, 1.40))
    gulls = kit.stand(("dove", -0.46, 3.2, 0.5), ("dove", -0.32, 3.8, 0.5), ("dove", 0.58, 4.2, 0.5), bob=0.4)
    props = [
        *kit.sides(("rock",), edge, 0.55),
        *kit.sides(("rock", "pine"), ((-1.45, 1.25), (1.5, 1.3)), 1.5, sway=0.01),
        *kit.scatter(("daisy", "herb", "tulip"), 22, d * 0.70, d * 1.25, (0.14, 0.26), sway=0.06),
        *(replace(gull, y=4.0 + 0.6 * n, shadow=False) for n, gull in enumerate(gulls)),
    ]
    grass = kit.turf(materials.grass(kit.rng, (70.0, 158.0, 112.0)))
    return Stage(
        light=light,
        sky=sky,
        clouds=clouds,
        layers=tuple(_headland(kit)),
        ground=Ground(materials.levels_of(grass, light), 90, 0.10),
        water=sea_water(kit, d * 1.45),
        props=tuple(props),
        sun_side=kit.sun_side,
        motes="dust" if light.shadow_length < -0.5 else "",
    )


def _headland(kit: Kit) -> list[Layer]:
    """A far green cape, low over the sea."""
    band = backdrops.hills(kit.light, kit.rng, colour=rgb("4f7f6a"), height=120, veil=0.45)
    # The sea must show its bare horizon for most of the view.
    gap = np.clip((wavy(backdrops.WIDTH, kit.rng, waves=((1, 1.0),)) - 0.45) * 3, 0, 1)
    return [Layer((band * gap[None, :, None]).astype(np.uint8), 160, 0.085)]


def sea(kit: Kit) -> Stage:
    """Open water to the horizon."""
    sky, clouds = open_air(kit)
    return Stage(
        light=kit.light,
        sky=sky,
        clouds=clouds,
        layers=(*_headland(kit), *_rollers(kit)),
        water=sea_water(kit, -99.0),
        props=tuple(_passing_boats(kit)),
        sun_side=kit.sun_side,
    )


def _passing_boats(kit: Kit) -> list[Prop]:
    """Sails a long way off, gulls above them; nobody is out in a storm."""
    if kit.weather is Weather.STORM:
        return []
    boats = kit.stand(
        ("sailboat", -0.62, 5.0, 3.2),
        ("sailing ship", 0.80, 8.0, 7.0),
        ("sailboat", 0.30, 9.0, 3.6),
        ("buoy", -0.34, 2.6, 0.8),
        shadow=False,
        bob=0.08,
    )
    gulls = kit.stand(
        ("dove", -0.40, 4.0, 0.5), ("dove", -0.28, 4.4, 0.45), ("dove", 0.52, 5.0, 0.5), bob=0.4
    )
    return [*boats, *(replace(gull, y=3.2 + 0.5 * n, shadow=False) for n, gull in enumerate(gulls))]


def _rollers(kit: Kit) -> list[Layer]:
    """Waves that stand up out of a stormy sea, rank behind rank."""
    if kit.weather is not Weather.STORM:
        return []
    d, found = kit.depth, []
    for n, share in enumerate((3.0, 2.1, 1.5, 0.93)):
        band = backdrops.roller(kit.light, kit.rng, sea_water(kit, 0).colour)
        found.append(
            Layer(band, d * share, 0.16 / share**0.7, 0.0, near=True, drift=1.1 - 0.5 * (n % 2), heave=0.10)
        )
    return found


def lake(kit: Kit) -> Stage:
    """Still water between a grassy bank and mountains."""
    sky, clouds = open_air(kit)
    light, rng = kit.light, kit.rng
    trees = [kit.picture("pine"), kit.picture("tree")]
    layers = [
        Layer(backdrops.mountains(light, rng, rock=rgb("7f8fa8"), height=280), 240, 0.26),
        Layer(backdrops.treeline(light, rng, trees, height=150, veil=0.22), 90, 0.13),
    ]
    water = sea_water(kit, kit.depth * 1.30)
    calm = Water(
        water.near,
        mix(water.colour, rgb("1f5a5a"), 0.4),
        water.waves * np.array((1, 1, 1, 0.28), np.float32),
        1.0,
    )
    props = [
        *kit.sides(("pine",), ((-0.95, 1.22), (1.02, 1.24), (-1.5, 1.25), (1.55, 1.2)), 3.2, sway=0.008),
        *kit.sides(("rock",), ((0.62, 1.18), (-0.55, 1.22), (1.3, 1.1)), 0.35),
        *kit.sides(
            ("wheat", "herb"), ((-0.72, 1.18), (0.80, 1.2), (-0.3, 1.24), (0.32, 1.25)), 0.5, sway=0.05
        ),
        *kit.scatter(("daisy", "herb"), 14, kit.depth * 0.74, kit.depth * 1.15, (0.10, 0.18), sway=0.05),
    ]
    return Stage(
        light=light,
        sky=sky,
        clouds=clouds,
        layers=tuple(layers),
        ground=Ground(materials.levels_of(kit.turf(materials.grass(rng)), light), 90, 0.10),
        water=calm,
        props=tuple(props),
        sun_side=kit.sun_side,
        motes="fireflies" if light.moon else "dust",
    )


def underwater(kit: Kit) -> Stage:
    """The sea bed: blue distance, shafts of light, corals, bubbles."""
    light = _submerged(kit.light)
    kit.light = light
    rng = kit.rng
    sky = graded(light.sky, 2 * kit.width, int(kit.horizon * 1.3) + 4, rng)
    reef = backdrops.hills(light, rng, colour=rgb("3f7fa0"), height=200, veil=0.55, crest=1.05)
    near = backdrops.hills(light, rng, colour=rgb("356f92"), height=170, veil=0.30, crest=1.08)
    d = kit.depth
    props: list[Prop] = [
        *kit.sides(
            ("coral",),
            ((-0.80, 1.05), (0.88, 1.15), (-1.35, 1.3), (1.4, 1.0), (0.48, 1.7), (-0.45, 1.9)),
            1.1,
        ),
        *kit.stand(
            ("kelp", -0.70, 1.5, 2.6),
            ("kelp", 0.78, 1.6, 2.8),
            ("kelp", -1.04, 1.25, 2.4),
            ("kelp", 1.08, 1.3, 2.6),
            ("kelp", -0.50, 2.2, 2.6),
            ("kelp", 0.56, 2.4, 2.6),
            ("kelp", 1.7, 1.5, 2.6),
            ("kelp", -1.7, 1.5, 2.6),
        ),
        *kit.stand(
            ("coral reef", -0.86, 1.12, 1.0),
            ("coral reef", 0.92, 1.10, 1.1),
            ("coral reef", 0.28, 2.3, 1.2),
            ("coral reef", -0.22, 2.6, 1.2),
        ),
        *kit.sides(
            ("herb",), ((-0.92, 0.86), (0.96, 0.84), (-0.52, 1.5), (0.62, 1.4), (1.2, 1.6)), 1.0, sway=0.14
        ),
        *kit.sides(("rock",), ((-0.62, 1.25), (0.72, 1.02), (1.5, 1.2)), 0.55),
        *kit.sides(("seashell",), ((0.40, 0.80), (-0.38, 0.86)), 0.16),
    ]
    for n in range(7):
        fish = kit.prop(
            "tropical fish" if n % 2 else "fish", rng.uniform(-1.2, 1.2), d * rng.uniform(2.2, 3.2), 0.34
        )
        props.append(replace(fish, y=float(rng.uniform(0.8, 3.2)), shadow=False, sway=0.04))
    texture = materials.sand(rng, (150.0, 186.0, 196.0))
    return Stage(
        light=light,
        sky=sky,
        layers=(Layer(reef, 60, 0.20), Layer(near, 34, 0.13)),
        ground=Ground(materials.levels_of(_caustics(texture, rng), light), 70, 0.12),
        props=tuple(props),
        sun=False,
        motes="bubbles",
        beams=0.5,
        deep=True,
    )


def _submerged(light: Light) -> Light:
    gain = max(0.35, sum(light.tint) / 3 * light.gloom)
    return replace(
        light,
        sky=(
            scaled(rgb("7fe0f2"), gain),
            scaled(rgb("2fa8d8"), gain),
            scaled(rgb("156fae"), gain),
            scaled(rgb("0f5590"), gain),
        ),
        tint=(1.0 * gain, 0.97 * gain, 0.86 * gain),
        haze=scaled(rgb("1a6fae"), gain),
        haze_distance=15,
        stars=0,
        clouds=0,
        sun_strength=0.6,
        shadow=0.2,
        shadow_length=0.3,
        rim=0.10,
        gloom=1.0,
        wet=0,
        moon=False,
    )


def _caustics(texture: Floats, rng: np.random.Generator) -> Floats:
    """Bright nets of focused light on the bed."""
    a, b = cloudy(materials.SIDE, rng, slope=1.5, coarse=4), cloudy(materials.SIDE, rng, slope=1.5, coarse=5)
    net = np.clip(1 - np.abs(a) * 2.4, 0, 1) ** 2 * 0.5 + np.clip(1 - np.abs(b) * 2.4, 0, 1) ** 2 * 0.4
    return (texture * (0.92 + 0.30 * net[..., None])).astype(np.float32)
