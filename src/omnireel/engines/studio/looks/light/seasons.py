"""Seasons: what a time of year does to leaves, ground and air."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.looks.light.air import Air, Footage, Light, View
from omnireel.engines.studio.looks.light.cube import Cube, Shade, cube_of
from omnireel.engines.studio.looks.light.exposure import read
from omnireel.engines.studio.looks.light.fields import TILE, noise_tile, riding
from omnireel.engines.studio.looks.light.lamps import bloomed
from omnireel.engines.studio.looks.light.memory import Memory
from omnireel.engines.studio.looks.light.sun import LowSun
from omnireel.engines.studio.looks.light.tones import (
    band,
    bent,
    colour,
    earth_of,
    foliage_of,
    hue_of,
    living_of,
    luma_of,
    mixed,
    opened,
    ramp,
    saturated,
    saturation_of,
    strongest_of,
    toned,
)
from omnireel.engines.studio.looks.weather.sprites import Drift, Leaves
from omnireel.engines.studio.picture.raster import Plane, boxed, shrunk, softened, stretched

_SNOW = (
    (0.0, colour(26, 44, 86)),
    (0.14, colour(86, 118, 180)),
    (0.34, colour(174, 200, 240)),
    (0.58, colour(234, 243, 254)),
    (1.0, colour(255, 255, 255)),
)
_LEAVES = (
    (0.0, colour(30, 14, 8)),
    (0.18, colour(120, 44, 14)),
    (0.42, colour(214, 98, 16)),
    (0.66, colour(246, 168, 40)),
    (1.0, colour(255, 236, 170)),
)
_YOUNG = (
    (0.0, colour(22, 46, 16)),
    (0.2, colour(82, 134, 44)),
    (0.5, colour(152, 200, 92)),
    (1.0, colour(228, 246, 190)),
)
_PETAL = colour(255, 216, 230)
_BLOSSOMS = 9000
_EDGE = 4
"""Texels by which no blossom is wider."""
_BARE = 0.40
"""Share of the tile without any blossom."""
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
        pale = bent(saturated(opened(colours, 1.14), 0.46), 0.10)
        # A bare low sun: what it reaches is white, and the rest has its light from a blue sky.
        cold = (
            pale
            * mixed(
                np.broadcast_to(colour(176, 206, 262), pale.shape),
                np.broadcast_to(colour(260, 258, 255), pale.shape),
                ramp(luma, 0.10, 0.62),
            )
            + colour(4, 10, 26) * ramp(luma, 0.5, 0.0)[..., None]
        )
        snow = toned(np.minimum(opened(luma, 1.25) * np.float32(1.3), 1), _SNOW)
        earth = earth_of(colours) * ramp(luma, 0.16, 0.42) * outdoors
        # In the dark, a source's hues are mostly its coder's.
        share = np.maximum(living_of(colours) * ramp(luma, 0.05, 0.18), earth) * (
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
        self._memory = Memory(0.8)

    def fall(self, view: View, light: Light) -> None:
        """Lay the snow of one frame."""
        caps = stretched(self._caps(view), view.size) * (1 - self._sky.find(view.moment))
        caps = self._memory.settled(caps, view.moment.motion)
        # Crisp at its edges, because what lies there is bright itself.
        lying = caps * view.bright(0.16, 0.52) * self._amount
        light.veil(np.maximum(lying, self._frost), colour(252, 254, 255))

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
        warm = bent(saturated(colours, 1.06), 0.16) * colour(276, 240, 196) + colour(8, 3, 0)
        # The sky of a clear autumn day stays blue.
        sky = band(hue_of(colours), 185, 250, 18) * ramp(saturation_of(colours), 0.14, 0.36)
        warm = mixed(warm, bent(colours, 0.12) * colour(248, 250, 250), sky * np.float32(0.85))
        leaves = toned(np.minimum(luma * np.float32(1.15), 1), _LEAVES)
        dry = earth_of(colours) * np.float32(0.55)
        return mixed(warm, leaves, np.maximum(living_of(colours) * np.float32(0.95), dry))

    return shade


class LeafColours:
    """Trees that turn each in its own time: yellow here, red there, riding on the trees."""

    def __init__(self, footage: Footage) -> None:
        self._tile = noise_tile(np.random.default_rng(footage.seed + 29), ((5, 0.5), (13, 0.35), (41, 0.15)))
        self._leaves = cube_of([_living])

    def fall(self, view: View, light: Light) -> None:
        """Tint the leaves of one frame."""
        leaves = boxed(_shares(view, self._leaves), 3)
        turn = riding(self._tile, view.moment.motion, view.grid(2), 2.2)
        light.filter(stretched(leaves * ramp(turn, 0.50, 0.84), view.size), colour(240, 122, 100))
        light.filter(stretched(leaves * ramp(turn, 0.42, 0.12), view.size), colour(275, 330, 260))


class Blossom:
    """Clusters of blossom on all that is green and in the light, riding on it."""

    def __init__(self, footage: Footage) -> None:
        self._tile = _clusters(np.random.default_rng(footage.seed + 37))
        self._leaves = cube_of([_living])

    def fall(self, view: View, light: Light) -> None:
        """Put the blossom on one frame."""
        petals = riding(self._tile, view.moment.motion, view.grid(2), 1.0)
        share = stretched(petals * boxed(_shares(view, self._leaves), 3), view.size)
        light.veil(share * (np.float32(0.25) + np.float32(0.75) * view.bright(0.08, 0.40)), _PETAL)


def _clusters(random: np.random.Generator) -> Plane:
    """`(512, 512)`, 0 to 1: small round blossoms that stand together in bunches."""
    side = TILE
    sheet = np.zeros((side + 2 * _EDGE, side + 2 * _EDGE), np.uint8)
    bunches = noise_tile(random, ((9, 0.5), (23, 0.5)))
    for x, y, size, tone in random.random((_BLOSSOMS, 4)):
        if bunches[int(y * side), int(x * side)] > _BARE:
            centre = round((x * side + _EDGE) * 16), round((y * side + _EDGE) * 16)
            cv2.circle(
                sheet, centre, round(16 * (0.9 + 1.5 * size)), int(150 + 105 * tone), -1, cv2.LINE_AA, 4
            )
    # What stands out beyond one edge belongs on the other side.
    for whole in (sheet, sheet.T):
        whole[_EDGE : 2 * _EDGE] = np.maximum(whole[_EDGE : 2 * _EDGE], whole[-_EDGE:])
        whole[-2 * _EDGE : -_EDGE] = np.maximum(whole[-2 * _EDGE : -_EDGE], whole[:_EDGE])
    middle = softened(sheet[_EDGE:-_EDGE, _EDGE:-_EDGE], 0.6)
    return np.asarray(middle * np.float32(1 / 255), np.float32)


def _living(colours: Plane) -> Plane:
    return np.repeat(living_of(colours)[..., None], 3, axis=-1)


def _shares(view: View, cube: Cube) -> Plane:
    """On half the working grid: what a cube says of each colour, 0 to 1."""
    return np.asarray(read(view.reduced(2), cube)[0] * np.float32(1 / 255), np.float32)


def _spring(_: Footage) -> Shade:
    def shade(colours: Plane) -> Plane:
        luma = luma_of(colours)
        fresh = opened(saturated(colours, 1.38), 1.32) * colour(222, 222, 214) + colour(36, 36, 32)
        light = mixed(fresh, fresh * colour(262, 250, 252), ramp(luma, 0.45, 0.9))
        young = toned(np.minimum(luma * np.float32(1.15), 1), _YOUNG)
        leaves = mixed(light, mixed(fresh * colour(226, 268, 176), young, 0.5), living_of(colours))
        blossom = foliage_of(colours) * ramp(luma, 0.46, 0.76) * np.float32(0.7)
        return mixed(leaves, colour(255, 212, 226) * opened(luma, 1.6)[..., None], blossom)

    return shade


class Airiness:
    """Bright things that shine a little beyond their edges, in light of `tint`."""

    def __init__(self, footage: Footage, tint: Plane, strength: float) -> None:
        self._tint, self._strength = tint, np.float32(strength)

    def fall(self, view: View, light: Light) -> None:
        """Let one frame shine."""
        light.glow(bloomed(view.bright(0.30, 0.95), 0.4, 0.6) * self._strength, self._tint)


AUTUMN = Air(
    shade=_autumn,
    by_hue=True,
    effects=(LeafColours, lambda f: LowSun(f, colour(255, 164, 74), 0.55)),
    overlays=(lambda f: Leaves(f, 34, Drift(0.16, 0.12, 0.05, 2.2), _FALLEN, 0.026),),
    rim=0.10,
)
WINTER = Air(
    shade=_winter,
    by_hue=True,
    effects=(lambda footage: SnowCover(footage, 0.86),),
)
SPRING = Air(
    shade=_spring,
    by_hue=True,
    effects=(Blossom, lambda f: Airiness(f, colour(255, 244, 240), 0.6)),
    overlays=(lambda f: Leaves(f, 26, Drift(0.10, 0.10, 0.06, 1.8), _BLOSSOM, 0.014, dim=0.14),),
)
SEASONS: dict[str, Air] = {"autumn": AUTUMN, "winter": WINTER, "spring": SPRING}
