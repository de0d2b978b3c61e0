"""Textures of materials, as tiles that wrap: how each point's tone differs, and how it leans to the light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.fields import TILE, noise_tile
from omnireel.engines.studio.picture.raster import Mask, Plane, boxed, fetched

_LIGHT = (0.62, 0.78)
"""Share of the slope in x and y that turns towards the light, which stands upper left."""


@dataclass(frozen=True)
class Texture:
    """`(512, 512)` bytes each, wrapping; 128 is the middle tone, and flat."""

    tone: Mask
    lean: Mask


Pattern: TypeAlias = Callable[[np.random.Generator], tuple[Plane, Plane]]
"""Makes a tone, about -1 to 1, and a height in texels."""


def texture_of(pattern: str, seed: int) -> Texture:
    """The texture of a pattern; a KeyError names one there is none of."""
    tone, height = PATTERNS[pattern](np.random.default_rng(seed))
    across = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2
    down = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) / 2
    lean = np.asarray(np.clip(across * _LIGHT[0] + down * _LIGHT[1], -0.9, 0.9), np.float32)
    return Texture(_bytes(tone), _bytes(lean))


def _bytes(plane: Plane) -> Mask:
    return np.asarray(np.clip(plane * 127 + 128.5, 0, 255), np.uint8)


def _plain(random: np.random.Generator) -> tuple[Plane, Plane]:
    soft = noise_tile(random, ((6, 0.7), (14, 0.3))) - np.float32(0.5)
    return soft * np.float32(0.3), soft * np.float32(3)


def _veins(random: np.random.Generator) -> tuple[Plane, Plane]:
    bend = noise_tile(random, ((3, 0.5), (7, 0.3), (17, 0.2)))
    body = noise_tile(random, ((2, 0.5), (5, 0.3), (11, 0.2)))
    x = np.arange(TILE, dtype=np.float32)[None] / TILE
    y = np.arange(TILE, dtype=np.float32)[:, None] / TILE
    veins = np.zeros((TILE, TILE), np.float32)
    for waves, fine, depth in (((1, 1), 0.030, 1.0), ((2, 1), 0.018, 0.7), ((3, 2), 0.014, 0.5)):
        phase = x * waves[0] + y * waves[1] + bend * np.float32(0.62)
        away = np.abs(np.sin(phase * np.float32(np.pi)))
        thread = np.exp(-away / np.float32(fine)) + np.exp(-away / np.float32(0.16)) * np.float32(0.32)
        # Veins run out and come again.
        veins += thread * np.float32(depth) * np.clip(body * 2 - np.float32(0.35), 0, 1)
        body = np.roll(body, TILE // 3, axis=1)
    cloud = (body - np.float32(0.5)) * np.float32(0.5)
    return np.asarray(cloud - np.minimum(veins, 1) * np.float32(1.1)), np.zeros_like(veins)


def _brushed(random: np.random.Generator) -> tuple[Plane, Plane]:
    lines = random.standard_normal((TILE, TILE)).astype(np.float32)
    spectrum = np.fft.rfft2(lines) * np.exp(-((np.fft.rfftfreq(TILE) * 90) ** 2))[None]
    brushed = np.fft.irfft2(spectrum, (TILE, TILE)).astype(np.float32)
    brushed /= brushed.std() * np.float32(2.2)
    return brushed * np.float32(0.6), brushed * np.float32(0.8)


def _wood(random: np.random.Generator) -> tuple[Plane, Plane]:
    bend = noise_tile(random, ((2, 0.7), (5, 0.3)))
    y = np.arange(TILE, dtype=np.float32)[:, None] / TILE
    x = np.arange(TILE, dtype=np.float32)[None] / TILE
    rings = y * 9 + bend * np.float32(2.2) + np.sin(x * np.float32(2 * np.pi)) * np.float32(0.25)
    saw = rings % 1
    fibre, _ = _brushed(random)
    tone = np.float32(0.45) - saw**2 * np.float32(1.0) + fibre * np.float32(0.42)
    return tone, fibre * np.float32(0.7) - saw**3


def _bamboo(random: np.random.Generator) -> tuple[Plane, Plane]:
    x = np.arange(TILE) % 64
    y = (np.arange(TILE)[:, None] + (np.arange(TILE)[None] // 64) * 97) % 256
    round_ = np.sqrt(np.maximum(1 - ((x - 32) / 31.0) ** 2, 0)).astype(np.float32)
    node = np.exp(-(((y - 128) / 5.0) ** 2)).astype(np.float32)
    fibre, _ = _brushed(random)
    tone = np.broadcast_to(round_ - 0.75, (TILE, TILE)) * 0.9 - node * 0.6 + fibre.T * 0.3
    return tone.astype(np.float32), np.broadcast_to(round_ * 18, (TILE, TILE)).astype(np.float32) + node * 3


def _twill(random: np.random.Generator) -> tuple[Plane, Plane]:
    x, y = np.arange(TILE)[None], np.arange(TILE)[:, None]
    ribs = np.sin((x * 2 + y * 2) * np.float32(2 * np.pi / 16)).astype(np.float32)
    threads = np.sin(x * np.float32(2 * np.pi / 4)).astype(np.float32) * np.float32(0.4)
    worn = noise_tile(random, ((5, 0.4), (29, 0.3), (101, 0.3))) - np.float32(0.5)
    slubs, _ = _brushed(random)
    tone = (
        ribs * np.float32(0.42)
        + threads * np.float32(0.35)
        + worn * np.float32(0.8)
        + slubs.T * np.float32(0.45)
    )
    return tone, ribs * np.float32(0.9) + threads * np.float32(0.5)


def _weave(random: np.random.Generator) -> tuple[Plane, Plane]:
    x, y = np.arange(TILE)[None], np.arange(TILE)[:, None]
    over = ((x // 8 + y // 8) % 2).astype(np.float32)
    warp = np.abs(np.sin((x + 0.5) * np.float32(np.pi / 8))).astype(np.float32)
    weft = np.abs(np.sin((y + 0.5) * np.float32(np.pi / 8))).astype(np.float32)
    height = over * warp + (1 - over) * weft
    worn = noise_tile(random, ((9, 0.5), (61, 0.5))) - np.float32(0.5)
    return (height - np.float32(0.6)) * np.float32(0.7) + worn * np.float32(0.5), height * np.float32(2.6)


def _knit(random: np.random.Generator) -> tuple[Plane, Plane]:
    """Stocking stitch: columns of small v's."""
    x, y = np.arange(TILE)[None] % 32 - 15.5, np.arange(TILE)[:, None] + 0 * np.arange(TILE)[None]
    slope = y + np.abs(x) * 1.1
    stitch = (slope % 21.333) / 21.333
    yarn = (
        np.sin(stitch * np.pi) ** 0.7
        * (1 - np.exp(-((np.abs(x) / 2.2) ** 2)))
        * np.exp(-((np.abs(x) / 17) ** 8))
    )
    fuzz = random.standard_normal((TILE, TILE)).astype(np.float32)
    fuzz = boxed(fuzz, 2)
    tone = (yarn - 0.55) * 1.1 + fuzz * 0.16
    return tone.astype(np.float32), (yarn * 7 + fuzz * 0.3).astype(np.float32)


