"""Films by name: what their stock, lens and projector make of a picture."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.film.projector import Aperture, Dirt, Flicker, Gate, LightLeak, Softness
from omnireel.engines.studio.looks.light.air import Air, Footage, Light, View
from omnireel.engines.studio.looks.light.cube import Shade, cube_of
from omnireel.engines.studio.looks.light.exposure import read
from omnireel.engines.studio.looks.light.lamps import bloomed
from omnireel.engines.studio.looks.light.tones import (
    band,
    bent,
    colour,
    foliage_of,
    hue_of,
    living_of,
    luma_of,
    mixed,
    opened,
    ramp,
    saturated,
    saturation_of,
    toned,
)
from omnireel.engines.studio.looks.painterly.memory import settled
from omnireel.engines.studio.looks.weather.sprites import Drift, Lights
from omnireel.engines.studio.picture.raster import Plane, boxed, grey_of, shrunk, stretched
from omnireel.media.frames import Frame

_IRON = (
    (0.0, colour(0, 0, 12)),
    (0.18, colour(42, 0, 110)),
    (0.36, colour(150, 0, 140)),
    (0.54, colour(226, 62, 60)),
    (0.72, colour(252, 150, 10)),
    (0.88, colour(255, 224, 70)),
    (1.0, colour(255, 255, 240)),
)
"""The ironbow scale of thermal cameras."""
_ELEMENT, _INERTIA = 4, 0.8
"""Pixels of the canvas to a side of a sensor's element, and the share of its warmth it keeps for a frame."""
_SLATS = 9.0
"""Slats of the blind per canvas height."""


def _levels(footage: Footage, weights: Plane) -> tuple[float, float]:
    """The dark and the bright end of a clip through a filter, once for all its frames."""
    seen = [
        shrunk(frame, (64, 64)).reshape(-1, 3).astype(np.float32) / 255 @ weights for frame in footage.samples
    ]
    low, high = np.quantile(np.concatenate(seen), (0.03, 0.985))
    return float(min(low, 0.35)), float(max(high, low + 0.25))


def _noir(footage: Footage) -> Shade:
    weights = np.array([0.06, 0.34, 0.60], np.float32)
    low, high = _levels(footage, weights)

    def shade(colours: Plane) -> Plane:
        grey = np.clip((colours @ weights - low) / (high - low), 0, 1)
        hard = 1 / (1 + np.exp(-(grey - 0.47) * 7.4))
        level = (hard - 0.030) / 0.945
        return np.repeat(np.clip(level, 0.012, 1)[..., None], 3, axis=-1)

    return shade


class Blind:
    """The light of a lamp through a Venetian blind, falling from the upper left; a shadow that stays put."""

    def __init__(self, footage: Footage) -> None:
        width, height = footage.grid
        x = np.linspace(0, 1, width, dtype=np.float32)[None] * np.float32(width / height)
        y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        slats = 0.5 + 0.5 * np.cos((y + x * np.float32(0.22)) * np.float32(2 * np.pi * _SLATS))
        across = x / np.float32(width / height)
        patch = ramp(across, 0.02, 0.26) * ramp(across, 0.98, 0.70) * ramp(y, 0.0, 0.14) * ramp(y, 1.0, 0.72)
        pool = np.exp(-(((across - 0.45) / 0.42) ** 2) - ((y - 0.42) / 0.48) ** 2)
        stripes = 0.66 + 0.46 * ramp(slats.astype(np.float32), 0.25, 0.62)
        self._light = np.asarray((1 + (stripes - 1) * patch) * (0.42 + 0.74 * pool), np.float32)

    def fall(self, view: View, light: Light) -> None:
        """Lay the stripes over one frame."""
        light.dim(self._light)


class Halation:
    """Highlights that spread in the film. `tint` is the halo's colour."""

    def __init__(self, footage: Footage, tint: Plane, level: float, strength: float) -> None:
        luma = np.concatenate([grey_of(shrunk(frame, (64, 64))).ravel() for frame in footage.samples]) / 255
        self._level = float(np.clip(np.quantile(luma, 0.90), level, 0.9))
        self._tint, self._strength = tint, np.float32(strength)

    def fall(self, view: View, light: Light) -> None:
        """Add the halos of one frame."""
        hot = view.bright(self._level, min(1.0, self._level + 0.18))
        light.glow(bloomed(hot, 0.5, 0.6) * self._strength, self._tint)


