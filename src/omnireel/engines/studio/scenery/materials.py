"""Grounds to stand on: tileable textures and their smoother levels."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.light import Light
from omnireel.engines.studio.scenery.noise import cloudy

SIDE = 512
"""Texture pixels per tile."""
_LEVELS = 6


def levels_of(texture: Floats, light: Light) -> Bytes:
    """(level, side, side, 3): the texture in the shot's light, each level averaged over twice the reach."""
    tint = np.array(light.tint, np.float32) * np.float32(light.gloom)
    current = np.clip(texture * tint, 0, 255).astype(np.float32)
    levels = []
    for level in range(_LEVELS):
        levels.append(np.clip(current + 0.5, 0, 255).astype(np.uint8))
        reach = 2**level + 1
        current = _blurred(current, reach)
    return np.stack(levels)


def _blurred(texture: Floats, reach: int) -> Floats:
    wrapped = cv2.copyMakeBorder(texture, *(reach,) * 4, cv2.BORDER_WRAP)
    soft: Floats = cv2.blur(wrapped, (reach, reach))[reach:-reach, reach:-reach].astype(np.float32)
    return np.ascontiguousarray(soft)


def _base(colour: Colour, rng: np.random.Generator, *, broad: float, fine: float) -> Floats:
    soft = cloudy(SIDE, rng, slope=1.3, coarse=2)[..., None] * np.float32(broad)
    grit = cloudy(SIDE, rng, slope=0.15, coarse=30)[..., None] * np.float32(fine)
    ground: Floats = (np.array(colour, np.float32) * (1 + soft + grit)).astype(np.float32)
    return ground


def sand(rng: np.random.Generator, colour: Colour = (132.0, 190.0, 232.0)) -> Floats:
    """Fine grains over soft wind ripples."""
    ground = _base(colour, rng, broad=0.035, fine=0.035)
    rows = np.arange(SIDE, dtype=np.float32)[:, None]
    bend = cloudy(SIDE, rng, slope=2.0, coarse=1) * 9
    ripple = np.sin((rows + bend) * np.float32(2 * np.pi * 14 / SIDE))
    rippled: Floats = (ground * (1 + 0.022 * ripple[..., None])).astype(np.float32)
    return rippled


def grass(rng: np.random.Generator, colour: Colour = (64.0, 168.0, 108.0)) -> Floats:
    """Thousands of short blades."""
    ground = _base(colour, rng, broad=0.07, fine=0.03)
    blades = np.zeros((SIDE, SIDE), np.float32)
    for x, y, lean, length, shade in _strokes(rng, 7000):
        cv2.line(blades, (x, y), (x + lean, y - length), shade, 1, cv2.LINE_AA)
    return (ground * (1 + 0.20 * blades[..., None])).astype(np.float32)


def _strokes(rng: np.random.Generator, count: int) -> list[tuple[int, int, int, int, float]]:
    x, y = rng.integers(0, SIDE, (2, count))
    lean, length = rng.integers(-4, 5, count), rng.integers(4, 12, count)
    shade = rng.uniform(-1, 1, count)
    return [
        (int(a), int(b), int(c), int(d), float(e))
        for a, b, c, d, e in zip(x, y, lean, length, shade, strict=True)
    ]


def snow(rng: np.random.Generator) -> Floats:
    """White with blue hollows."""
    soft = cloudy(SIDE, rng, slope=1.8, coarse=1)[..., None]
    ground = np.array((252.0, 246.0, 240.0), np.float32) * (1 + 0.030 * soft)
    ground -= np.maximum(0, -soft) * np.array((2.0, 9.0, 16.0), np.float32)
    sparkle = (rng.uniform(0, 1, (SIDE, SIDE, 1)) > 0.9985) * np.float32(14)
    return (ground + sparkle).astype(np.float32)


def asphalt(rng: np.random.Generator, colour: Colour = (86.0, 80.0, 78.0)) -> Floats:
    return _base(colour, rng, broad=0.05, fine=0.06)


def earth(rng: np.random.Generator, colour: Colour = (70.0, 104.0, 128.0)) -> Floats:
    """Forest floor: soil with needles and leaves."""
    ground = _base(colour, rng, broad=0.10, fine=0.07)
    litter = np.zeros((SIDE, SIDE), np.float32)
    for x, y, lean, length, shade in _strokes(rng, 2600):
        cv2.line(litter, (x, y), (x + lean * 2, y - length // 2), shade, 2, cv2.LINE_AA)
    return (ground * (1 + 0.20 * litter[..., None])).astype(np.float32)


def planks(rng: np.random.Generator, colour: Colour = (92.0, 142.0, 190.0)) -> Floats:
    """Boards that run toward the viewer."""
    grain = cloudy(SIDE, rng, slope=1.0, coarse=4)
    stretched = cv2.resize(grain[: SIDE // 8], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    board = np.arange(SIDE) * 8 // SIDE
    tone = rng.uniform(-0.10, 0.10, 8).astype(np.float32)[board][None, :]
    gap = ((np.arange(SIDE) * 8 % SIDE) < 14)[None, :] * np.float32(0.35)
    shade = 1 + tone + 0.05 * stretched - gap
    return (np.array(colour, np.float32) * shade[..., None]).astype(np.float32)


def paving(rng: np.random.Generator, colour: Colour = (168.0, 172.0, 176.0)) -> Floats:
    """Square slabs with joints."""
    ground = _base(colour, rng, broad=0.04, fine=0.03)
    cell = SIDE // 4
    tone = rng.uniform(-0.05, 0.05, (4, 4)).astype(np.float32).repeat(cell, 0).repeat(cell, 1)
    line = np.arange(SIDE) % cell < 6
    joint = (line[None, :] | line[:, None]) * np.float32(0.22)
    return (ground * (1 + tone - joint)[..., None]).astype(np.float32)


def checks(
    rng: np.random.Generator, a: Colour = (236.0, 240.0, 242.0), b: Colour = (150.0, 158.0, 162.0)
) -> Floats:
    """Polished tiles of two colours in turn."""
    cell = np.arange(SIDE) * 8 // SIDE
    odd = ((cell[:, None] + cell[None, :]) % 2)[..., None]
    ground = _base((1.0, 1.0, 1.0), rng, broad=0.02, fine=0.015)
    return (ground * np.where(odd, np.array(a), np.array(b))).astype(np.float32)


def road(light: Light, rng: np.random.Generator, *, dashed: bool = True) -> Bytes:
    """A road seen from above, (across, along, 3): kerbs, tarmac and a broken middle line, 12 m along."""
    across, along = 256, 512
    surface = asphalt(rng)[:across, :along].copy()
    surface[:10] = surface[-10:] = (170, 172, 176)
    surface[16:20] = surface[-20:-16] = (205, 208, 210)
    if dashed:
        middle = slice(across // 2 - 4, across // 2 + 4)
        for start in range(0, along, along // 4):
            surface[middle, start : start + along // 8] = (120, 205, 240)
    tint = np.array(light.tint, np.float32) * np.float32(light.gloom)
    return np.ascontiguousarray(np.clip(surface * tint, 0, 255).astype(np.uint8))