def _bricks(random: np.random.Generator) -> tuple[Plane, Plane]:
    y = np.arange(TILE)[:, None] + 0 * np.arange(TILE)[None]
    row = y // 32
    x = np.arange(TILE)[None] + (row % 2) * 32
    edge = np.minimum(np.minimum(y % 32, 31 - y % 32), np.minimum(x % 64, 63 - x % 64)).astype(np.float32)
    brick = np.clip((edge - 1.5) / 2.0, 0, 1)
    tints = random.uniform(-0.28, 0.28, (16, 9)).astype(np.float32)
    tints[:, 8] = tints[:, 0]
    own = tints[row, (x // 64) % 8]
    grit = noise_tile(random, ((61, 0.5), (127, 0.5))) - np.float32(0.5)
    tone = np.where(brick > 0.5, own + grit * 0.4, 0.75 + grit * 0.3)
    return tone.astype(np.float32), np.asarray(brick * 3.5 + grit * 1.6, np.float32)


def _grit(random: np.random.Generator) -> tuple[Plane, Plane]:
    fine = boxed(random.standard_normal((TILE, TILE)).astype(np.float32), 2)
    stains = noise_tile(random, ((4, 0.5), (11, 0.3), (37, 0.2))) - np.float32(0.5)
    return fine * np.float32(0.34) + stains * np.float32(0.6), fine * np.float32(0.7) + stains * np.float32(3)


def _rust(random: np.random.Generator) -> tuple[Plane, Plane]:
    fine = boxed(random.standard_normal((TILE, TILE)).astype(np.float32), 2)
    patch = noise_tile(random, ((5, 0.35), (13, 0.3), (41, 0.35)))
    eaten = np.clip((patch - 0.45) * 5, -1, 1).astype(np.float32)
    return eaten * np.float32(0.8) + fine * np.float32(0.25), eaten * np.float32(3) + fine * np.float32(0.8)


def _cells(random: np.random.Generator, count: int) -> tuple[Plane, Plane, Plane]:
    """Distance from the borders of scattered cells, and two random numbers of each cell. All wrap."""
    seeds = (random.random((count, 2)) * TILE).astype(int)
    field = np.full((3 * TILE, 3 * TILE), 255, np.uint8)
    for shift_y in range(3):
        for shift_x in range(3):
            field[seeds[:, 1] + shift_y * TILE, seeds[:, 0] + shift_x * TILE] = 0
    _, labels = cv2.distanceTransformWithLabels(field, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    nine = labels[field == 0]
    own = np.zeros(int(labels.max()) + 1, int)
    places = np.argwhere(field == 0)
    order = {(int(y), int(x)): k for k, (x, y) in enumerate(seeds)}
    own[nine] = [order[(int(y) % TILE, int(x) % TILE)] for y, x in places]
    kernel = np.ones((3, 3), np.uint8)
    cell = own[labels].astype(np.float32)
    border = cv2.dilate(cell, kernel) != cv2.erode(cell, kernel)
    distance = cast("Plane", cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, 3))
    middle = slice(TILE, 2 * TILE)
    numbers = random.random((count, 2)).astype(np.float32)
    mine = cell[middle, middle].astype(int)
    return np.ascontiguousarray(distance[middle, middle]), numbers[mine, 0], numbers[mine, 1]


def _leather(random: np.random.Generator) -> tuple[Plane, Plane]:
    distance, own, _ = _cells(random, 1900)
    swell = np.minimum(distance / 4, 1)
    stains = noise_tile(random, ((3, 0.6), (9, 0.4))) - np.float32(0.5)
    tone = (
        (swell - np.float32(0.7)) * np.float32(0.5)
        + stains * np.float32(0.5)
        + (own - np.float32(0.5)) * np.float32(0.1)
    )
    return tone, swell * np.float32(2.6)


def _flakes(random: np.random.Generator) -> tuple[Plane, Plane]:
    distance, own, other = _cells(random, 150)
    crack = np.exp(-distance / np.float32(1.5))
    crumple = noise_tile(random, ((17, 0.4), (43, 0.35), (89, 0.25))) - np.float32(0.5)
    tone = (own - np.float32(0.5)) * np.float32(0.7) - crack * np.float32(0.75) + crumple * np.float32(0.5)
    return tone, crumple * np.float32(8) + other * np.float32(2) - crack * np.float32(2)


def _facets(random: np.random.Generator) -> tuple[Plane, Plane]:
    distance, own, other = _cells(random, 130)
    x, y = np.arange(TILE, dtype=np.float32)[None], np.arange(TILE, dtype=np.float32)[:, None]
    slope = np.sin(own * np.float32(6.3)) * x + np.cos(own * np.float32(6.3)) * y
    edge = np.exp(-distance / np.float32(1.2))
    tone = (other - np.float32(0.5)) * np.float32(0.9) + np.sin(slope * np.float32(0.10)) * np.float32(0.12)
    return tone + edge * np.float32(0.8), np.minimum(distance, 9) * np.float32(0.9)


def _cracks(random: np.random.Generator) -> tuple[Plane, Plane]:
    distance, own, _ = _cells(random, 46)
    bubbles = noise_tile(random, ((5, 0.4), (31, 0.3), (97, 0.3))) - np.float32(0.5)
    crack = np.exp(-distance / np.float32(1.6)) + np.exp(-distance / np.float32(9)) * np.float32(0.35)
    return crack * np.float32(0.8) + bubbles * np.float32(0.7) + (own - np.float32(0.5)) * np.float32(
        0.2
    ), -crack * 2


def _magma(random: np.random.Generator) -> tuple[Plane, Plane]:
    distance, _, _ = _cells(random, 60)
    rough = noise_tile(random, ((13, 0.4), (37, 0.3), (83, 0.3))) - np.float32(0.5)
    crack = np.exp(-np.maximum(distance + rough * np.float32(7), 0) / np.float32(4.5))
    return crack * np.float32(1.5) - np.float32(0.45) + rough * np.float32(0.3), np.minimum(
        distance, 8
    ) + rough * 6


def _nap(random: np.random.Generator) -> tuple[Plane, Plane]:
    fine = boxed(random.standard_normal((TILE, TILE)).astype(np.float32), 2)
    strokes = noise_tile(random, ((4, 0.4), (13, 0.4), (61, 0.2))) - np.float32(0.5)
    return fine * np.float32(0.16) + strokes * np.float32(0.5), fine * np.float32(0.5) + strokes * np.float32(
        4
    )


def _moss(random: np.random.Generator) -> tuple[Plane, Plane]:
    distance, own, _ = _cells(random, 2600)
    tuft = np.minimum(distance / 4, 1)
    patch = noise_tile(random, ((5, 0.5), (17, 0.5))) - np.float32(0.5)
    return (tuft - np.float32(0.5)) * np.float32(0.9) + patch * np.float32(0.8) + (
        own - 0.5
    ) * 0.4, tuft * np.float32(4)


def _leafage(random: np.random.Generator) -> tuple[Plane, Plane]:
    tone, height = np.zeros((TILE, TILE), np.float32), np.zeros((TILE, TILE), np.float32)
    for layer in range(700):
        x, y, turn, tint, length = (
            *(random.random(2) * TILE),
            random.random() * 6.3,
            random.random(),
            random.uniform(12, 26),
        )
        reach = int(length) + 2
        line = np.arange(-reach, reach + 1, dtype=np.float32)
        along = line * np.float32(np.cos(turn)) + line[:, None] * np.float32(np.sin(turn))
        across = line[:, None] * np.float32(np.cos(turn)) - line * np.float32(np.sin(turn))
        width = length * 0.36 * np.clip(1 - (along / length) ** 2, 0, 1)
        inside = np.abs(across) < width
        rows, columns = (line.astype(int) + int(y))[:, None] % TILE, (line.astype(int) + int(x))[None] % TILE
        vein = np.exp(-np.abs(across) / 0.9)
        tone[rows, columns] = np.where(
            inside, tint - 0.62 + 0.4 * layer / 700 + vein * 0.3, tone[rows, columns]
        )
        height[rows, columns] = np.where(inside, layer / 60 - np.abs(across) * 0.35, height[rows, columns])
    return tone, height


def _flames(random: np.random.Generator) -> tuple[Plane, Plane]:
    bend = noise_tile(random, ((3, 0.5), (9, 0.5)))
    tongues = noise_tile(random, ((7, 0.5), (19, 0.3), (47, 0.2)))
    x, y = np.meshgrid(np.arange(TILE, dtype=np.float32), np.arange(TILE, dtype=np.float32))
    bent = fetched(tongues, (x * 2 + bend * 60) % (TILE - 1), (y * np.float32(0.5) + bend * 40) % (TILE - 1))
    return (bent - np.float32(0.5)) * np.float32(1.6), bent * np.float32(3)


def _ripples(random: np.random.Generator) -> tuple[Plane, Plane]:
    one, other = (noise_tile(random, ((7, 0.6), (17, 0.4))) for _ in range(2))
    web = np.maximum(1 - np.abs(one - other) * np.float32(5), 0) ** 2
    return web * np.float32(1.1) - np.float32(0.3), (one + other) * np.float32(6)


def _corrugated(random: np.random.Generator) -> tuple[Plane, Plane]:
    y = np.arange(TILE, dtype=np.float32)[:, None] + np.zeros((1, TILE), np.float32)
    waves = np.sin(y * np.float32(2 * np.pi / 16))
    fibre = boxed(random.standard_normal((TILE, TILE)).astype(np.float32), 2)
    specks = noise_tile(random, ((97, 1.0),)) - np.float32(0.5)
    return waves * np.float32(0.22) + fibre * np.float32(0.14) + specks * np.float32(
        0.25
    ), waves * np.float32(1.0) + fibre * np.float32(0.3)


PATTERNS: dict[str, Pattern] = {
    "plain": _plain,
    "veins": _veins,
    "brushed": _brushed,
    "wood": _wood,
    "bamboo": _bamboo,
    "twill": _twill,
    "weave": _weave,
    "knit": _knit,
    "bricks": _bricks,
    "grit": _grit,
    "rust": _rust,
    "leather": _leather,
    "flakes": _flakes,
    "facets": _facets,
    "cracks": _cracks,
    "magma": _magma,
    "nap": _nap,
    "moss": _moss,
    "leafage": _leafage,
    "flames": _flames,
    "ripples": _ripples,
    "corrugated": _corrugated,
}
