"""What the hour and the weather do to a scene's colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

from omnireel.engines.studio.scenery.arrays import Colour
from omnireel.models import TimeOfDay, Weather


def rgb(text: str) -> Colour:
    """`rrggbb` as blue, green, red."""
    return float(int(text[4:6], 16)), float(int(text[2:4], 16)), float(int(text[0:2], 16))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` of `b` in it."""
    blue, green, red = (x + (y - x) * share for x, y in zip(a, b, strict=True))
    return blue, green, red


def scaled(colour: Colour, gain: float) -> Colour:
    blue, green, red = (min(255.0, value * gain) for value in colour)
    return blue, green, red


def luma(colour: Colour) -> float:
    return 0.0722 * colour[0] + 0.7152 * colour[1] + 0.2126 * colour[2]


@dataclass(frozen=True)
class Light:
    """The light of a shot. Colours are BGR 0-255, tints are multipliers, distances metres."""

    sky: tuple[Colour, Colour, Colour, Colour]
    """Zenith, high, low, horizon."""
    tint: Colour
    """What the air makes of a white thing, as multipliers."""
    haze: Colour
    haze_distance: float
    sun: Colour
    sun_strength: float
    sun_height: float
    """Above the horizon, as a share of the frame's height; where the disc is drawn."""
    rim: float
    """How brightly edges that face the sun shine."""
    shadow: float
    shadow_length: float
    """Of the thing that casts it; negative falls toward the camera."""
    clouds: float
    cloud_lit: Colour
    cloud_dark: Colour
    stars: float
    lamps: float
    """How brightly windows and lamps burn, 0 to 1."""
    moon: bool = False
    wet: float = 0.0
    wind: float = 0.15
    gloom: float = 1.0
    """Brightness of the whole picture after the weather."""


_TIMES = {
    TimeOfDay.DAY: Light(
        sky=(rgb("2a78d4"), rgb("5fb0f0"), rgb("b4e0f8"), rgb("e4f4f8")),
        tint=(1.0, 1.0, 1.0),
        haze=rgb("d2e8f4"),
        haze_distance=85,
        sun=rgb("fff6d8"),
        sun_strength=0.75,
        sun_height=0.34,
        rim=0.16,
        shadow=0.34,
        shadow_length=0.34,
        clouds=0.45,
        cloud_lit=rgb("ffffff"),
        cloud_dark=rgb("b9cfe6"),
        stars=0,
        lamps=0,
    ),
    TimeOfDay.DAWN: Light(
        sky=(rgb("6d90cc"), rgb("b7b4dc"), rgb("fbcabb"), rgb("ffe9c4")),
        tint=(0.90, 0.93, 1.02),
        haze=rgb("fbdccb"),
        haze_distance=42,
        sun=rgb("ffe2a6"),
        sun_strength=0.85,
        sun_height=0.10,
        rim=0.30,
        shadow=0.26,
        shadow_length=-0.85,
        clouds=0.40,
        cloud_lit=rgb("fff0e2"),
        cloud_dark=rgb("d9b3c2"),
        stars=0.0,
        lamps=0.15,
    ),
    TimeOfDay.GOLDEN_HOUR: Light(
        sky=(rgb("46539c"), rgb("a8658f"), rgb("ff8f54"), rgb("ffd28a")),
        tint=(0.72, 0.86, 1.04),
        haze=rgb("ffb27c"),
        haze_distance=60,
        sun=rgb("ffcf70"),
        sun_strength=1.0,
        sun_height=0.085,
        rim=0.42,
        shadow=0.42,
        shadow_length=-1.0,
        clouds=0.45,
        cloud_lit=rgb("ffc48e"),
        cloud_dark=rgb("b8688a"),
        stars=0.0,
        lamps=0.25,
    ),
    TimeOfDay.DUSK: Light(
        sky=(rgb("1c2358"), rgb("553c88"), rgb("c45a86"), rgb("f8a070")),
        tint=(0.86, 0.66, 0.78),
        haze=rgb("a8587e"),
        haze_distance=50,
        sun=rgb("ff9a5c"),
        sun_strength=0.65,
        sun_height=0.02,
        rim=0.34,
        shadow=0.25,
        shadow_length=-1.1,
        clouds=0.45,
        cloud_lit=rgb("e88a92"),
        cloud_dark=rgb("6a3f7c"),
        stars=0.4,
        lamps=0.8,
    ),
    TimeOfDay.NIGHT: Light(
        sky=(rgb("060a20"), rgb("0e1a42"), rgb("1d3166"), rgb("35507e")),
        tint=(0.92, 0.70, 0.60),
        haze=rgb("233a66"),
        haze_distance=48,
        sun=rgb("dfe8ff"),
        sun_strength=0.55,
        sun_height=0.33,
        rim=0.34,
        shadow=0.30,
        shadow_length=-0.5,
        clouds=0.30,
        cloud_lit=rgb("54699c"),
        cloud_dark=rgb("141d40"),
        stars=1.0,
        lamps=1.0,
        moon=True,
    ),
}

