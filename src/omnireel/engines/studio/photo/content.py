"""What a photograph is made of: sky, water and plants, found by colour, texture and position.

No learnt model: a place belongs to a material when several weak signs agree on it, and a material is in the
picture when enough of it hangs together. What the prompt names is believed sooner.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    grey_of,
    shrunk,
    size_of,
    softened,
    stretched,
)
from omnireel.engines.studio.picture.saliency import saliency_of, skin_of
from omnireel.media.frames import Frame

SIDE = 256
"""Longer side of the grid on which materials are told apart."""
USUAL_HORIZON = 0.38
"""Share of the height above the horizon when nothing shows where it is."""
_LEAST = {"sky": 0.04, "water": 0.05, "plants": 0.06, "flame": 0.0004}
"""Share of the picture under which a material is taken for a mistake."""
_PALE = 110.0
_COLOURLESS = 22.0
"""L* and the largest b* of what may be a cloud."""
_WIDE = 0.6
"""Share of the picture's width over which water must lie to be a lake or a sea with a far shore."""
_GAP = 0.4
"""The most that may lie between the far shore and where water is plain to see, in picture heights."""
_FULL = 3.0
"""Fine contrast of what has a surface, grey levels; skies and blurred backgrounds have less."""
_THICK = 0.05
"""Picture widths up to which a thing counts as thin."""
_FACE = 0.01
"""Share of the picture that must be skin before there is a face in it."""
_LOCK = 0.7
"""How far hair reaches from a face, for the side of its skin."""
_SALIENT = 0.4
_TRUST_NAMED = 0.55
"""How much less evidence a material needs when the prompt names it."""


@dataclass(frozen=True)
class Look:
    """A small picture with what its places are judged by, all `(height, width)`."""

    small: Frame
    light: Plane
    """L* as 0 to 255."""
    warmth: Plane
    """b*: yellow above 0, blue below."""
    redness: Plane
    """a*: red above 0, green below."""
    texture: Plane
    """Mean fine contrast around a place, grey levels."""
    level: Plane
    """-1 where texture stands upright, 1 where it lies in rows."""

    @property
    def size(self) -> Size:
        return size_of(self.small)


@dataclass(frozen=True)
class Content:
    """Where each material is, 0 to 1 on a grid with a longer side of SIDE."""

    sky: Plane
    water: Plane
    plants: Plane
    flame: Plane
    hair: Plane
    firm: Plane
    """What neither bends nor flows: people, buildings, rocks; not thin things, which may be stalks."""
    horizon: float
    """As a share of the height."""


def looked_at(picture: Frame) -> Look:
    """The picture reduced to the grid, with its signs."""
    width, height = size_of(picture)
    scale = SIDE / max(width, height)
    small = shrunk(picture, (max(8, round(width * scale)), max(8, round(height * scale))))
    lab = cast("Frame", cv2.cvtColor(softened(small, 0.8), cv2.COLOR_BGR2LAB)).astype(np.float32)
    grey = grey_of(small).astype(np.float32)
    across = softened(np.abs(cast("Plane", cv2.Sobel(grey, cv2.CV_32F, 1, 0))), 3.0)
    down = softened(np.abs(cast("Plane", cv2.Sobel(grey, cv2.CV_32F, 0, 1))), 3.0)
    texture = softened(np.abs(grey - softened(grey, 1.5)), 3.0)
    level = np.asarray((down - across) / (down + across + 2), np.float32)
    return Look(small, lab[..., 0], lab[..., 2] - 128, lab[..., 1] - 128, texture, level)


def content_of(picture: Frame, named: Collection[str] = ()) -> Content:
    """What the picture is made of. `named` holds materials the prompt speaks of."""
    look = looked_at(picture)
    sky = sky_of(look.small, named="sky" in named)
    horizon = horizon_of(sky)
    plants = _kept(_plants(look, named="plants" in named), look, "plants", named)
    water = _kept(_water(look, sky, horizon) * (1 - plants), look, "water", named)
    if "water" in named:
        water = _joined(look, water, plants, horizon if sky.any() else 0.0)
    else:
        water = _plain_water(water, look)
    flame = _kept(_flame(look), look, "flame", named) if "flame" in named else np.zeros_like(water)
    hair = _hair(look) if "hair" in named else np.zeros_like(water)
    return Content(_with_clouds(sky, look), water, plants, flame, hair, _firm(look, plants), horizon)


