"""Places with a back wall: a living room and a theatre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from omnireel.engines.studio.scenery import materials
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.backdrops import WIDTH
from omnireel.engines.studio.scenery.card import Card, dyed
from omnireel.engines.studio.scenery.light import Light, rgb, scaled
from omnireel.engines.studio.scenery.sets import Ground, Kit, Layer, Stage
from omnireel.engines.studio.scenery.sky import graded


def room(kit: Kit) -> Stage:
    """A living room: papered wall, window on the hour outside, sofa, lamp, plants."""
    outside, light = kit.light, indoors(kit.light)
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
        light, sky, ground, None, None, (Layer(wall, d * 1.8, 0.80, near=True, wall=True),), tuple(props),
        -1.0, sun=False,
        motes="dust", vignette=0.36,
    )  # fmt: skip


def indoors(light: Light) -> Light:
    """The light inside while it is so outside."""
    warm = 0.95 if light.lamps < 0.5 else 0.82
    return replace(
        light, tint=(0.90 * warm, 0.97 * warm, 1.02 * warm), haze=rgb("e8d8c0"), haze_distance=200,
        stars=0, wet=0,
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
        draw_window(card, light, outside, x + 60)
    return card.band()


def draw_window(card: Card, light: Light, outside: Light, x: float, curtain: str = "c8584f") -> None:
    """A curtained window on the hour outside, its middle at column `x` of a wall."""
    frame = dyed(rgb("fbf7ef"), light)
    card.box(x - 130, 120, x + 130, 430, frame)
    for left in (x - 116, x + 6):
        card.box(left, 134, left + 110, 416, outside.sky[2])
        card.box(left, 134, left + 110, 240, outside.sky[1])
        card.box(left, 360, left + 110, 416, dyed(rgb("6fa864"), outside))
        card.box(left, 270, left + 110, 276, frame)
    cloth = dyed(rgb(curtain), light)
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
        indoors(kit.light), tint=(0.92, 0.90, 1.0), haze=rgb("2a1420"), rim=0.30, sun=rgb("ffe9c0"),
        shadow=0.35,
        lamps=0.4,
    )  # fmt: skip
    kit.light = light
    rng = kit.rng
    sky = graded((rgb("12060c"),) * 4, 2 * kit.width, int(kit.horizon * 1.3) + 4, rng)
    ground = Ground(materials.levels_of(materials.planks(rng, (60.0, 96.0, 142.0)), light), 100, 0.03)
    return Stage(
        light, sky, ground, None, None, (Layer(_curtain(light, rng), kit.depth * 1.9, 0.80, near=True,
        wall=True), _crowd(kit)), (), -1.0,
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


def _crowd(kit: Kit) -> Layer:
    """The heads of the front rows, dark against the stage."""
    rng, card = kit.rng, Card(WIDTH, 160)
    for row, shade in ((0, "1c0e18"), (1, "0e060c")):
        for n in range(26):
            x = (n + 0.5 * row + float(rng.uniform(-0.15, 0.15))) * WIDTH / 26
            top, size = 60 + 34 * row + float(rng.uniform(-12, 12)), float(rng.uniform(20, 26))
            card.disc(x, top, size, rgb(shade))
            card.shape([(x - size * 1.7, 160), (x - size * 1.1, top + size), (x + size * 1.1, top + size),
                        (x + size * 1.7, 160)], rgb(shade))  # fmt: skip
    return Layer(card.band(), kit.depth * 0.60, 0.17, near=True, veiled=False)
