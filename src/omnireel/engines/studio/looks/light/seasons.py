"""Seasons: what a time of year does to leaves, ground and air."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Footage, Light, View
from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.looks.light.fields import noise_tile, riding
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
    strongest_of,
    toned,
)
from omnireel.engines.studio.looks.weather.curtain import Flakes
from omnireel.engines.studio.looks.weather.sprites import Drift, Leaves
from omnireel.engines.studio.picture.raster import Plane, boxed, shrunk, stretched

_SNOW = (
    (0.0, colour(34, 44, 66)),
    (0.14, colour(92, 112, 150)),
    (0.34, colour(176, 194, 222)),
    (0.58, colour(232, 240, 250)),
    (1.0, colour(255, 255, 255)),
)
_LEAVES = (
    (0.0, colour(30, 14, 8)),
    (0.18, colour(120, 44, 14)),
    (0.42, colour(214, 98, 16)),
    (0.66, colour(246, 168, 40)),
    (1.0, colour(255, 236, 170)),
)
_FALLEN = (colour(214, 92, 20), colour(232, 150, 30), colour(176, 44, 20), colour(240, 190, 60))
_BLOSSOM = (colour(255, 198, 214), colour(255, 226, 236), colour(250, 170, 196))


def skin_of(colours: Plane) -> Plane:
    """How far a colour could be skin, 0 to 1."""
    hue, saturation, level = hue_of(colours), saturation_of(colours), strongest_of(colours)
    return band(hue, 4, 32, 8) * band(saturation, 0.18, 0.62, 0.12) * ramp(level, 0.20, 0.40)


def _winter(footage: Footage) -> Shade:
    # Among trees brown is soil; in a room it is wood, and skin in warm light.
    outdoors = np.float32(_openness(footage))

    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        cold = bent(saturated(opened(colours, 1.12), 0.5), 0.05) * colour(240, 250, 262)
        snow = toned(np.minimum(luma * np.float32(1.65), 1), _SNOW)
        earth = earth_of(colours) * ramp(luma, 0.16, 0.42) * outdoors
        # In the dark, a source's hues are mostly its coder's.
        share = np.maximum(foliage_of(colours) * ramp(luma, 0.05, 0.18), earth) * (
            1 - skin_of(colours) * np.float32(0.85)
        )
        return mixed(cold, snow, share * np.float32(0.96))

    return shade


def _openness(footage: Footage) -> float:
    """0 for a clip of a room, 1 for one with plants, or with much bare ground."""
    seen = [shrunk(frame, (64, 64)).reshape(-1, 3).astype(np.float32) / 255 for frame in footage.samples]
    colours = np.asarray(np.concatenate(seen), np.float32)
    plants, ground = float(foliage_of(colours).mean()), float(earth_of(colours).mean())
    return float(np.clip(max((plants - 0.03) / 0.04, (ground - 0.2) / 0.15), 0, 1))


class SnowCover:
    """Snow on what faces up: brighter than what lies just below it, in patches that ride on the ground.

    Frost grows in from the corners of the lens, so that a room without any ground is wintry too.
    """

    def __init__(self, footage: Footage, amount: float) -> None:
        self._amount = np.float32(amount)
        self._reach = max(2, round(footage.grid[1] * 0.022))
        random = np.random.default_rng(footage.seed + 23)
        self._patches = noise_tile(random, ((7, 0.4), (19, 0.3), (47, 0.3)))
        self._frost = _frost(footage, random) * np.float32(1 - _openness(footage))
        self._sky = footage.sky
        self._past: Plane | None = None

    def fall(self, view: View, light: Light) -> None:
        """Lay the snow of one frame."""
        caps = stretched(self._caps(view), view.size) * (1 - self._sky.find(view.moment))
        motion = view.moment.motion
        if self._past is not None and not motion.cut:
            past = motion.follow(self._past)
            caps = caps + (past - caps) * (motion.trust * np.float32(0.8))
        self._past = caps
        light.veil(np.maximum(caps * self._amount, self._frost), colour(252, 254, 255))

    def _caps(self, view: View) -> Plane:
        """On half the working grid."""
        half = view.grid(2)
        small = view.reduced(2).astype(np.float32) * np.float32(1 / 255)
        luma = luma_of(small)
        below = np.roll(boxed(luma, self._reach | 1), -self._reach, axis=0)
        below[-self._reach :] = luma[-self._reach :]
        upward = ramp(boxed(luma, 3) - below, 0.05, 0.20)
        warm = small[..., 2] - small[..., 0]
        cold = np.maximum(foliage_of(small), ramp(warm, 0.07, 0.02))
        patches = riding(self._patches, view.moment.motion, half, 2.0)
        return np.asarray(np.clip(upward * 1.3 - patches * 0.5, 0, 1) * cold, np.float32)


def _frost(footage: Footage, random: np.random.Generator) -> Plane:
    width, height = footage.grid
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    needles = noise_tile(random, ((23, 0.35), (61, 0.35), (127, 0.3)))
    over = stretched(needles[: max(8, height // 2), : min(len(needles), max(8, width // 2))], footage.grid)
    edge = np.maximum(np.abs(x) ** 3, np.abs(y) ** 3) * 0.75 + np.hypot(x, y) ** 4 * 0.16
    return np.asarray(np.clip(edge - 0.46 - over * 0.5, 0, 1) * 0.9, np.float32)


def _autumn(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        warm = bent(colours, 0.12) * colour(264, 246, 220)
        leaves = toned(np.minimum(luma * np.float32(1.12), 1), _LEAVES)
        dry = earth_of(colours) * np.float32(0.4)
        return mixed(warm, leaves, np.maximum(foliage_of(colours) * np.float32(0.93), dry))

    return shade


class LeafColours:
    """Trees that turn each in its own time: yellow here, red there, riding on the trees."""

    def __init__(self, footage: Footage) -> None:
        self._tile = noise_tile(np.random.default_rng(footage.seed + 29), ((5, 0.5), (13, 0.35), (41, 0.15)))

    def fall(self, view: View, light: Light) -> None:
        """Tint the leaves of one frame."""
        small = view.reduced(2).astype(np.float32) * np.float32(1 / 255)
        leaves = stretched(boxed(foliage_of(small), 3), view.size)
        turn = riding(self._tile, view.moment.motion, view.size, 1.1)
        light.filter(leaves * ramp(turn, 0.52, 0.86), colour(240, 132, 110))
        light.filter(leaves * ramp(turn, 0.42, 0.12), colour(275, 330, 260))


def _spring(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        fresh = opened(saturated(colours, 1.12), 1.16)
        leaves = mixed(fresh, fresh * colour(246, 274, 200), foliage_of(colours))
        blossom = foliage_of(colours) * ramp(luma_of(colours), 0.42, 0.72) * np.float32(0.8)
        return mixed(leaves, colour(255, 206, 222) * opened(luma_of(colours), 1.6)[..., None], blossom)

    return shade


AUTUMN = Air(
    shade=_autumn,
    by_hue=True,
    effects=(LeafColours,),
    overlays=(lambda f: Leaves(f, 24, Drift(0.16, 0.12, 0.05, 2.2), _FALLEN, 0.021),),
    rim=0.06,
)
WINTER = Air(
    shade=_winter,
    by_hue=True,
    effects=(lambda footage: SnowCover(footage, 0.86),),
    overlays=(lambda footage: Flakes(footage, 0.35),),
)
SPRING = Air(
    shade=_spring,
    by_hue=True,
    overlays=(lambda f: Leaves(f, 26, Drift(0.10, 0.10, 0.06, 1.8), _BLOSSOM, 0.014),),
)
SEASONS: dict[str, Air] = {"autumn": AUTUMN, "winter": WINTER, "spring": SPRING}