class Dream:
    """A soft glow of the picture's own colours over it, as through a stocking over the lens."""

    def __init__(self, footage: Footage, strength: float) -> None:
        self._strength = np.float32(strength)
        width, height = footage.grid
        x, y = (
            np.linspace(-1, 1, width, dtype=np.float32),
            np.linspace(-1, 1, height, dtype=np.float32)[:, None],
        )
        self._edge = np.asarray(np.clip(np.hypot(x, y) - 0.55, 0, 1), np.float32)

    def fall(self, view: View, light: Light) -> None:
        """Add the glow of one frame."""
        bright = view.small * view.bright(0.22, 0.85)[..., None]
        light.shine(bloomed(bright * (colour(255, 226, 250) * np.float32(0.5) * self._strength), 0.75, 0.9))
        light.veil(self._edge * np.float32(0.34), colour(250, 214, 240))


def _vintage(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        # Old dyes: blacks gone to a milky brown, whites to cream, blue the first to leave.
        faded = bent(saturated(colours, 0.58), 0.14) * np.float32(0.83) + np.float32(0.105)
        warm = faded * colour(284, 246, 186) + colour(16, 8, 8)
        return mixed(warm, warm * colour(226, 254, 270), ramp(luma, 0.40, 0.05) * np.float32(0.6))

    return shade


def _super8(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        # Reversal stock: strong reds and yellows, thick shadows, and the warmth of a projector's lamp.
        rich = bent(saturated(colours, 1.30), 0.50) * colour(300, 248, 168) + colour(12, 5, 8)
        return mixed(rich, rich * colour(222, 250, 262), ramp(luma, 0.34, 0.04) * np.float32(0.6))

    return shade


def _sepia(footage: Footage) -> Shade:
    weights = np.array([0.30, 0.50, 0.20], np.float32)
    low, high = _levels(footage, weights)
    stops = (
        (0.0, colour(30, 18, 8)),
        (0.45, colour(138, 96, 58)),
        (0.8, colour(226, 192, 142)),
        (1.0, colour(250, 236, 206)),
    )

    def shade(colours: Plane) -> Plane:
        grey = np.clip((colours @ weights - low) / (high - low), 0, 1).astype(np.float32)
        return toned(grey + np.float32(0.22) * (grey * grey * (3 - 2 * grey) - grey), stops)

    return shade


def _fantasy(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        soft = opened(bent(saturated(colours, 1.16), -0.12), 1.22)
        lit = soft * colour(256, 244, 262) + colour(34, 12, 48) * (1 - luma)[..., None] * np.float32(0.8)
        leaves = lit * colour(222, 262, 268)
        return mixed(
            mixed(lit, leaves, foliage_of(colours) * 0.8), colour(255, 240, 226), ramp(luma, 0.7, 1.05) * 0.35
        )

    return shade


def _infrared(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma, hue = luma_of(colours), hue_of(colours)
        # In the dark, a source's hues are mostly its coder's.
        leaves = living_of(colours) * ramp(luma, 0.06, 0.22)
        level = np.minimum(luma * np.float32(1.5) + np.float32(0.12), 1)
        stops = (
            (0.0, colour(52, 4, 26)),
            (0.22, colour(206, 44, 104)),
            (0.5, colour(255, 132, 172)),
            (1.0, colour(255, 232, 238)),
        )
        # Neither a clear sky nor water sends any infrared back.
        sky = band(hue, 165, 255, 18) * ramp(saturation_of(colours), 0.24, 0.48)
        rest = bent(saturated(colours, 0.40), 0.62) * colour(244, 252, 262)
        deep = rest * mixed(np.ones_like(rest), np.broadcast_to(colour(38, 58, 84), rest.shape), sky)
        waxy = mixed(
            deep, mixed(deep, colour(255, 226, 206), 0.34), band(hue, 6, 34, 8) * ramp(luma, 0.25, 0.6)
        )
        return mixed(waxy, toned(level, stops), leaves)

    return shade


def _thermal(footage: Footage) -> Shade:
    weights = np.array([0.05, 0.35, 0.60], np.float32)
    low, high = _levels(footage, weights)

    def shade(colours: Plane) -> Plane:
        heat = np.clip((colours @ weights - low) / (high - low), 0, 1).astype(np.float32)
        body = band(hue_of(colours), 4, 34, 8) * ramp(saturation_of(colours), 0.12, 0.4)
        return toned(np.clip(heat * np.float32(0.84) + body * np.float32(0.22), 0, 1), _IRON)

    return shade


class Bolometer:
    """A sensor of few, slow elements: what they see keeps a share of the warmth it had, wherever it moves.

    False colours spread a few levels far apart, so that a coder's noise would boil in them.
    """

    def __init__(self, footage: Footage) -> None:
        width, height = footage.size
        self._few = max(8, width // _ELEMENT), max(8, height // _ELEMENT)
        self._warmth: Frame | None = None

    def seen(self, view: View) -> Frame:
        """One frame as the elements have it, on the working grid."""
        now = stretched(boxed(shrunk(view.moment.small, self._few), 3), view.size)
        self._warmth = settled(now, self._warmth, view.moment.motion, _INERTIA)
        return self._warmth


class LeafGlow:
    """Light that leaves throw back and the film, which has no backing, lets spread (the Wood effect)."""

    def __init__(self, footage: Footage) -> None:
        self._cube = cube_of(
            [lambda colours: living_of(colours)[..., None] * luma_of(colours)[..., None] * _ALIKE]
        )

    def fall(self, view: View, light: Light) -> None:
        """Add the glow of one frame's leaves."""
        leaves = read(view.reduced(2), self._cube)[0].astype(np.float32) * np.float32(1 / 255)
        light.glow(stretched(bloomed(leaves, 0.35, 0.45), view.size), colour(255, 206, 220))


_ALIKE = np.ones(3, np.float32)
_PROJECTED = (Gate,)
FILMS: dict[str, Air] = {
    "noir": Air(
        shade=_noir,
        effects=(Blind, lambda f: Halation(f, colour(255, 255, 255), 0.62, 0.5)),
        rim=0.22,
        grain=4.0,
    ),
    "vintage": Air(
        shade=_vintage,
        effects=(
            lambda f: Halation(f, colour(255, 150, 90), 0.6, 0.6),
            LightLeak,
            lambda f: Flicker(f, 0.035),
        ),
        optics=(Softness,),
        lens=_PROJECTED,
        overlays=(lambda f: Dirt(f, scratches=2, specks=6),),
        aperture=(lambda f: Aperture(f, 0.06, 0.0),),
        rim=0.26,
        grain=4.0,
    ),
    "super-8": Air(
        shade=_super8,
        effects=(
            lambda f: Halation(f, colour(255, 130, 60), 0.55, 0.8),
            LightLeak,
            lambda f: Flicker(f, 0.05),
        ),
        optics=(Softness,),
        lens=_PROJECTED,
        overlays=(lambda f: Dirt(f, scratches=1, specks=7),),
        aperture=(lambda f: Aperture(f, 0.09, 0.018),),
        rim=0.30,
        grain=5.0,
    ),
    "sepia": Air(
        shade=_sepia,
        effects=(lambda f: Halation(f, colour(255, 236, 200), 0.62, 0.45), lambda f: Flicker(f, 0.06)),
        lens=_PROJECTED,
        overlays=(lambda f: Dirt(f, scratches=3, specks=9),),
        aperture=(lambda f: Aperture(f, 0.06, 0.0),),
        rim=0.30,
        grain=4.0,
    ),
    "fantasy": Air(
        shade=_fantasy,
        effects=(lambda f: Dream(f, 1.0),),
        overlays=(
            lambda f: Lights(f, 46, Drift(-0.035, 0.03, 0.05), colour(255, 232, 170), 0.022),
            lambda f: Lights(f, 16, Drift(-0.02, 0.02, 0.06), colour(255, 180, 240), 0.036),
        ),
    ),
    "infrared": Air(
        shade=_infrared,
        by_hue=True,
        effects=(LeafGlow, lambda f: Halation(f, colour(255, 220, 230), 0.7, 0.5)),
        rim=0.16,
        grain=2.5,
    ),
    "thermal": Air(shade=_thermal, sensor=Bolometer),
}
NOIR, VINTAGE, SUPER8, SEPIA, FANTASY, INFRARED, THERMAL = FILMS.values()
