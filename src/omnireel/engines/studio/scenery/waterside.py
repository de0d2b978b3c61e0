"""Places where people and water meet: a river between its banks, a harbour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from omnireel.engines.studio.scenery import backdrops, materials
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.light import Light, mix, rgb
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Prop, Stage, Water
from omnireel.engines.studio.scenery.shore import open_air, sea_water
from omnireel.engines.studio.scenery.skyline import Street, towers


def river(kit: Kit) -> Stage:
    """A stream between two green banks, a bridge and a fall in the distance."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    trees = [kit.picture("tree"), kit.picture("pine")]
    under = kit.green("2a5a34")
    bank = backdrops.treeline(light, rng, trees, height=200, count=26, under=under, veil=0.10, fill=0.16)
    layers = (
        Layer(backdrops.mountains(light, rng, rock=rgb("7f8fa8"), height=280, veil=0.35), 240, 0.28),
        Layer(backdrops.hills(light, rng, colour=kit.green("6f9f76"), height=150, veil=0.28), 140, 0.16),
        Layer(bank, d * 3.4, 0.20, near=True, wall=True),
    )
    still = sea_water(kit, d * 1.22)
    stream = Water(
        still.near,
        mix(still.colour, rgb("2f8a8a"), 0.45),
        still.waves * np.array((1.6, 1, 1.5, 0.42), np.float32),
        0.9,
        foam=0.35,
        wobble=0.8,
    )
    props = [
        *kit.stand(("waterfall", 0.62, 3.35, 4.4), shadow=False),
        *kit.stand(("bridge", -0.55, 3.0, 3.2), shadow=False),
        *kit.stand(("rock", -0.18, 1.7, 0.5), ("rock", 0.34, 2.1, 0.6), ("rock", 1.3, 1.6, 0.6)),
        *kit.sides(("tree", "pine"), ((-1.0, 1.12), (1.05, 1.14), (-1.7, 1.1), (1.75, 1.1)), 3.2, sway=0.01),
        *kit.sides(
            ("wheat", "herb"), ((-0.72, 1.14), (0.78, 1.16), (-0.3, 1.18), (0.24, 1.19)), 0.5, sway=0.05
        ),
        *kit.scatter(("daisy", "tulip", "herb"), 16, d * 0.72, d * 1.08, (0.14, 0.24), sway=0.05),
    ]
    grass = kit.turf(materials.grass(rng, (64.0, 158.0, 108.0)))
    return Stage(
        light,
        sky,
        Ground(materials.levels_of(grass, light), 90, 0.10),
        stream,
        clouds,
        layers,
        tuple(props),
        kit.sun_side,
        motes="fireflies" if light.moon else "dust",
        vignette=0.24,
    )


def harbour(kit: Kit) -> Stage:
    """A quay with crates and bollards, moored boats, cranes, a lighthouse on its mole."""
    sky, clouds = open_air(kit)
    light, rng, d = kit.light, kit.rng, kit.depth
    layers = (
        Layer(_far_town(light, rng), 260, 0.17),
        Layer(backdrops.hills(light, rng, colour=rgb("5f8a78"), height=110, veil=0.4), 200, 0.07),
    )
    sea = replace(sea_water(kit, d * 1.34), wobble=0.0, foam=0.0)
    glow = glow_of(kit.height * 0.12, (90, 170, 220), power=2.2) if light.lamps > 0.3 else None
    props = [
        *kit.stand(("lighthouse", 0.66, 4.2, 9.5), shadow=False, glow=glow, glow_at=0.8),
        *kit.stand(("crane", -0.74, 3.6, 9.5), shadow=False),
        *kit.stand(("container ship", -0.30, 4.0, 4.6), shadow=False, bob=0.05),
        *kit.stand(("sailboat", 0.30, 2.6, 2.6), ("speedboat", 0.86, 1.9, 1.1), shadow=False, bob=0.08),
        *kit.stand(("buoy", 0.12, 2.2, 0.7), shadow=False, bob=0.10),
        *kit.stand(("street lamp", -0.88, 1.22, 3.0), ("street lamp", 1.35, 1.22, 3.0), glow=glow),
        *kit.stand(("anchor", 0.78, 1.08, 0.7), ("treasure chest", -0.66, 1.10, 0.5)),
        *_bollards(kit),
    ]
    slabs = materials.paving(rng, (140.0, 148.0, 156.0))
    slabs = slabs * 0.25 + materials.snow(rng) * 0.75 if kit.snowy else slabs
    ground = Ground(materials.levels_of(slabs.astype(np.float32), light), 100, 0.05)
    return Stage(light, sky, ground, sea, clouds, layers, tuple(props), kit.sun_side, vignette=0.28)


def _far_town(light: Light, rng: np.random.Generator) -> Bytes:
    """Low houses round the bay, open to the sea on one side."""
    band = towers(light, rng, Street(0.10, 0.42, 0.42, narrow=60, wide=130))
    turn = np.linspace(0, 2 * np.pi, band.shape[1], endpoint=False, dtype=np.float32)
    open_water = np.clip((np.sin(turn * 2) + 0.35) * 4, 0, 1)
    return (band * open_water[None, :, None]).astype(np.uint8)


def _bollards(kit: Kit) -> list[Prop]:
    return [kit.prop("log", x, kit.depth * 1.27, 0.36) for x in (-0.45, -0.05, 0.42, 0.95, -1.2)]
