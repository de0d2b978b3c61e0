"""Night: moonlight from above, lamps that stay lit, and stars where there is sky."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Footage, Light, View
from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.looks.light.lamps import Lamps
from omnireel.engines.studio.looks.light.tones import (
    colour,
    luma_of,
    mixed,
    ramp,
    saturated,
    saturation_of,
    strongest_of,
)
from omnireel.engines.studio.picture.raster import Plane, grey_of, shrunk, softened

_MOON = colour(150, 190, 255)
_LAMP = colour(255, 190, 100)
_ZENITH, _HORIZON = colour(6, 12, 34), colour(28, 44, 84)
_MIDDLE = 0.42
"""Middle grey level a clip is brought to before dusk falls on it, so that night is never mere black."""
_STARS = 260
_TWINKLE = 0.35


def moonlit(footage: Footage) -> Shade:
    """The shade of a moonlit night: blue, dark, little colour, but shapes stay readable."""
    lift = _opening(footage)

    def shade(colours: Plane) -> Plane:
        luma = np.power(np.maximum(luma_of(colours), 0), np.float32(lift))
        level = luma * (np.float32(0.13) + np.float32(0.46) * luma)
        moon = level[..., None] * _MOON * np.float32(1.25) + colour(3, 7, 20)
        own = saturated(colours, 0.8) * np.float32(0.30)
        vivid = ramp(saturation_of(colours), 0.25, 0.8) * ramp(strongest_of(colours), 0.25, 0.8)
        return mixed(moon, own, vivid * np.float32(0.55))

    return shade


def _opening(footage: Footage) -> float:
    luma = np.concatenate([grey_of(shrunk(frame, (64, 64))).ravel() for frame in footage.samples]) / 255
    middle = float(np.clip(np.quantile(luma, 0.6), 0.05, 0.95))
    return float(np.clip(np.log(_MIDDLE) / np.log(middle), 0.55, 1.25))


class Moonshine:
    """Light that falls off from the upper left, and a dark sky with stars where there is one."""

    def __init__(self, footage: Footage) -> None:
        width, height = footage.grid
        x, y = (
            np.linspace(0, 1, width, dtype=np.float32),
            np.linspace(0, 1, height, dtype=np.float32)[:, None],
        )
        self._fall = np.asarray(1.28 - 0.5 * np.hypot(x - 0.32, y - 0.12), np.float32)
        self._heaven = np.asarray((_HORIZON - _ZENITH) * (y**1.2)[..., None], np.float32)
        self._heaven = np.broadcast_to(self._heaven, (height, width, 3)).copy()
        self._stars, self._turns = _stars(footage)
        self._sky = footage.sky

    def fall(self, view: View, light: Light) -> None:
        """Lay moonlight on the scene and night on the sky."""
        light.dim(self._fall)
        if self._sky.gate <= 0:
            return
        sky = self._sky.find(view.moment)
        twinkle = np.float32(1 - _TWINKLE) + np.float32(_TWINKLE) * np.sin(
            self._turns + np.float32(view.seconds * 5)
        )
        light.veil(sky * np.float32(0.94), _ZENITH)
        light.shine(sky[..., None] * self._heaven)
        light.glow(self._stars * twinkle * ramp(sky, 0.5, 0.9), colour(235, 240, 255))


def _stars(footage: Footage) -> tuple[Plane, Plane]:
    """Brightness and phase of the stars on the working grid."""
    random = np.random.default_rng(footage.seed + 5)
    width, height = footage.grid
    field, turns = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    across, down = random.integers(0, width, _STARS), random.integers(0, max(1, int(height * 0.75)), _STARS)
    field[down, across] = 0.35 + 2.2 * random.random(_STARS) ** 4
    turns += random.random((height // 4 + 1, width // 4 + 1)).repeat(4, 0).repeat(4, 1)[:height, :width] * 6.3
    return np.minimum(softened(field, 0.55) * 2, 1), turns


def _lamps(footage: Footage) -> Lamps:
    return Lamps(footage, _LAMP, 1.0)


NIGHT = Air(shade=moonlit, effects=(Moonshine, _lamps), rim=0.16)
