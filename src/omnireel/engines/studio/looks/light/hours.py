"""Hours of the day: the colour, direction and air of their light."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Footage, Light, View
from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.looks.light.fields import drifted, noise_tile
from omnireel.engines.studio.looks.light.lamps import Lamps
from omnireel.engines.studio.looks.light.night import NIGHT
from omnireel.engines.studio.looks.light.sun import LowSun
from omnireel.engines.studio.looks.light.tones import bent, colour, luma_of, mixed, opened, ramp, saturated
from omnireel.engines.studio.picture.raster import Plane
from omnireel.models import TimeOfDay


def _golden(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        warm = opened(bent(saturated(colours, 1.12), 0.25), 1.03) * colour(284, 212, 150)
        cool = mixed(warm, colours * colour(190, 190, 205) + colour(14, 8, 20), ramp(luma, 0.34, 0.02) * 0.55)
        return mixed(cool, colour(255, 236, 190), ramp(luma, 0.86, 1.05) * 0.4)

    return shade


def _dawn(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        soft = bent(saturated(colours, 0.72), -0.22) * np.float32(0.86)
        cold = soft * colour(224, 228, 262) + colour(20, 20, 40) * (1 - luma)[..., None]
        return mixed(cold, soft * colour(290, 232, 214) + colour(10, 4, 0), ramp(luma, 0.42, 0.85))

    return shade


def _dusk(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        dim = opened(saturated(colours, 0.82), 0.94) * np.float32(0.62)
        violet = dim * colour(206, 196, 268) + colour(16, 10, 38) * (1 - luma)[..., None]
        return mixed(violet, dim * colour(320, 218, 196), ramp(luma, 0.55, 0.95) * 0.8)

    return shade


def _day(_: Footage) -> Shade:
    return lambda colours: bent(saturated(opened(colours, 1.10), 1.08), 0.10) * colour(257, 255, 249)


class Afterglow:
    """The sky of dawn or dusk: one colour low, another high; and its glow over the far ground."""

    def __init__(self, footage: Footage, low: Plane, high: Plane) -> None:
        width, height = footage.grid
        y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        blank = np.zeros((height, width), np.float32)
        self._low, self._high = low, high
        self._lower = np.asarray(np.minimum(y / 0.55, 1) + blank, np.float32)
        self._glow = np.asarray(np.exp(-(((y - 0.40) / 0.22) ** 2)) * 0.14 + blank, np.float32)
        self._sky = footage.sky

    def fall(self, view: View, light: Light) -> None:
        """Tint the sky, keeping its clouds, and let its light hang in the air."""
        light.glow(self._glow, self._low)
        if self._sky.gate > 0:
            sky = self._sky.find(view.moment)
            light.veil(sky * np.float32(0.62), self._high)
            light.veil(sky * self._lower * np.float32(0.62), self._low)


class Mist:
    """Low mist drifting over the ground."""

    def __init__(self, footage: Footage, tint: Plane, amount: float) -> None:
        self._tint = tint
        self._tile = noise_tile(np.random.default_rng(footage.seed + 3), ((2, 0.5), (5, 0.3), (11, 0.2)))
        y = np.linspace(0, 1, footage.grid[1], dtype=np.float32)[:, None]
        self._bank = np.asarray(np.exp(-(((y - 0.52) / 0.24) ** 2)) * amount, np.float32)

    def fall(self, view: View, light: Light) -> None:
        """Draw the mist over one frame, less of it over what is dark and therefore near."""
        size = view.size
        wisps = drifted(self._tile, size, 0.55, view.seconds * 14, view.seconds * 2)
        share = self._bank * wisps * (np.float32(0.35) + np.float32(0.65) * view.luma)
        light.veil(np.asarray(share, np.float32), self._tint)


_SUN = colour(255, 146, 60)
HOURS: dict[TimeOfDay, Air] = {
    TimeOfDay.DAWN: Air(
        shade=_dawn,
        effects=(
            lambda footage: Afterglow(footage, colour(255, 178, 150), colour(150, 166, 214)),
            lambda footage: LowSun(footage, colour(255, 176, 150), 0.55),
            lambda footage: Mist(footage, colour(232, 214, 226), 0.55),
        ),
        rim=0.06,
    ),
    TimeOfDay.DAY: Air(shade=_day),
    TimeOfDay.GOLDEN_HOUR: Air(
        shade=_golden, effects=(lambda footage: LowSun(footage, _SUN, 1.0),), rim=0.10
    ),
    TimeOfDay.DUSK: Air(
        shade=_dusk,
        effects=(
            lambda footage: Afterglow(footage, colour(255, 132, 92), colour(72, 60, 128)),
            lambda footage: Lamps(footage, colour(255, 200, 130), 0.7),
        ),
        rim=0.12,
    ),
    TimeOfDay.NIGHT: NIGHT,
}
GOLDEN, DAWN, DUSK, DAY = (
    HOURS[TimeOfDay.GOLDEN_HOUR],
    HOURS[TimeOfDay.DAWN],
    HOURS[TimeOfDay.DUSK],
    HOURS[TimeOfDay.DAY],
)
