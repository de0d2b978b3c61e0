"""Off the ground of the earth: the moon, Mars, the sky above the clouds."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from omnireel.engines.studio.scenery import backdrops, materials
from omnireel.engines.studio.scenery.arrays import Colour, Floats
from omnireel.engines.studio.scenery.backdrops import hills, mountains
from omnireel.engines.studio.scenery.light import Light, mix, rgb
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Stage
from omnireel.engines.studio.scenery.sky import graded, sky_for, with_stars


def moon(kit: Kit) -> Stage:
    """Grey dust full of craters under a black sky, the earth risen, a lander and a flag."""
    light = replace(
        kit.light,
        sky=(rgb("04050c"), rgb("06070f"), rgb("090b14"), rgb("10121c")),
        tint=(1.0, 1.0, 1.0),
        haze=rgb("14151c"),
        haze_distance=320,
        sun=rgb("ffffff"),
        sun_strength=0.9,
        rim=0.36,
        shadow=0.55,
        shadow_length=-0.6,
        clouds=0,
        stars=1.0,
        wet=0,
        gloom=1.0,
        lamps=0.2,
        moon=False,
    )
    kit.light = light
    rng = kit.rng
    layers = (
        Layer(mountains(light, rng, rock=rgb("84868e"), height=220, veil=0.12, snow=0.0, peaks=7), 260, 0.13),
        Layer(hills(light, rng, colour=rgb("9a9ca4"), height=120, veil=0.05, crest=1.15), 110, 0.075),
    )
    props = [
        *(replace(prop, y=13.0, shadow=False) for prop in kit.stand(("earth", 0.50, 9.0, 11.0))),
        *kit.stand(
            ("lunar lander", -0.64, 2.3, 3.0), ("flagpole", 0.62, 1.8, 2.0), ("rover", 0.86, 2.2, 1.2)
        ),
        *kit.stand(
            ("rock", -0.42, 1.35, 0.34),
            ("rock", 0.34, 1.2, 0.26),
            ("rock", 1.1, 1.3, 0.5),
            ("rock", -1.2, 1.2, 0.5),
            ("rock", 0.1, 2.6, 0.5),
        ),
    ]
    dust = _cratered(rng, (146.0, 142.0, 140.0))
    sky = sky_for(light, kit.width, kit.horizon, rng)
    return Stage(
        light,
        sky,
        Ground(materials.levels_of(dust, light), 56, 0.10),
        None,
        None,
        layers,
        tuple(props),
        kit.sun_side,
        sun=False,
        vignette=0.34,
    )


def mars(kit: Kit) -> Stage:
    """Red sand and stones under a dusty sky, a rover at work."""
    dark = kit.light.moon
    gain = 0.42 if dark else 1.0
    light = replace(
        kit.light,
        sky=_dimmed(gain, "b8744c", "d8925e", "f0b884", "f8d4a8"),
        tint=(0.80 * gain + 0.1, 0.90 * gain + 0.06, 1.02 * gain + 0.04),
        haze=rgb("e0a070" if not dark else "5a3a30"),
        haze_distance=60,
        clouds=0.0,
        wet=0,
        moon=False,
        sun=rgb("fff0dc"),
        sun_strength=0.5 * gain,
        rim=0.2,
        stars=0.8 if dark else 0.0,
    )
    kit.light = light
    rng = kit.rng
    layers = (
        Layer(mountains(light, rng, rock=rgb("b05a38"), height=240, veil=0.45, snow=0.0, peaks=6), 300, 0.18),
        Layer(backdrops.dunes(light, rng, colour=rgb("c86a3c"), height=180, veil=0.22), 120, 0.12),
    )
    props = [
        *kit.stand(("rover", 0.62, 1.9, 1.7), ("lunar lander", -0.66, 3.0, 3.2)),
        *kit.sides(
            ("rock",),
            (
                (-0.46, 1.3),
                (0.30, 1.5),
                (-0.86, 1.05),
                (0.92, 1.1),
                (1.4, 1.6),
                (-1.4, 1.5),
                (0.05, 2.6),
                (-0.25, 2.2),
            ),
            0.5,
            colour="orange",
        ),
    ]
    dust = _cratered(rng, (70.0, 112.0, 196.0))
    sky = sky_for(light, kit.width, kit.horizon, rng)
    return Stage(
        light,
        sky,
        Ground(materials.levels_of(dust, light), 60, 0.12),
        None,
        None,
        layers,
        tuple(props),
        kit.sun_side,
        motes="dust",
        vignette=0.30,
    )


def _dimmed(gain: float, *stops: str) -> tuple[Colour, Colour, Colour, Colour]:
    """Four `rrggbb` stops of a sky, dimmed."""
    a, b, c, d = (mix((0, 0, 0), rgb(stop), gain) for stop in stops)
    return a, b, c, d


def _cratered(rng: np.random.Generator, colour: Colour) -> Floats:
    """Dust with the rings of old impacts, some of them cut short by younger ones."""
    ground = materials.sand(rng, colour)
    relief = np.zeros((materials.SIDE, materials.SIDE), np.float32)
    side = materials.SIDE
    for x, y, share in rng.uniform(0, 1, (26, 3)):
        radius = 8 + 46 * share**3
        rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
        u, v = (
            (columns - x * side + side / 2) % side - side / 2,
            (rows - y * side + side / 2) % side - side / 2,
        )
        distance = np.hypot(u, v) / np.float32(radius)
        inside = distance < 1.25
        bowl = np.where(distance < 1, distance**2 - 1, np.clip(1.25 - distance, 0, 1) * 1.6)
        relief = np.where(inside, bowl.astype(np.float32) * np.float32(radius / 14), relief)
    slope = cv2.Sobel(relief, cv2.CV_32F, 1, 1, ksize=3) + cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3)
    soft = cloudy(side, rng, slope=1.5, coarse=3)
    shade: Floats = np.asarray(1 + np.clip(0.22 * slope, -0.34, 0.30) + 0.05 * soft, np.float32)
    return np.asarray(ground * shade[..., None], np.float32)


def heaven(kit: Kit) -> Stage:
    """The sky itself: a sea of clouds below, heaps of cloud around."""
    light, rng = kit.light, kit.rng
    height = int(kit.height * 1.5)
    # Between the ranks of cloud tops lies more cloud, never sky.
    stops = (light.sky[0], light.sky[1], mix(light.sky[3], light.cloud_lit, 0.8), light.cloud_lit)
    sky = graded(stops, 2 * kit.width, height, rng)
    if light.stars > 0.05:
        with_stars(sky, rng, light.stars, count=int(kit.width * height / 2600))
    layers = tuple(_cloud_sea(light, rng))
    return Stage(
        light,
        sky,
        None,
        None,
        None,
        layers,
        (),
        kit.sun_side,
        sun=not light.moon,
        motes="" if light.clouds > 0.7 else "dust",
        vignette=0.22,
    )


def _cloud_sea(light: Light, rng: np.random.Generator) -> list[Layer]:
    """Ranks of cloud tops, each nearer and lower than the last."""
    found = []
    for n, (z, tall, sink) in enumerate(
        ((120, 0.18, 0.08), (60, 0.32, 0.26), (28, 0.44, 0.48), (13, 0.46, 0.66))
    ):
        band = backdrops.cloud_tops(light, rng, height=260, veil=0.34 - 0.08 * n)
        found.append(Layer(band, z, tall, sink, drift=0.25 + 0.12 * n))
    return found
