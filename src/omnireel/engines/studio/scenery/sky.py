"""The sky: gradient, stars, sun or moon, clouds."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.backdrops import cumulus, stratus
from omnireel.engines.studio.scenery.light import Light
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.painter import glow_of

MARGIN = 1.30
"""Height of a sky above the horizon, in horizon rows: what a tilt may reveal."""


def sky_for(light: Light, width: int, horizon: float, rng: np.random.Generator) -> Bytes:
    """A sky twice the frame's width, repeating, whose last row lies on the horizon."""
    height = int(horizon * MARGIN) + 4
    sky = graded(light.sky, 2 * width, height, rng)
    if light.stars > 0.05:
        with_stars(sky, rng, light.stars, count=int(width * height / 2600))
    return sky


def graded(
    stops: tuple[Colour, Colour, Colour, Colour], width: int, height: int, rng: np.random.Generator
) -> Bytes:
    """A vertical gradient, dithered so that it shows no bands."""
    rows = np.linspace(0, 1, height)
    # A tilt margin lies above the zenith stop; the richest colours belong in the lowest half.
    where = [0.0, 0.42, 0.80, 1.0]
    column = np.stack([np.interp(rows, where, [stop[n] for stop in stops]) for n in range(3)], axis=1)
    noise = rng.uniform(0, 0.999, (height, width)).astype(np.float32)
    tones = np.clip(column, 0, 255).astype(np.float32)
    planes = [(noise + tones[:, n, None]).astype(np.uint8) for n in range(3)]
    return cv2.merge(planes).astype(np.uint8, copy=False)


def with_stars(sky: Bytes, rng: np.random.Generator, strength: float, count: int) -> None:
    """Scatter stars over a sky, in place; fewer and fainter toward its foot."""
    height, width = sky.shape[:2]
    for x, y, size, warm in rng.uniform(0, 1, (count, 4)):
        fade = strength * (1 - y * 0.8) * (0.35 + 0.65 * size**3)
        colour = np.array((255, 236 + 14 * warm, 210 + 40 * warm)) * fade
        radius = 0.6 + 1.3 * size**6
        centre = (int(x * width * 16), int(y * height * 16))
        spot = tuple(
            float(value) for value in np.maximum(colour, sky[int(y * (height - 1)), int(x * (width - 1))])
        )
        cv2.circle(sky, centre, int(radius * 16), spot, -1, cv2.LINE_AA, 4)


def nebula(width: int, height: int, rng: np.random.Generator, tones: tuple[Colour, Colour, Colour]) -> Bytes:
    """Deep space: clouds of lit gas, dust lanes and many stars; repeats sideways."""
    side = 512
    gas = [cloudy(side, rng, slope=1.55, coarse=1) for _ in range(3)]
    dust = cloudy(side, rng, slope=1.3, coarse=2)
    deep = np.zeros((side, side, 3), np.float32) + np.array((26, 11, 8), np.float32)
    for field, tone in zip(gas, tones, strict=True):
        body = np.clip((field - 0.15) * 0.48, 0, 1.0) ** 1.25
        deep += body[..., None] * np.array(tone, np.float32) * 0.85
    deep *= np.clip(1 - 0.42 * np.maximum(dust, 0), 0.3, 1)[..., None]
    sky = cv2.resize(deep, (width, height), interpolation=cv2.INTER_CUBIC)
    sky = np.clip(sky + rng.uniform(-0.5, 0.5, sky.shape), 0, 255).astype(np.uint8)
    with_stars(sky, rng, 1.0, count=int(width * height / 1300))
    return np.ascontiguousarray(sky)


def clouds_for(light: Light, rng: np.random.Generator, height: int) -> Bytes | None:
    """The band of clouds above the horizon, or None under a bare sky."""
    if light.clouds <= 0.05:
        return None
    if light.clouds > 0.7:
        # An overcast sky is closed: its clouds reach as far up as a tilt may look.
        return stratus(light, rng, height=round(height * MARGIN))
    return cumulus(light, rng, height=height, amount=light.clouds)


def sun_glow(light: Light, height: int) -> Bytes:
    """The wide shine around the sun or moon."""
    gain = light.sun_strength * (0.30 if light.moon else 0.50 if light.sun_height > 0.2 else 0.62)
    colour = tuple(value * gain * (0.45, 0.76, 1.0)[n] for n, value in enumerate(light.sun))
    return glow_of(height * (0.30 if light.moon else 0.55), (colour[0], colour[1], colour[2]), power=2.6)


def sun_disc(light: Light, height: int) -> Bytes:
    """The disc itself: straight BGRA; the moon has seas and craters."""
    radius = height * (0.052 if light.moon else 0.046)
    side = int(2 * radius + 6)
    v, u = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32) * np.float32(1 + 3 / radius)
    distance = np.hypot(u, v)
    alpha = np.clip((1 - distance) * radius, 0, 1)
    face = np.ones((side, side), np.float32)
    if light.moon:
        face = _moon_face(u, v)
    tone = np.array(light.sun, np.float32)
    bright = tone + (255 - tone) * (0.15 if light.moon else 0.55)
    disc = np.concatenate([face[..., None] * bright, alpha[..., None] * 255], axis=2)
    return np.ascontiguousarray(np.clip(disc, 0, 255).astype(np.uint8))


def _moon_face(u: Floats, v: Floats) -> Floats:
    seas = (
        (-0.30, -0.25, 0.34),
        (0.25, -0.38, 0.24),
        (0.10, 0.12, 0.20),
        (-0.35, 0.35, 0.22),
        (0.45, 0.25, 0.16),
    )
    face = np.ones_like(u)
    for x, y, radius in seas:
        face -= 0.16 * np.clip(1.6 - np.hypot(u - x, v - y) / radius * 1.6, 0, 1)
    return face
