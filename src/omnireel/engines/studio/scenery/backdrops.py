"""Distant scenery: mountains, hills, dunes, trees, clouds. Each returns a premultiplied band that repeats."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.card import Card, banded, dyed
from omnireel.engines.studio.scenery.light import Light, mix, scaled
from omnireel.engines.studio.scenery.noise import cloudy, ragged, wavy

WIDTH = 2048
"""Pixels after which a band repeats."""


def mountains(
    light: Light,
    rng: np.random.Generator,
    *,
    rock: Colour,
    height: int = 300,
    peaks: int = 7,
    snow: float = 0.42,
    veil: float = 0.25,
) -> Bytes:
    """Faceted peaks with a lit and a shaded side; `snow` is how far down the caps reach, `veil` the haze on
    them."""
    card = Card(WIDTH, height)
    order = sorted(range(peaks), key=lambda _: float(rng.uniform()))
    lit = mix(dyed(scaled(rock, 1.25), light), light.haze, veil)
    dark = mix(dyed(scaled(rock, 0.62), light), light.haze, veil)
    white = mix(dyed((255, 252, 248), light), light.haze, veil * 0.6)
    blue = mix(dyed((232, 206, 186), light), light.haze, veil * 0.6)
    for n in order:
        x = (n + rng.uniform(-0.25, 0.25)) * WIDTH / peaks
        top = height * rng.uniform(0.04, 0.42)
        half = (height - top) * rng.uniform(0.85, 1.25)
        _peak(card, rng, (x, top), half, (lit, dark), (white, blue), snow)
    field = cloudy(1024, rng, slope=1.1, coarse=6, rows=height)
    card.shade((1 + 0.05 * np.concatenate([field, field], axis=1)).astype(np.float32))
    return _misted(card.band(), light, foot=0.55)


def _peak(
    card: Card,
    rng: np.random.Generator,
    apex: tuple[float, float],
    half: float,
    rock: tuple[Colour, Colour],
    cap: tuple[Colour, Colour],
    snow: float,
) -> None:
    top = apex[1]
    foot = float(card.height)
    left, right = _flank(rng, apex, -half, foot), _flank(rng, apex, half, foot)
    spine = _flank(rng, apex, half * rng.uniform(-0.10, 0.22), foot)
    card.shape([*left, *reversed(right)], rock[0])
    card.shape([*spine, *reversed(right)], rock[1])
    if snow <= 0:
        return
    line = top + (foot - top) * snow
    card.shape(_cap(rng, left, right, line, half * snow), cap[0])
    card.shape(_cap(rng, spine, right, line, half * snow), cap[1])


def _flank(
    rng: np.random.Generator, apex: tuple[float, float], reach: float, foot: float
) -> list[tuple[float, float]]:
    steps = np.linspace(0, 1, 9)
    jitter = rng.uniform(-0.05, 0.05, 9) * abs(reach)
    jitter[0] = 0
    x = apex[0] + steps**1.12 * reach + jitter
    y = apex[1] + steps * (foot - apex[1])
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]


def _cap(
    rng: np.random.Generator,
    left: list[tuple[float, float]],
    right: list[tuple[float, float]],
    line: float,
    half: float,
) -> list[tuple[float, float]]:
    """The part of a face above a ragged snow line."""

    def above(side: list[tuple[float, float]]) -> list[tuple[float, float]]:
        kept = [point for point in side if point[1] <= line]
        below = next(point for point in side if point[1] > line)
        (x0, y0), (x1, y1) = kept[-1], below
        share = (line - y0) / max(1e-6, y1 - y0)
        return [*kept, (x0 + (x1 - x0) * share, line)]

    a, b = above(left), above(right)
    teeth = np.linspace(0, 1, 8)[1:-1]
    drop = np.where(np.arange(6) % 2 == 0, 0.22, -0.10) * half * rng.uniform(0.5, 1.1, 6)
    edge = [(b[-1][0] + (a[-1][0] - b[-1][0]) * t, line + d) for t, d in zip(teeth, drop, strict=True)]
    return [*a, *reversed([(float(x), float(y)) for x, y in edge]), *reversed(b)]


def _misted(band: Bytes, light: Light, *, foot: float) -> Bytes:
    """Haze that thickens toward the foot."""
    share = (np.linspace(0, 1, band.shape[0], dtype=np.float32) ** 2 * np.float32(foot))[:, None, None]
    alpha = band[..., 3:].astype(np.float32) / 255
    colour = band[..., :3] * (1 - share) + np.array(light.haze, np.float32) * alpha * share
    misted = band.copy()
    misted[..., :3] = np.clip(colour, 0, 255).astype(np.uint8)
    return misted


def hills(
    light: Light,
    rng: np.random.Generator,
    *,
    colour: Colour,
    height: int = 180,
    rough: float = 0.10,
    veil: float = 0.15,
    crest: float = 1.22,
) -> Bytes:
    """Rounded slopes, brighter along the crest."""
    curve = wavy(WIDTH, rng, waves=((2, 0.16), (3, 0.14), (5, 0.09), (9, 0.04)))
    curve += ragged(WIDTH, rng, slope=1.6, coarse=12) * np.float32(rough * 0.1)
    top = height * (0.42 - curve)
    return _slope(light, rng, top, colour=colour, height=height, veil=veil, crest=crest)


def dunes(
    light: Light, rng: np.random.Generator, *, colour: Colour, height: int = 200, veil: float = 0.12
) -> Bytes:
    """Sharp-crested dunes: the windward side in light, the slip face in shade."""
    turn = np.linspace(0, 2 * np.pi, WIDTH, endpoint=False, dtype=np.float32)
    curve = np.zeros(WIDTH, np.float32)
    for cycles, share in ((2, 0.20), (3, 0.17), (5, 0.10)):
        phase = (
            (turn * cycles + np.float32(rng.uniform(0, 6.28))) % np.float32(2 * np.pi) / np.float32(2 * np.pi)
        )
        curve += np.float32(share) * np.where(phase < 0.68, phase / 0.68, (1 - phase) / 0.32).astype(
            np.float32
        )
    kernel = np.ones(9, np.float32) / 9
    curve = np.convolve(np.concatenate([curve[-9:], curve, curve[:9]]), kernel, "same")[9:-9].astype(
        np.float32
    )
    top = height * (0.52 - curve * 0.95 + 0.05)
    return _slope(light, rng, top, colour=colour, height=height, veil=veil, crest=1.12, slip=0.42)


def _slope(
    light: Light,
    rng: np.random.Generator,
    top: Floats,
    *,
    colour: Colour,
    height: int,
    veil: float,
    crest: float,
    slip: float = 0.16,
) -> Bytes:
    """Fill below a curve, shading by the curve's own slope and by depth under the crest."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    depth = rows - top[None, :]
    lean = np.gradient(top).astype(np.float32)
    lean = np.convolve(np.concatenate([lean[-15:], lean, lean[:15]]), np.ones(15) / 15, "same")[15:-15]
    # The light comes from the upper left: slopes that fall to the right lie in shade, less so further down.
    shade = 1 - slip * np.clip(lean * 2.2, -0.4, 1)[None, :] * np.exp(-np.maximum(depth, 0) / (height * 0.5))
    glow = 1 + (crest - 1) * np.exp(-np.maximum(depth, 0) / (height * 0.10))
    field = cloudy(1024, rng, slope=1.2, coarse=4, rows=height)
    texture = 1 + 0.035 * np.concatenate([field, field], axis=1)
    paint = np.array(mix(dyed(colour, light), light.haze, veil), np.float32)
    return banded(paint * (shade * glow * texture)[..., None], np.clip(depth + 0.5, 0, 1))


