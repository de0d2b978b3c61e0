"""Kinds of weather: their light, their air, and what falls."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Footage
from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.looks.light.seasons import SnowCover
from omnireel.engines.studio.looks.light.tones import (
    band,
    bent,
    colour,
    earth_of,
    foliage_of,
    hue_of,
    luma_of,
    mixed,
    opened,
    ramp,
    saturated,
    saturation_of,
    toned,
)
from omnireel.engines.studio.looks.weather.curtain import Drops, Flakes
from omnireel.engines.studio.looks.weather.fog import Fog
from omnireel.engines.studio.looks.weather.lightning import Lightning
from omnireel.engines.studio.looks.weather.overcast import Overcast
from omnireel.engines.studio.looks.weather.wet import Splashes, WetGround
from omnireel.engines.studio.picture.raster import Plane
from omnireel.models import Weather

_RAIN_AIR, _STORM_AIR = colour(146, 158, 170), colour(84, 94, 108)
_SNOW_AIR, _FOG_AIR = colour(206, 210, 215), colour(206, 210, 212)
_LYING = (
    (0.0, colour(48, 52, 60)),
    (0.2, colour(138, 144, 154)),
    (0.5, colour(214, 218, 224)),
    (1.0, colour(244, 246, 248)),
)


def _grey(dim: float, colourful: float, contrast: float, tint: Plane) -> Shade:
    def shade(colours: Plane) -> Plane:
        blue = (
            band(hue_of(colours), 190, 250, 20)
            * ramp(saturation_of(colours), 0.08, 0.3)
            * ramp(luma_of(colours), 0.3, 0.6)
        )
        # A blue sky has no place under clouds.
        dull = mixed(saturated(colours, colourful), saturated(colours, 0.1), blue)
        return bent(dull, contrast) * np.float32(dim) * tint

    return shade


def _clear(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        blue = band(hue_of(colours), 185, 250, 20) * ramp(saturation_of(colours), 0.06, 0.25)
        bright = bent(saturated(opened(colours, 1.06), 1.14), 0.14) * colour(258, 255, 247)
        return mixed(bright, saturated(bright, 1.25) * colour(236, 250, 262), blue)

    return shade


def _snowy(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        # The light of a sky full of snow: it comes from everywhere, and has no colour.
        cold = bent(saturated(colours, 0.48), -0.22) * colour(226, 230, 236) + colour(14, 15, 17)
        lying = toned(np.minimum(luma * np.float32(1.5), 1), _LYING)
        share = np.maximum(foliage_of(colours), earth_of(colours) * np.float32(0.3))
        return mixed(cold, lying, share * np.float32(0.68))

    return shade


WEATHERS: dict[Weather, Air] = {
    Weather.CLEAR: Air(shade=_clear),
    Weather.CLOUDY: Air(
        shade=lambda _: _grey(0.93, 0.70, -0.18, colour(246, 252, 260)),
        effects=(
            lambda f: Overcast(f, colour(150, 158, 170), colour(214, 218, 224), 0.8),
            lambda f: Fog(f, 0.10, colour(196, 204, 214)),
        ),
    ),
    Weather.RAIN: Air(
        shade=lambda _: _grey(0.74, 0.60, 0.08, colour(240, 250, 264)),
        effects=(
            lambda f: Overcast(f, colour(104, 114, 126), colour(160, 168, 178), 0.85),
            lambda f: WetGround(f, 0.46),
            lambda f: Fog(f, 0.34, _RAIN_AIR),
        ),
        overlays=(lambda f: Drops(f, 1.0), Splashes),
        rim=0.10,
    ),
    Weather.STORM: Air(
        shade=lambda _: _grey(0.50, 0.45, 0.25, colour(232, 248, 270)),
        effects=(
            lambda f: Overcast(f, colour(44, 50, 62), colour(108, 116, 130), 0.92),
            lambda f: WetGround(f, 0.42),
            lambda f: Fog(f, 0.40, _STORM_AIR),
            Lightning,
        ),
        overlays=(lambda f: Drops(f, 1.7), Splashes),
        rim=0.16,
    ),
    Weather.SNOW: Air(
        shade=_snowy,
        by_hue=True,
        effects=(
            lambda f: Overcast(f, colour(176, 184, 196), colour(226, 230, 236), 0.8),
            lambda f: SnowCover(f, 0.6),
            lambda f: Fog(f, 0.56, _SNOW_AIR),
        ),
        overlays=(lambda f: Flakes(f, 1.0),),
    ),
    Weather.FOG: Air(
        shade=lambda _: _grey(0.94, 0.62, -0.2, colour(250, 253, 256)),
        effects=(lambda f: Fog(f, 1.05, _FOG_AIR),),
    ),
}
SNOWFALL = Air(effects=(lambda f: Fog(f, 0.22, _SNOW_AIR),), overlays=(lambda f: Flakes(f, 1.0),))
"""Snow falling on a world that is white already."""
CLEAR, CLOUDY, RAINY, STORM, SNOWY, FOGGY = WEATHERS.values()
