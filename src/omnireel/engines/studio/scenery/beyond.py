"""Places nobody stands in: space, and a studio of pure shape."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from omnireel.engines.studio.scenery import materials
from omnireel.engines.studio.scenery.arrays import Bytes, Colour
from omnireel.engines.studio.scenery.light import mix, rgb
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.sets import Ground, Kit, Stage
from omnireel.engines.studio.scenery.sky import graded, nebula
from omnireel.engines.studio.scenery.sprite import Sprite, premultiplied, sprite_of


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
    hue = (92, 104, 138, 160, 8)[int(rng.integers(5))]
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