def treeline(
    light: Light,
    rng: np.random.Generator,
    trees: list[Bytes],
    *,
    height: int = 220,
    count: int = 46,
    under: Colour = (30.0, 74.0, 38.0),
    veil: float = 0.2,
    soften: int = 0,
    fill: float = 0.30,
) -> Bytes:
    """A wall of trees (straight BGRA pictures), the far ones first."""
    card = Card(WIDTH, height)
    base = mix(dyed(under, light), light.haze, veil)
    card.box(0, height * (1 - fill), WIDTH, height, base)
    for depth in (0.55, 0.75, 1.0):
        share = veil + (1 - depth) * 0.5
        seen = [_veiled(tree, light, share, 0.55 + 0.45 * depth) for tree in trees]
        for n in range(count):
            x = (n + rng.uniform(0, 1)) * WIDTH / count
            tree = seen[int(rng.integers(len(trees)))]
            tall = height * rng.uniform(0.55, 0.95) * (0.62 + 0.38 * depth)
            card.paste(tree, x, height * (1.02 - (1 - depth) * 0.28), tall)
    return card.band(soften=soften)


def _veiled(straight: Bytes, light: Light, share: float, gain: float) -> Bytes:
    """A picture seen through air."""
    small = cv2.resize(
        straight, (straight.shape[1] // 2, straight.shape[0] // 2), interpolation=cv2.INTER_AREA
    )
    colour = small[..., :3].astype(np.float32) * np.float32(gain)
    small[..., :3] = np.clip(colour + (np.array(light.haze, np.float32) - colour) * np.float32(share), 0, 255)
    return small.astype(np.uint8)


def cumulus(light: Light, rng: np.random.Generator, *, height: int, amount: float) -> Bytes:
    """Heaped clouds with flat feet, modelled like the rest of the toy world."""
    relief = np.zeros((height, WIDTH), np.float32)
    for _ in range(max(2, round(amount * 12))):
        _heap(relief, rng)
    rough = cloudy(1024, rng, slope=1.9, coarse=6, rows=height)
    puffs = np.concatenate([rough, rough], axis=1) * np.minimum(relief / 14, 1)
    relief = _wrapped_blur(np.where(relief > 0, relief + 2.2 * puffs, relief).astype(np.float32), 7)
    slope_y, slope_x = np.gradient(_wrapped_blur(relief, 11))
    lit = np.clip(0.74 - 0.16 * slope_x + 0.26 * slope_y, 0.0, 1.0)
    alpha = np.clip(relief / 13, 0, 1) ** 1.2 * 0.94
    shade, bright = np.array(light.cloud_dark, np.float32), np.array(light.cloud_lit, np.float32)
    colour = shade + (bright - shade) * np.asarray(lit)[..., None]
    return banded(colour, alpha)


def _heap(relief: Floats, rng: np.random.Generator) -> None:
    height = relief.shape[0]
    size = rng.uniform(0.10, 0.20) * height
    foot = rng.uniform(0.35, 0.93) * height
    middle = rng.uniform(0, WIDTH)
    rows = np.arange(height, dtype=np.float32)[:, None]
    for _ in range(int(rng.integers(6, 11))):
        radius = size * rng.uniform(0.45, 1.0)
        x, y = middle + rng.normal(0, size * 1.25), foot - radius * rng.uniform(0.15, 0.75)
        left, right = int(x - radius), int(x + radius) + 1
        columns = np.arange(left, right, dtype=np.float32)[None, :]
        ball = np.sqrt(np.maximum(0, radius**2 - (columns - x) ** 2 - (rows - y) ** 2))
        ball *= np.clip((foot - rows) / (size * 0.25) + 0.3, 0, 1)
        where = np.arange(left, right) % WIDTH
        relief[:, where] = np.maximum(relief[:, where], ball)


def _wrapped_blur(field: Floats, reach: int) -> Floats:
    wrapped = cv2.copyMakeBorder(field, 0, 0, reach, reach, cv2.BORDER_WRAP)
    soft: Floats = cv2.blur(wrapped, (reach, reach))[:, reach:-reach].astype(np.float32)
    return soft


def stratus(light: Light, rng: np.random.Generator, *, height: int) -> Bytes:
    """An overcast sky: broad rolls of cloud, thinner toward the horizon."""
    field = cloudy(1024, rng, slope=2.15, coarse=3)
    wide = cv2.resize(
        np.concatenate([field, field], axis=1)[: height * 2], (WIDTH, height), interpolation=cv2.INTER_AREA
    )
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    alpha = np.clip(0.72 + 0.26 * wide, 0, 0.96) * np.clip((1 - rows) * 2.2, 0, 1)
    lit = np.clip(
        0.5 + 9 * np.gradient(_wrapped_blur(wide.astype(np.float32), 9), axis=0) + 0.20 * wide, 0, 1
    )
    shade, bright = np.array(light.cloud_dark, np.float32), np.array(light.cloud_lit, np.float32)
    colour = shade + (bright - shade) * lit[..., None]
    return banded(colour, alpha)


def roller(light: Light, rng: np.random.Generator, water: Colour, *, height: int = 130) -> Bytes:
    """A long wave seen from the side: peaked crests edged with foam, dissolving downward into the sea."""
    turn = np.linspace(0, 2 * np.pi, WIDTH, endpoint=False, dtype=np.float32)
    swell = turn * 7 + 0.9 * np.sin(turn * 2 + np.float32(rng.uniform(0, 6.28)))
    curve = (1 - np.abs(np.sin(swell / 2))) ** 1.5 * (
        0.55 + 0.45 * np.sin(turn * 3 + np.float32(rng.uniform(0, 6.28)))
    )
    top = height * (0.62 - 0.52 * np.clip(curve, 0, 1))
    depth = np.arange(height, dtype=np.float32)[:, None] - top[None, :]
    field = cloudy(1024, rng, slope=1.2, coarse=6, rows=height)
    wide = np.concatenate([field, field], axis=1)
    lit = np.exp(-np.maximum(depth, 0) / (height * 0.16))
    foam = np.clip(1.15 - depth / (5 + 4 * wide + 9 * curve[None, :]), 0, 1) * 0.85
    body = np.array(water, np.float32) * (0.95 + 0.10 * wide[..., None])
    crest = np.array(mix(scaled(water, 1.6), light.haze, 0.45), np.float32)
    colour = body + (crest - body) * lit[..., None] * 0.6
    white = np.array(mix(light.haze, (255, 255, 255), 0.45), np.float32)
    colour = colour + (white - colour) * foam[..., None]
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    alpha = np.clip(depth + 0.5, 0, 1) * np.clip((1 - rows) * 2.4, 0, 1)
    return banded(colour, alpha)


def cloud_tops(light: Light, rng: np.random.Generator, *, height: int, veil: float) -> Bytes:
    """A sea of cloud seen from above: billows against the sky, closed below."""
    relief = np.zeros((height, WIDTH), np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    for n in range(150):
        radius = height * rng.uniform(0.10, 0.30)
        x, y = rng.uniform(0, WIDTH), height * (0.30 + 0.80 * (n / 150)) + radius * 0.5
        where = np.arange(int(x - radius), int(x + radius) + 1)
        ball = np.sqrt(np.maximum(0, radius**2 - (where[None, :] - x) ** 2 - (rows - y) ** 2))
        part = relief[:, where % WIDTH]
        relief[:, where % WIDTH] = np.where(ball > 0, np.maximum(ball, part * 0.7), part)
    top = np.argmax(relief > 2, axis=0)
    alpha = _wrapped_blur(np.clip(rows - top[None, :] + 1, 0, 1).astype(np.float32), 7)
    rough = cloudy(1024, rng, slope=1.7, coarse=6, rows=height)
    puffs = np.concatenate([rough, rough], axis=1) * np.float32(3.0)
    relief = _wrapped_blur((relief + puffs).astype(np.float32), 9)
    slope_y, slope_x = np.gradient(_wrapped_blur(relief, 15))
    lit = np.asarray(np.clip(0.72 - 0.12 * slope_x + 0.20 * slope_y, 0.1, 1.0))[..., None]
    shade, bright = np.array(light.cloud_dark, np.float32), np.array(light.cloud_lit, np.float32)
    colour = shade + (bright - shade) * lit
    colour = colour + (np.array(light.haze, np.float32) - colour) * np.float32(veil)
    return banded(colour, alpha)
