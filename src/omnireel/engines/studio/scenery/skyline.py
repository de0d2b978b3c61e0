"""Cities: towers with windows, signs and light tubes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour
from omnireel.engines.studio.scenery.backdrops import WIDTH
from omnireel.engines.studio.scenery.card import Card, dyed
from omnireel.engines.studio.scenery.light import Light, mix, rgb, scaled

_WALLS = [rgb(text) for text in ("c9d3e2", "dcc9b8", "b7c4d6", "e2d6c4", "a9b4cc", "d8b8a8", "bcd0cc")]
_NEON_WALLS = [rgb(text) for text in ("2b2550", "231d44", "342a5c", "1e2348", "2a1f4a")]
_LAMP_LIGHT = [rgb(text) for text in ("ffdf9a", "ffe9c0", "ffd27a", "fff2d8", "bfe4ff")]
_NEON = [rgb(text) for text in ("ff2bd6", "19f0ff", "8a5bff", "ff5a3c", "ffe14a", "36ff9c")]


@dataclass(frozen=True)
class Street:
    """How one row of towers is built. Heights are shares of the band."""

    low: float
    high: float
    veil: float
    neon: float = 0.0
    narrow: int = 70
    wide: int = 150
    cell: float = 1.0
    """Size of a window against that of a distant tower."""
    shops: bool = False
    """Shop fronts with awnings along the pavement."""


def towers(light: Light, rng: np.random.Generator, street: Street, *, height: int = 420) -> Bytes:
    """A row of towers, windows lit by the hour; `street.neon` above 0 adds signs and tubes."""
    card = Card(WIDTH, height)
    x = 0.0
    while x < WIDTH - street.narrow * 0.6:
        width = min(float(rng.uniform(street.narrow, street.wide)), WIDTH - x)
        top = height * (1 - rng.uniform(street.low, street.high))
        _tower(card, light, rng, street, (x, top, width))
        x += width * rng.uniform(0.86, 1.06)
    return card.band()


def _tower(
    card: Card, light: Light, rng: np.random.Generator, street: Street, place: tuple[float, float, float]
) -> None:
    x, top, width = place
    walls = _NEON_WALLS if street.neon else _WALLS
    paint = walls[int(rng.integers(len(walls)))]
    strength = 0.35 if street.neon else 1.0
    front = mix(dyed(paint, light, strength), light.haze, street.veil)
    side = mix(dyed(scaled(paint, 0.72), light, strength), light.haze, street.veil)
    split = x + width * rng.uniform(0.70, 0.84)
    if rng.uniform() < 0.45:
        inset = width * rng.uniform(0.12, 0.22)
        card.box(x + inset, top - rng.uniform(12, 40), x + width - inset, top + 2, side)
    card.box(x, top, split, card.height, front)
    card.box(split, top, x + width, card.height, side)
    card.box(x, top, split, top + 4, scaled(front, 1.18))
    if rng.uniform() < 0.3:
        mast = x + width * 0.5
        card.line((mast, top), (mast, top - rng.uniform(20, 55)), side, 2)
    _windows(card, light, rng, street, (x, top, split - x, width))
    if street.shops:
        _shop(card, light, rng, (x, split, x + width))
    if street.neon and rng.uniform() < street.neon:
        _signs(card, rng, (x, top, split - x), street.veil, light)


def _windows(
    card: Card,
    light: Light,
    rng: np.random.Generator,
    street: Street,
    place: tuple[float, float, float, float],
) -> None:
    x, top, front, width = place
    cell = street.cell
    pitch_x, pitch_y = cell * float(rng.uniform(13, 18)), cell * float(rng.uniform(17, 24))
    foot = card.height - (52 if street.shops else 6)
    dark = mix(dyed(rgb("5b7fa8"), light), light.haze, street.veil * 0.9)
    warm = _NEON if street.neon and rng.uniform() < 0.25 else _LAMP_LIGHT
    tone = warm[int(rng.integers(len(warm)))]
    share = 0.62 * light.lamps * rng.uniform(0.5, 1.0)
    for row in np.arange(top + 12 * cell, foot - pitch_y * 0.5, pitch_y):
        for column in np.arange(x + 7 * cell, x + width - 8 * cell, pitch_x):
            if x + front - 10 * cell < column < x + front + 2:
                continue
            lit = rng.uniform() < share
            glass = mix(scaled(tone, rng.uniform(0.75, 1.0)), light.haze, street.veil * 0.6) if lit else dark
            side = column > x + front
            wide = cell * (5 if side else 7)
            card.box(column, row, column + wide, row + pitch_y * 0.52, scaled(glass, 0.8 if side else 1.0))
            if cell > 1.3:
                card.box(column, row, column + wide, row + 2, scaled(glass, 0.72))


def _shop(card: Card, light: Light, rng: np.random.Generator, place: tuple[float, float, float]) -> None:
    """A lit window under a striped awning."""
    left, split, right = place
    foot = card.height
    awning = _NEON[int(rng.integers(len(_NEON)))]
    first, second = dyed(scaled(awning, 0.85), light, 0.6), dyed((245, 245, 248), light, 0.7)
    glass = mix(dyed(rgb("8fb4cc"), light), rgb("ffdc96"), light.lamps * 0.9)
    card.box(left + 8, foot - 36, split - 6, foot - 4, glass)
    card.box(left + 8, foot - 36, left + (split - left) * 0.28, foot, scaled(glass, 0.6))
    for n, x in enumerate(np.arange(left + 3, split - 6, 14)):
        tone = second if n % 2 else first
        card.shape([(x, foot - 50), (x + 14, foot - 50), (x + 14, foot - 33), (x, foot - 33)], tone)
    card.box(split, foot - 48, right, foot, dyed(rgb("8a8494"), light, 0.8))


def _signs(
    card: Card, rng: np.random.Generator, place: tuple[float, float, float], veil: float, light: Light
) -> None:
    x, top, front = place
    tone = mix(_NEON[int(rng.integers(len(_NEON)))], light.haze, veil * 0.5)
    if rng.uniform() < 0.40:
        edge = x + (0 if rng.uniform() < 0.5 else front)
        card.line((edge, top), (edge, card.height), tone, 3)
    if rng.uniform() < 0.75:
        wide, tall = rng.uniform(18, 30), rng.uniform(60, 120)
        left, high = x + rng.uniform(4, max(5.0, front - wide - 6)), top + rng.uniform(20, 90)
        _board(card, rng, (left, high, wide, tall), tone)


def _board(
    card: Card, rng: np.random.Generator, place: tuple[float, float, float, float], tone: Colour
) -> None:
    """A framed upright sign with strokes that look like writing from afar."""
    left, top, wide, tall = place
    card.box(left, top, left + wide, top + tall, scaled(tone, 0.14))
    corners = [(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)]
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        card.line(a, b, tone, 2)
    for row in np.arange(top + 8, top + tall - 12, wide * 0.72):
        for _ in range(3):
            a = (left + wide * rng.uniform(0.25, 0.75), row + wide * rng.uniform(0, 0.5))
            b = (left + wide * rng.uniform(0.25, 0.75), row + wide * rng.uniform(0, 0.5))
            card.line(a, b, mix(tone, (255, 255, 255), 0.35), 2)