def horizon_of(sky: Mask) -> float:
    """The share of the height above the horizon: just below the sky, within reason."""
    if not sky.any():
        return USUAL_HORIZON
    rows = np.nonzero(sky)[0]
    return float(np.clip(np.percentile(rows, 96) / sky.shape[0], 0.2, 0.7))


def sky_of(small: Frame, *, named: bool = False) -> Mask:
    """Smooth, bright or blue, and joined to the top edge; nothing when too little of the picture is.

    When it is named it may be of any colour and rougher.
    """
    height = small.shape[0]
    lab = cast("Frame", cv2.cvtColor(small, cv2.COLOR_BGR2LAB))
    edges = softened(np.abs(cast("Plane", cv2.Laplacian(grey_of(small), cv2.CV_32F, ksize=3))), 2.5)
    bright = (lab[..., 0] > 95) & ((lab[..., 2] < 136) | (lab[..., 0] > 200))
    blue = (lab[..., 2] < 118) & (edges < 6)
    found = ((edges < 9) & bright) | blue
    if named:
        found |= (edges < 16) & (lab[..., 0] > 70)
    _, labels = cv2.connectedComponents(found.astype(np.uint8))
    top = np.unique(labels[: max(2, height // 40)])
    sky = np.isin(labels, top[top > 0])
    enough = sky.mean() > 0.06 and sky.any(axis=0).mean() > 0.35 and sky[: max(1, height // 8)].mean() > 0.35
    return (sky if enough else np.zeros_like(sky)).astype(np.uint8)


def _with_clouds(sky: Mask, look: Look) -> Plane:
    """The sky and the clouds in it: pale islands that reach neither the bottom nor the ground."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - sky)
    whole = sky.copy()
    for number in range(1, count):
        inside = labels == number
        low = stats[number, cv2.CC_STAT_TOP] + stats[number, cv2.CC_STAT_HEIGHT]
        pale = look.light[inside].mean() > _PALE and abs(look.warmth[inside].mean()) < _COLOURLESS
        if sky.any() and low < 0.75 * sky.shape[0] and pale:
            whole[inside] = 1
    return whole.astype(np.float32)


def _plants(look: Look, *, named: bool) -> Plane:
    """Green, or straw when named, and full of fine contrast."""
    green = np.clip((-look.redness - 3) / 8, 0, 1) * np.clip((look.warmth - 4) / 10, 0, 1)
    if named:
        straw = np.clip((look.warmth - 14) / 10, 0, 1) * np.clip((12 - look.redness) / 8, 0, 1)
        green = np.maximum(green, straw)
    rough = np.clip((look.texture - (1.6 if named else 2.4)) / 2.5, 0, 1)
    return np.asarray(green * rough * (1 - skin_of(look.small)), np.float32)


def _joined(look: Look, water: Plane, plants: Plane, horizon: float) -> Plane:
    """Water without gaps, and up to its far shore: shadows and mirrored clouds are water too."""
    height, width = water.shape
    span = np.ones((max(3, round(height * 0.22)), max(3, round(width * 0.06))), np.uint8)
    closed = cv2.morphologyEx(water, cv2.MORPH_CLOSE, span).astype(np.float32) * (1 - plants)
    shore = _far_shore(look, closed, round(horizon * height))
    if closed.any(axis=0).mean() > _WIDE and shore > 0:
        rows = np.arange(height)[:, None]
        tops = np.where(closed.any(axis=0), closed.argmax(axis=0), height)
        lows = np.max(np.where(closed > 0, rows, 0), axis=0)
        reachable = (tops - shore < _GAP * height)[None]
        closed[(rows >= shore) & (rows < lows[None]) & reachable & (plants < 0.5)] = 1
    closed[:shore] = 0
    return closed


def _far_shore(look: Look, water: Plane, sky_ends: int) -> int:
    """The row where the far shore is: where between sky and plain water most stands."""
    begins = int(np.argmax(water.mean(axis=1) > 0.5 * _WIDE))
    if not 0 < sky_ends < begins - 1:
        return sky_ends
    return sky_ends + int(np.argmax(look.texture[sky_ends:begins].mean(axis=1)))


def _plain_water(water: Plane, look: Look) -> Plane:
    """Water nobody spoke of, only where it fills the foreground and is cool throughout."""
    if not water.any():
        return water
    inside = water > 0
    middle = float(np.nonzero(inside)[0].mean()) / water.shape[0]
    sure = middle > 0.58 and inside[-max(1, len(inside) // 10) :].mean() > 0.5
    return water if sure and float(look.warmth[inside].mean()) < -3 else np.zeros_like(water)


def _water(look: Look, sky: Mask, horizon: float) -> Plane:
    """Below the horizon, in rows, not rough, and cool, colourless or in the colour of the sky."""
    rows = np.linspace(0, 1, look.size[1], dtype=np.float32)[:, None]
    below = np.clip((rows - horizon + 0.03) / 0.04, 0, 1)
    cool = np.clip((6 - look.warmth) / 10, 0, 1) * np.clip((7 - look.redness) / 6, 0, 1)
    alike = _like_the_sky(look, sky)
    in_rows = np.clip(look.level * 1.6 + 0.55, 0, 1)
    calm = np.clip((9 - look.texture) / 5, 0, 1)
    found = below * np.maximum(cool * (0.5 + 0.5 * alike), alike) * (0.35 + 0.65 * in_rows) * calm
    return np.asarray(found * (1 - sky), np.float32)


def _like_the_sky(look: Look, sky: Mask) -> Plane:
    """Water shows the sky: 1 where hue agrees with it. Without a sky all of it may be."""
    if not sky.any():
        return np.full(sky.shape, 0.6, np.float32)
    inside = sky > 0
    a, b = (float(plane[inside].mean()) for plane in (look.redness, look.warmth))
    apart = np.hypot(look.redness - np.float32(a), look.warmth - np.float32(b))
    return np.asarray(np.clip(1.1 - apart / 20, 0, 1), np.float32)


def _flame(look: Look) -> Plane:
    """Bright, warm and nearly burnt out."""
    bright = np.clip((look.light - 170) / 40, 0, 1)
    warm = np.clip((look.warmth + look.redness * 0.5 - 14) / 14, 0, 1)
    return np.asarray(bright * warm, np.float32)


def _hair(look: Look) -> Plane:
    """Fine strands around a face; where there is no skin, those of a coat."""
    skin = skin_of(look.small)
    strands = np.clip((look.texture - 2) / 2, 0, 1) * (1 - skin)
    if skin.mean() > _FACE:
        side = max(5, round(_LOCK * float(skin.sum()) ** 0.5)) | 1
        around = cv2.dilate(_opened(skin.astype(np.uint8), 5), np.ones((side, side), np.uint8))
        return np.asarray(strands * around * np.clip((140 - look.light) / 60, 0, 1), np.float32)
    middle = stretched(saliency_of(look.small), look.size)
    return np.asarray(strands * (middle > _SALIENT), np.float32)


def _firm(look: Look, plants: Plane) -> Plane:
    full = ((look.texture > _FULL) & (plants < 0.5)).astype(np.uint8)
    side = max(3, round(_THICK * look.size[0]))
    thick = _opened(full, side)
    return np.asarray(np.maximum(thick, skin_of(look.small) * (plants < 0.5)), np.float32)


def _kept(found: Plane, look: Look, name: str, named: Collection[str]) -> Plane:
    """The plane snapped to the picture's edges, without scraps; nothing when there is too little of it."""
    trust = _TRUST_NAMED if name in named else 1.0
    guide = look.small.astype(np.float32) / 255
    snapped = cv2.ximgproc.guidedFilter(guide, found, 5, 1e-3).astype(np.float32)
    found_at = (snapped > 0.5 * trust).astype(np.uint8)
    solid = found_at if name == "flame" else _opened(found_at, 3)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    least = _LEAST[name] * trust * solid.size
    large = [number for number in range(1, count) if stats[number, cv2.CC_STAT_AREA] >= 0.25 * least]
    kept = np.isin(labels, large)
    if kept.sum() < least:
        return np.zeros_like(found)
    if name in named and name == "plants":
        kept = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((19, 19), np.uint8)) > 0
    return np.asarray(kept, np.float32)


def _opened(mask: Mask, side: int) -> Mask:
    """The mask without what is thinner than `side`."""
    return cast("Mask", cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)))
