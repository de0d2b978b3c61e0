"""Colour arithmetic for shades. Colours are `(…, 3)` BGR, 0 to 1; planes drop the last axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane, curved

_LUMA = np.array([0.114, 0.587, 0.299], np.float32)


def colour(red: int, green: int, blue: int) -> Plane:
    """A colour from the three numbers people write, 0 to 255."""
    return np.array([blue, green, red], np.float32) / np.float32(255)


def luma_of(colours: Plane) -> Plane:
    """Rec. 601 luma."""
    return np.asarray(colours @ _LUMA, np.float32)


def strongest_of(colours: Plane) -> Plane:
    """The largest channel; far faster than numpy's maximum along so short an axis."""
    return np.maximum(np.maximum(colours[..., 0], colours[..., 1]), colours[..., 2])


def weakest_of(colours: Plane) -> Plane:
    """The smallest channel."""
    return np.minimum(np.minimum(colours[..., 0], colours[..., 1]), colours[..., 2])


def saturation_of(colours: Plane) -> Plane:
    """The spread of the channels as a share of the strongest."""
    strongest = strongest_of(colours)
    return np.asarray((strongest - weakest_of(colours)) / np.maximum(strongest, 1e-3), np.float32)


def hue_of(colours: Plane) -> Plane:
    """Degrees: red 0, green 120, blue 240; 0 for greys."""
    blue, green, red = colours[..., 0], colours[..., 1], colours[..., 2]
    strongest = strongest_of(colours)
    spread = np.maximum(strongest - weakest_of(colours), 1e-4)
    reddest = (red >= green) & (red >= blue)
    greenest = ~reddest & (green >= blue)
    sixths = np.where(
        reddest,
        (green - blue) / spread,
        np.where(greenest, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    return np.asarray(np.mod(sixths * 60, 360), np.float32)


def ramp(value: NDArray[np.float32], low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, smooth between; falling when `low` is the larger."""
    share = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def ramp_of_bytes(level: Mask, low: float, high: float) -> Plane:
    """`ramp` of bytes that stand for 0 to 1."""
    return cast("Plane", curved(level, ramp(np.arange(256, dtype=np.float32) / np.float32(255), low, high)))


def band(value: NDArray[np.float32], low: float, high: float, soft: float) -> Plane:
    """1 from `low` to `high`, falling off smoothly over `soft` on both sides."""
    return ramp(value, low - soft, low) * ramp(value, high + soft, high)


def mixed(one: Plane, other: Plane, share: Plane | float) -> Plane:
    """`other` in its share over `one`; a plane of shares counts for all channels."""
    weight = np.asarray(share, np.float32)[..., None] if isinstance(share, np.ndarray) else np.float32(share)
    return np.asarray(one + (other - one) * weight, np.float32)


def saturated(colours: Plane, gain: Plane | float) -> Plane:
    """Colour stronger by a factor; 0 gives grey."""
    grey = np.repeat(luma_of(colours)[..., None], 3, axis=-1)
    return mixed(grey, colours, gain)


def toned(level: Plane, stops: Sequence[tuple[float, Plane]]) -> Plane:
    """Colours along a ramp of (level, colour) stops."""
    places = [place for place, _ in stops]
    channels = [np.interp(level, places, [float(tone[c]) for _, tone in stops]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def bent(colours: Plane, contrast: float) -> Plane:
    """An S around the middle; a negative one flattens."""
    return np.asarray(colours + contrast * (colours * colours * (3 - 2 * colours) - colours), np.float32)


def opened(colours: Plane, gamma: float) -> Plane:
    """Middle tones lifted by a gamma over 1, sunk by one below."""
    return np.asarray(np.power(np.maximum(colours, 0), 1 / gamma), np.float32)


def foliage_of(colours: Plane) -> Plane:
    """How far a colour is that of living leaves and grass, 0 to 1."""
    hue, saturation, level = hue_of(colours), saturation_of(colours), strongest_of(colours)
    return band(hue, 58, 142, 13) * ramp(saturation, 0.12, 0.34) * ramp(level, 0.04, 0.16)


def living_of(colours: Plane) -> Plane:
    """As `foliage_of`, with the yellowish leaves of trees in low light: those are darker than what is painted
    yellow."""
    hue, saturation, level = hue_of(colours), saturation_of(colours), strongest_of(colours)
    green = band(hue, 56, 144, 12) * ramp(saturation, 0.12, 0.34)
    tawny = band(hue, 43, 60, 5) * ramp(saturation, 0.28, 0.46) * ramp(level, 0.80, 0.55)
    return np.asarray(np.maximum(green, tawny) * ramp(level, 0.05, 0.16), np.float32)


def earth_of(colours: Plane) -> Plane:
    """How far a colour is that of soil, straw and dry plants, 0 to 1; skin is redder or lighter."""
    hue, saturation, level = hue_of(colours), saturation_of(colours), strongest_of(colours)
    return band(hue, 32, 62, 8) * ramp(saturation, 0.10, 0.30) * ramp(level, 0.04, 0.14)
