"""Skies to put in place of a source's own: colours by height, drifting clouds, stars, an aurora."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.edits.kernels_clouds import lay_clouds
from omnireel.engines.studio.looks.grade import Colour, Grade
from omnireel.engines.studio.picture.raster import Plane, Size, softened, stretched, wrapped_at
from omnireel.media.frames import Frame

_SIDE = 512
"""Pixels of a cloud tile; it repeats on all sides."""
_BORDER = 16
_STARS_APART = 420.0
"""Texels of the star tile to a picture height."""


@dataclass(frozen=True)
class Heaven:
    """A kind of sky. Colours are blue, green, red.

    `stops` go from the zenith to the horizon. `cover` is how much cloud there is, 0 to 1, lit in `lit` and
    shaded in `shade`; `wind` in picture widths a second. `relight` is what this sky's light does to the rest,
    `wrap` the light it throws around edges.
    """

    stops: tuple[Colour, Colour, Colour, Colour]
    lit: Colour
    shade: Colour
    cover: float
    relight: Grade
    wind: float = 0.006
    stars: float = 0.0
    aurora: float = 0.0
    sun: Colour | None = None
    soft: float = 0.16
    """Width of a cloud's edge, in the tile's units."""


HEAVENS = {
    "sunset": Heaven(
        stops=((120, 70, 60), (130, 95, 150), (95, 130, 240), (130, 205, 255)),
        lit=(140, 165, 255),
        shade=(105, 70, 110),
        cover=0.55,
        sun=(150, 225, 255),
        relight=Grade(
            exposure=0.84, contrast=0.18, saturation=1.05, gain=(0.72, 0.88, 1.08), lift=(0.05, 0.02, 0.03)
        ),
    ),
    "dawn": Heaven(
        stops=((190, 150, 120), (205, 175, 165), (190, 190, 245), (190, 220, 255)),
        lit=(205, 205, 255),
        shade=(175, 150, 175),
        cover=0.45,
        sun=(190, 230, 255),
        relight=Grade(
            exposure=0.94, saturation=0.92, gain=(0.93, 0.94, 1.04), lift=(0.05, 0.03, 0.04)
        ),
    ),
    "stars": Heaven(
        stops=((38, 14, 8), (60, 26, 14), (92, 46, 24), (120, 72, 44)),
        lit=(96, 66, 46),
        shade=(44, 24, 16),
        cover=0.18,
        stars=1.0,
        relight=Grade(
            exposure=0.55, contrast=0.2, saturation=0.5, gain=(1.06, 0.84, 0.66), lift=(0.06, 0.03, 0.012)
        ),
    ),
    "aurora": Heaven(
        stops=((36, 16, 8), (52, 30, 14), (70, 56, 24), (84, 84, 40)),
        lit=(70, 62, 40),
        shade=(34, 24, 14),
        cover=0.08,
        stars=0.8,
        aurora=1.0,
        relight=Grade(
            exposure=0.55, contrast=0.2, saturation=0.55, gain=(0.92, 1.0, 0.68), lift=(0.05, 0.045, 0.012)
        ),
    ),
    "storm": Heaven(
        stops=((66, 58, 52), (88, 80, 74), (120, 114, 108), (168, 166, 162)),
        lit=(170, 164, 158),
        shade=(52, 46, 42),
        cover=0.92,
        wind=0.016,
        soft=0.34,
        relight=Grade(
            exposure=0.68, contrast=0.28, saturation=0.58, gain=(1.04, 0.99, 0.94)
        ),
    ),
    "cloudy": Heaven(
        stops=((214, 160, 104), (220, 178, 132), (226, 200, 168), (232, 220, 206)),
        lit=(252, 250, 248),
        shade=(196, 182, 172),
        cover=0.72,
        soft=0.26,
        relight=Grade(exposure=0.97, contrast=-0.05, saturation=0.9),
    ),
    "clear": Heaven(
        stops=((190, 112, 46), (206, 142, 80), (222, 180, 132), (236, 214, 190)),
        lit=(255, 252, 250),
        shade=(214, 198, 186),
        cover=0.24,
        relight=Grade(exposure=1.06, contrast=0.08, saturation=1.12),
    ),
}  # fmt: skip


class Heavens:
    """Paints one kind of sky for a clip: the same seed gives the same clouds."""

    def __init__(self, heaven: Heaven, size: Size, horizon: float, seed: int) -> None:
        """`size` is the grid it paints on; its lowest stop is at the row `horizon`, a share of the height."""
        self._heaven, self._size = heaven, size
        self._random = np.random.default_rng([seed, 7])
        self._rows = np.linspace(0, 1, size[1], dtype=np.float32) / np.float32(max(0.15, horizon))
        self._tiles = [_cloud_tile(self._random) for _ in range(2)]
        self._stars = _star_tile(self._random) if heaven.stars else None
        self._columns = np.linspace(0, size[0] / size[1], size[0], dtype=np.float32)

    def at(self, seconds: float, pan: tuple[float, float], zoom: float) -> Frame:
        """The sky `seconds` in, the camera turned by `pan` picture heights, `zoom` times as near."""
        up = self._rows - np.float32(pan[1])
        across = (self._columns - self._columns[-1] / 2) / np.float32(zoom) - np.float32(pan[0])
        sky = self._gradient(up)
        if self._heaven.sun is not None:
            sky += self._glow(self._heaven.sun, across, up)
        if self._stars is not None:
            sky += self._starlight(self._stars, across, up, seconds)
        if self._heaven.aurora:
            sky += self._curtains(across, up[:, None], seconds)
        self._lay_clouds(sky, across, up, seconds)
        return np.clip(sky, 0, 255).astype(np.uint8)

    def _gradient(self, up: Plane) -> Plane:
        stops = np.array(self._heaven.stops, np.float32)
        level = np.clip(up, 0, 1)
        column = [np.interp(level, (0.0, 0.45, 0.8, 1.0), stops[:, channel]) for channel in range(3)]
        plain = np.stack(column, axis=1).astype(np.float32)[:, None]
        return np.repeat(plain, self._size[0], axis=1)

    def _glow(self, sun: Colour, across: Plane, up: Plane) -> Plane:
        aside, above = across - np.float32(0.25), (up - np.float32(0.86)) * np.float32(0.6)
        away = np.sqrt(aside[None] ** 2 + above[:, None] ** 2)
        light = np.exp(-away * np.float32(3.4)) * np.float32(0.52) + np.exp(-((away / np.float32(0.05)) ** 2))
        return np.asarray(light[..., None] * np.array(sun, np.float32), np.float32)

    def _starlight(self, tile: Plane, across: Plane, up: Plane, seconds: float) -> Plane:
        x, y = np.meshgrid(across * _STARS_APART + np.float32(seconds * 0.6), up * _STARS_APART)
        shine = wrapped_at(tile, np.stack([x, y], axis=-1).astype(np.float32))
        fade = np.clip(np.float32(1.15) - up, 0.1, 1) * np.float32(self._heaven.stars)
        return np.asarray(shine * fade[:, None, None], np.float32)

    def _curtains(self, across: Plane, up: Plane, seconds: float) -> Plane:
        light = np.zeros((len(up), len(across)), np.float32)
        for number, (height, pace) in enumerate(((0.52, 0.23), (0.68, -0.17), (0.42, 0.13))):
            wave = np.sin(across * (2.3 + number) + seconds * pace * 2) * 0.09
            wave = wave + np.sin(across * (5.1 + 2 * number) - seconds * pace * 3) * 0.04
            foot = np.asarray(height + wave, np.float32) - up
            rays = 0.62 + 0.38 * np.sin(across * (31 + 7 * number) + np.sin(across * 9 + seconds) * 2)
            body = np.exp(-np.clip(foot, 0, None) * np.float32(5.2)) * np.clip(foot * 26 + 1, 0, 1)
            light += body * np.asarray(rays * (1, 0.6, 0.45)[number], np.float32)
        tall = np.clip((np.float32(0.62) - up) * 2, 0, 1)[..., None]
        green, violet = np.array((94, 200, 76), np.float32), np.array((160, 60, 120), np.float32)
        return np.asarray(light[..., None] * (green * (1 - tall) + violet * tall), np.float32)

    def _lay_clouds(self, sky: Plane, across: Plane, up: Plane, seconds: float) -> None:
        heaven = self._heaven
        tones = np.array((heaven.shade, heaven.lit), np.float32)
        for tile, scale, pace in zip(self._tiles, (150.0, 260.0), (1.0, 1.7), strict=True):
            drift = seconds * heaven.wind * pace * _SIDE * 2
            layer = np.array((scale, drift, 1 - heaven.cover, 1 / heaven.soft), np.float32)
            lay_clouds(sky, tile, across, up, layer, tones)


def _cloud_tile(random: np.random.Generator) -> Plane:
    """`(side, side, 2)`: how thick clouds are, 0 to 1 with an even spread, and how brightly they are lit."""
    noise = random.normal(0, 1, (_SIDE, _SIDE))
    away = np.hypot(*np.meshgrid(np.fft.fftfreq(_SIDE), np.fft.fftfreq(_SIDE)))
    away[0, 0] = 1
    spectrum = np.fft.fft2(noise) / np.maximum(away, 1.6 / _SIDE) ** 1.75
    field = np.real(np.fft.ifft2(spectrum))
    rank = np.empty(field.size, np.float32)
    rank[np.argsort(field, axis=None)] = np.linspace(0, 1, field.size, dtype=np.float32)
    thick = rank.reshape(field.shape)
    around = softened(np.pad(thick, _BORDER, mode="wrap"), 3)[_BORDER:-_BORDER, _BORDER:-_BORDER]
    # Lit from above: bright where it gets thinner upwards.
    lit = 0.55 + 3.2 * (thick - np.roll(around, 9, axis=0)) - 0.25 * (thick - 0.5)
    return np.ascontiguousarray(np.stack([thick, lit.astype(np.float32)], axis=-1))


def _star_tile(random: np.random.Generator) -> Plane:
    tile = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    for x, y, size, warm in random.uniform(0, 1, (700, 4)):
        level = 90 + 165 * size**4
        colour = (level * (1 - 0.25 * warm), level * 0.95, level * (0.75 + 0.25 * warm))
        centre = int(x * _SIDE * 16), int(y * _SIDE * 16)
        cv2.circle(tile, centre, int(16 * (0.5 + 0.9 * size**8)), colour, -1, cv2.LINE_AA, 4)
    return cast("Plane", tile.astype(np.float32))


def enlarged(sky: Frame, size: Size) -> Frame:
    """The painted sky at the canvas's size."""
    return stretched(sky, size)