_GREYS = {
    TimeOfDay.DAY: rgb("b3bec9"),
    TimeOfDay.DAWN: rgb("b9b3ba"),
    TimeOfDay.GOLDEN_HOUR: rgb("b59a94"),
    TimeOfDay.DUSK: rgb("5c5674"),
    TimeOfDay.NIGHT: rgb("1f2a44"),
}


def light_for(time: TimeOfDay, weather: Weather) -> Light:
    """The light of an hour under a weather."""
    clear = _TIMES[time]
    grey = _GREYS[time]
    match weather:
        case Weather.CLEAR:
            return clear
        case Weather.CLOUDY:
            return _overcast(clear, grey, 0.5, gloom=0.96, reach=0.8, clouds=0.8)
        case Weather.RAIN:
            veiled = _overcast(clear, scaled(grey, 0.78), 0.72, gloom=0.97, reach=0.5, clouds=1.0)
            return replace(veiled, wet=0.85, lamps=max(veiled.lamps, 0.35), wind=0.3)
        case Weather.STORM:
            veiled = _overcast(clear, scaled(grey, 0.62), 0.72, gloom=0.95, reach=0.6, clouds=1.0)
            return replace(veiled, wet=0.9, lamps=max(veiled.lamps, 0.6), wind=1.0)
        case Weather.SNOW:
            veiled = _overcast(
                clear,
                mix(grey, (255, 255, 255), 0.30 if luma(grey) > 90 else 0.08),
                0.65,
                gloom=1.0,
                reach=0.4,
                clouds=0.9,
            )
            return replace(veiled, wind=0.25)
        case Weather.FOG:
            fog = mix(grey, (255, 255, 255), 0.35 if luma(grey) > 90 else 0.12)
            veiled = _overcast(clear, fog, 0.82, gloom=1.0, reach=0.13, clouds=0.0)
            return replace(veiled, haze=fog, stars=0.0)


def _overcast(
    light: Light, grey: Colour, share: float, *, gloom: float, reach: float, clouds: float
) -> Light:
    zenith, high, low, horizon = (mix(colour, grey, share) for colour in light.sky)
    neutral = sum(light.tint) / 3
    blue, green, red = (value + (neutral * 0.97 - value) * share * 0.7 for value in light.tint)
    return replace(
        light,
        sky=(scaled(zenith, 0.85), high, low, horizon),
        tint=(blue, green, red),
        haze=mix(light.haze, grey, share * 0.9),
        haze_distance=light.haze_distance * reach,
        sun_strength=light.sun_strength * max(0.0, 1 - share * 1.25),
        rim=light.rim * (1 - share),
        shadow=light.shadow * (1 - share * 0.75),
        shadow_length=0.3,
        clouds=clouds,
        cloud_lit=mix(light.cloud_lit, scaled(grey, 1.25), share),
        cloud_dark=mix(light.cloud_dark, scaled(grey, 0.72), share),
        stars=light.stars * (1 - share),
        gloom=gloom,
    )
