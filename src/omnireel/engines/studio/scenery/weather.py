"""What hangs and falls in the air: rain, snow, mist, dust, bubbles, fireflies, lightning."""

from __future__ import annotations

import math

import cv2
import numpy as np

from omnireel.engines.studio.scenery import kernels
from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.backdrops import WIDTH
from omnireel.engines.studio.scenery.card import banded
from omnireel.engines.studio.scenery.light import Light, mix, scaled
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.painter import Painter, glow_of
from omnireel.models import Weather

_FLASH = 0.22
"""Seconds that a stroke of lightning lights the scene."""


class Air:
    """The particles of one shot; where each is follows from the time alone."""

    def __init__(
        self, weather: Weather, light: Light, motes: str, height: int, rng: np.random.Generator
    ) -> None:
        self._weather, self._light, self._motes = weather, light, motes
        self._unit = height / 720
        self._drops: Floats = rng.uniform(0, 1, (900, 4)).astype(np.float32)
        self._drops = self._drops[np.argsort(self._drops[:, 2], kind="stable")]
        self._flies: Floats = rng.uniform(0, 1, (26, 5)).astype(np.float32)
        self._fly_glow = glow_of(13 * self._unit, (70, 235, 215), power=1.6)
        self._mist = _mist_band(light, rng, height) if weather is Weather.FOG else None
        self._strikes = np.sort(rng.uniform(0.3, 10.0, 5)) if weather is Weather.STORM else np.zeros(0)
        self._bolt: Floats = rng.uniform(-1, 1, (5, 12)).astype(np.float32)

    def mist(self, painter: Painter, horizon: float, t: float, x: float) -> None:
        """Banks of mist over the ground, drawn behind the cast."""
        if self._mist is not None:
            rows = self._mist.shape[0]
            for n, (speed, lift, opacity) in enumerate(((14.0, 0.62, 0.75), (-9.0, 0.30, 0.5))):
                left = t * speed * self._unit + x * 30 + n * 700
                painter.strip(self._mist, left=left, step=1.0, top=horizon - rows * lift, opacity=opacity)

    @property
    def strikes(self) -> tuple[float, ...]:
        """The seconds at which lightning strikes."""
        return tuple(float(strike) for strike in self._strikes)

    def flash(self, t: float) -> float:
        """How strongly lightning lights the scene, 0 to 1."""
        since = t - self._strikes
        recent = since[(since >= 0) & (since < _FLASH)]
        if not len(recent):
            return 0.0
        age = float(recent[-1]) / _FLASH
        return (1 - age) * (1.0 if int(age * 6) % 2 == 0 else 0.45)

    def bolt(self, painter: Painter, horizon: float, t: float) -> None:
        """The stroke itself, drawn behind the land."""
        gain = self.flash(t)
        if gain <= 0:
            return
        number = int(np.searchsorted(self._strikes, t)) - 1
        width = painter.frame.shape[1]
        jag = np.cumsum(self._bolt[number]) * width * 0.018
        x = width * (0.5 + 0.32 * float(self._bolt[number, 0])) + jag
        points = np.stack([x, np.linspace(0, horizon, len(x))], axis=1).astype(np.int32)
        for thick, share in ((7, 0.35), (3, 1.0)):
            colour = scaled((255, 235, 225), max(0.3, gain * share))
            cv2.polylines(
                painter.frame,
                [points],
                isClosed=False,
                color=colour,
                thickness=max(1, round(thick * self._unit)),
                lineType=cv2.LINE_AA,
            )

    def front(self, painter: Painter, t: float) -> None:
        """Everything that falls or drifts between the cast and the camera."""
        light, unit = self._light, self._unit
        match self._weather:
            case Weather.RAIN | Weather.STORM:
                hard = self._weather is Weather.STORM
                tone = mix(light.haze, (255, 250, 245), 0.55)
                self._fall(
                    painter, t, 900 if hard else 700, 1.9, -0.10 * (1 + 3 * hard), 44, 0.8, 0, tone, 0.42
                )
            case Weather.SNOW:
                tone = scaled((255, 252, 250), max(0.62, light.gloom * sum(light.tint) / 3))
                self._fall(painter, t, 640, 0.15, light.wind * 0.12, 0, 6.5, 16, tone, 0.92)
        self._float(painter, t, unit)

    def _float(self, painter: Painter, t: float, unit: float) -> None:
        light = self._light
        match self._motes:
            case "dust":
                tone = mix((255, 250, 240), light.sun, 0.5)
                self._fall(painter, t, 46, -0.016, 0.012, 0, 2.2, 22, tone, 0.34)
            case "sparkle":
                self._fall(painter, t, 60, 0.02, 0.015, 0, 1.7, 14, (255, 252, 248), 0.6)
            case "bubbles":
                self._fall(painter, t, 34, -0.13, 0.0, 0, 5.0, 16, (255, 245, 225), 0.30)
            case "stars":
                self._fall(painter, t, 30, 0.015, 0.0, 0, 1.5, 0, (255, 245, 240), 0.7)
            case "petals":
                tone = mix((226, 200, 252), light.haze, 0.12)
                self._fall(painter, t, 70, 0.09, 0.05, 0, 4.2, 46, tone, 0.9)
            case "leaves":
                for count, tone in ((40, (40, 96, 222)), (60, (52, 150, 236))):
                    warm = mix((float(tone[0]), float(tone[1]), float(tone[2])), light.haze, 0.12)
                    self._fall(painter, t, count, 0.12, 0.07, 0, 4.6, 60, warm, 0.92)
            case "fireflies":
                self._fireflies(painter, t)

    def streaks(self, painter: Painter, t: float) -> None:
        """Stars rushing past something fast."""
        self._fall(painter, t, 42, 0.55, 0.0, 34, 1.0, 0, (255, 240, 230), 0.40)

    def _fall(
        self,
        painter: Painter,
        t: float,
        count: int,
        speed: float,
        wind: float,
        length: float,
        radius: float,
        sway: float,
        colour: Colour,
        opacity: float,
    ) -> None:
        unit = self._unit
        step = max(1, len(self._drops) // count)
        # Every n-th of the drops sorted by depth keeps near and far ones in proportion.
        drops = np.ascontiguousarray(self._drops[::step][:count])
        values = (t, speed, wind, length * unit, radius * unit, sway * unit, *colour, opacity)
        kernels.fall(painter.frame, drops, np.array(values, np.float32))

    def _fireflies(self, painter: Painter, t: float) -> None:
        height, width = painter.frame.shape[:2]
        for x, y, pace, phase, glow in self._flies.tolist():
            column = width * ((x + 0.05 * math.sin(t * (0.4 + pace) + phase * 6.28)) % 1)
            row = height * (0.42 + 0.5 * y + 0.04 * math.sin(t * (0.7 + pace) + phase * 11))
            painter.light(
                self._fly_glow, column, row, max(0.0, math.sin(t * (1.1 + glow) + phase * 6.28)) ** 2
            )


def _mist_band(light: Light, rng: np.random.Generator, height: int) -> Bytes:
    rows = int(height * 0.42)
    field = cloudy(1024, rng, slope=1.7, coarse=2, rows=rows)
    wide = np.concatenate([field, field], axis=1)[:, :WIDTH]
    fade = np.sin(np.linspace(0.001, 3.14, rows, dtype=np.float32))[:, None] ** 1.4
    alpha = np.clip(0.42 + 0.30 * wide, 0, 0.9) * fade
    return banded(np.array(light.haze, np.float32), alpha)
