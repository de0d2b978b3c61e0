"""Fire and smoke under a rocket."""

from __future__ import annotations

import math

import numpy as np

from omnireel.engines.studio.scenery.camera import ease
from omnireel.engines.studio.scenery.light import rgb
from omnireel.engines.studio.scenery.member import Member
from omnireel.engines.studio.scenery.noise import cloudy
from omnireel.engines.studio.scenery.painter import glow_of
from omnireel.engines.studio.scenery.sight import Sight
from omnireel.engines.studio.scenery.sprite import Sprite, premultiplied, sprite_of

_IGNITION = 0.3
"""Seconds into the shot at which smoke begins."""
_PUFFS_PER_SECOND = 16
_PUFF_LIFE = 3.0


def climb(t: float) -> float:
    """Metres a rocket has risen: it stands, shakes, then gathers speed."""
    flying = max(0.0, t - 0.7)
    return 0.42 * flying * flying + 0.025 * flying**3


class Exhaust:
    """Draws a rocket's fire; holds the flame and a puff."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._flame, self._puff = _flame(), _puff(rng)

    def paint(
        self, sight: Sight, member: Member, middle: tuple[float, float], size: float, *, void: bool
    ) -> None:
        """Behind the rocket whose middle is at `middle` and that is `size` pixels tall."""
        burn = 1.0 if void else ease((sight.t - 0.25) / 0.5)
        if not void:
            self._paint_smoke(sight, member)
        if burn <= 0.02:
            return
        t, x, tail = sight.t, middle[0], middle[1] + size * 0.47
        flicker = 1 + 0.10 * math.sin(t * 53) + 0.07 * math.sin(t * 87 + 1)
        glow = glow_of(size * 0.62, (60, 130, 235), power=2.2)
        sight.painter.light(glow, x, tail + size * 0.12, 0.9 * burn * flicker)
        sight.painter.sprite(
            self._flame, x, tail - size * 0.04, size * 0.62 / self._flame.height * burn, anchor=(0.5, 0.0),
            stretch=(0.95, flicker), mark=-1,
        )  # fmt: skip

    def _paint_smoke(self, sight: Sight, member: Member) -> None:
        since = sight.t - _IGNITION
        for n in range(int(max(0.0, since) * _PUFFS_PER_SECOND)):
            age = since - n / _PUFFS_PER_SECOND
            if age <= _PUFF_LIFE:
                self._paint_puff(sight, member, age, (n * 0.618) % 1 - 0.5)

    def _paint_puff(self, sight: Sight, member: Member, age: float, turn: float) -> None:
        """A puff stays at the height it was let go at; those born low roll out along the ground."""
        born = climb(sight.t - age)
        spread = (2.4 if born < 0.8 else 0.5) * (1 - math.exp(-age * 1.3))
        x = member.x + turn * member.metres * (0.3 + spread)
        column, row, scale = sight.view.project(x, max(0.1, born - 0.1), member.z)
        blue, green, red = sight.stage.light.tint
        hot = math.exp(-age * 3)
        sight.painter.sprite(
            self._puff, column, row, member.metres * scale * (0.16 + 0.20 * age) / self._puff.height,
            anchor=(0.5, 0.6), tint=(blue * 0.95, green * (0.95 + 0.15 * hot), red * (1 + 0.35 * hot)),
            opacity=0.75 * (1 - age / _PUFF_LIFE), lean=turn * 3, mark=-1,
        )  # fmt: skip


def _flame() -> Sprite:
    """A tongue of fire hanging downward, white at its root."""
    v, u = np.mgrid[0:1:240j, -1:1:120j].astype(np.float32)
    half = np.sin(np.clip(np.pi * (v * 0.92 + 0.08), 0, 3.14)) ** 0.75 * (1 - v) ** 0.35
    across = np.abs(u) / np.maximum(half * 0.85, 1e-3)
    heat = np.clip(1.15 - across, 0, 1) * np.clip(1.2 - v, 0, 1)
    tones = [rgb("ff4a12"), rgb("ff8a1c"), rgb("ffd04a"), rgb("fffbe6")]
    paint = [np.interp(heat, [0.0, 0.3, 0.6, 1.0], [tone[n] for tone in tones]) for n in range(3)]
    alpha = np.clip((1 - across) * 4, 0, 1) * np.clip((1 - v) * 2.5, 0, 1) * 255
    return sprite_of(premultiplied(np.stack([*paint, alpha], axis=2).astype(np.uint8)))


def _puff(rng: np.random.Generator) -> Sprite:
    side = 160
    field = cloudy(256, rng, slope=1.6, coarse=3)[:side, :side]
    v, u = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    body = np.clip(1.02 - np.hypot(u, v) * 1.12 + field * 0.14, 0, 1)
    alpha = np.clip(body * 1.9, 0, 1) ** 1.2 * 255
    shade = np.clip(0.74 - 0.22 * v - 0.12 * u + 0.10 * field, 0.3, 1)
    paint = [shade * tone for tone in (250, 246, 244)]
    return sprite_of(premultiplied(np.stack([*paint, alpha], axis=2).astype(np.uint8)))
