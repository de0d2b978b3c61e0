"""Invented looks: a clip remodelled in a material, or two, lit from the upper left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.anchor import Sheet
from omnireel.engines.studio.looks.invented.kernels import cast_in_material, turn_to_light
from omnireel.engines.studio.looks.invented.materials import Material, chosen, painted, ramp_of
from omnireel.engines.studio.looks.invented.textures import texture_of
from omnireel.engines.studio.looks.light.fields import laid
from omnireel.engines.studio.looks.light.lamps import bloomed
from omnireel.engines.studio.looks.light.outline import outlined
from omnireel.engines.studio.looks.light.tones import ramp, strongest_of
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    crossfaded,
    difference,
    grey_of,
    medianed,
    shrunk,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, Motion, working_size
from omnireel.media.frames import Frame
from omnireel.models import InventedLook

_BEVEL = 0.045
_SEAM = (8.0, 46.0)
_SIDE = 720
"""The short side of a canvas on which a material's scale is as written."""
_MEMORY = np.float32(0.78)
_AGREE = (34.0, 10.0)
"""Grey levels between a pixel and its past from which they are two things, and up to which they are one."""


@dataclass(frozen=True)
class _Shape:
    moment: Moment
    planes: Mask
    """`(3, height, width)` on the working grid: level, matt light, gloss; for each material in turn."""
    tint: Frame
    share: Mask | None
    """Where, 0 to 255, the second material lies."""


@dataclass(frozen=True)
class _Past:
    luma: Plane
    height: Plane
    share: Plane


class Invented:
    """A clip cast in what an invented look names. `samples` are a few of its frames."""

    def __init__(self, look: InventedLook, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._materials = chosen(look.materials) or [painted(look.colours)]
        self._ramps = _ramps(look, self._materials)
        self._textures = [
            texture_of(material.pattern, seed + k) for k, material in enumerate(self._materials)
        ]
        self._low, self._high, self._middle = _levels(samples)
        self._past: _Past | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in the material."""
        for shape in ahead((self.model(moment) for moment in moments), threads=threads):
            yield shape.moment.repainted(self.paint(shape))

    def model(self, moment: Moment) -> _Shape:
        """Shape one frame. Frames must come in order: each follows from the one before."""
        calm = calmed(medianed(moment.small), 2)
        grey = grey_of(calm)
        luma, height, share = self._remembered(grey, _share(calm, self._middle), moment.motion)
        relief = softened(height, 1.3) + softened(luma, 1.8) * np.float32(min(self._grid) * 0.00012)
        lit = np.empty((4, *grey.shape), np.uint8)
        turn_to_light(relief, np.float32(0.75), lit)
        tone = np.clip((luma - self._low) / (self._high - self._low), 0, 1)
        planes = np.concatenate([_planes(material, tone, lit) for material in self._materials])
        tint = _tint(calm, max(material.keep for material in self._materials))
        return _Shape(moment, planes, tint, _whole(share) if len(self._materials) > 1 else None)

    def paint(self, shape: _Shape) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        cast_frames = [self._cast(shape, number) for number in range(len(self._materials))]
        if shape.share is None:
            return cast_frames[0]
        return blended(cast_frames[0], cast_frames[1], stretched(shape.share, self._size))

    def _cast(self, shape: _Shape, number: int) -> Frame:
        material, texture = self._materials[number], self._textures[number]
        level, matt, gloss = (
            stretched(plane, self._size) for plane in shape.planes[3 * number : 3 * number + 3]
        )
        tone, lean = self._laid(
            np.dstack([texture.tone, texture.lean]), shape.moment.motion.sheets, material.scale
        )
        out = np.empty((*level.shape, 3), np.uint8)
        strength = np.float32(material.grain), np.float32(material.emboss / 128)
        tint = stretched(shape.tint, self._size)
        cast_in_material(level, matt, gloss, tone, lean, tint, self._ramps[number], *strength, out)
        return _glowing(out, material.glow) if material.glow else out

    def _laid(self, pair: Mask, sheets: Sequence[Sheet], scale: float) -> tuple[Mask, Mask]:
        """A texture's two tiles where they lie on what moves."""
        texel = scale * min(1.0, _SIDE / min(self._size))
        found = [laid(pair, sheet.offset, self._size, texel) for sheet in sheets]
        both = found[0] if len(found) == 1 else crossfaded(found[0], found[1], sheets[1].weight)
        return both[..., 0], both[..., 1]

    def _remembered(self, grey: Mask, share: Plane, motion: Motion) -> tuple[Plane, Plane, Plane]:
        """Brightness, height and materials, each settled along the flow."""
        luma = grey.astype(np.float32)
        height = outlined(grey, min(self._grid) * _BEVEL, _SEAM)
        if self._past is not None and not motion.cut:
            before = motion.follow(np.dstack([self._past.luma, self._past.height, self._past.share]))
            kept = (
                ramp(difference(luma, np.ascontiguousarray(before[..., 0])), *_AGREE) * motion.trust * _MEMORY
            )
            luma = luma + (before[..., 0] - luma) * kept
            height = height + (before[..., 1] - height) * (motion.trust * _MEMORY)
            share = share + (before[..., 2] - share) * kept
        self._past = _Past(luma, height, share)
        return luma, height, share


def _ramps(look: InventedLook, materials: Sequence[Material]) -> list[Plane]:
    """Each material's colours; the colours named dye them in turn."""
    if not look.materials:
        return [ramp_of(material) for material in materials]
    # One colour for two materials dyes them both.
    dyes = look.colours if len(look.colours) >= len(materials) else look.colours[:1] * len(materials)
    return [ramp_of(material, dye) for material, dye in zip_longest(materials, dyes[: len(materials)])]


def _levels(samples: Sequence[Frame]) -> tuple[np.float32, np.float32, np.float32]:
    """The dark end, the bright end and the middle of a clip."""
    luma = np.concatenate([grey_of(shrunk(frame, (64, 64))).ravel() for frame in samples])
    low, middle, high = np.quantile(luma, (0.02, 0.5, 0.985))
    return np.float32(min(low, 90)), np.float32(max(high, low + 70)), np.float32(middle)


def _share(calm: Frame, middle: np.float32) -> Plane:
    """Where the second of two materials lies: in the darker or the colder half of things."""
    luma = grey_of(calm).astype(np.float32)
    cold = calm[..., 0].astype(np.float32) - calm[..., 2]
    return boxed(ramp(luma - cold * np.float32(0.6), float(middle) + 12, float(middle) - 12), 3)


def _planes(material: Material, tone: Plane, lit: Mask) -> Mask:
    mirrored, edge = lit[2].astype(np.float32) / 255, lit[3].astype(np.float32) / 255
    level = tone + (mirrored * np.float32(0.75) + tone * np.float32(0.25) - tone) * np.float32(
        material.mirror
    )
    level = level + (edge * (np.float32(0.65) + np.float32(0.45) * tone) - level) * np.float32(
        material.outline
    )
    matt = 128 + (lit[0].astype(np.float32) - 128) * np.float32(material.contrast)
    gloss = lit[1].astype(np.float32) * np.float32(material.gloss)
    return np.stack([_whole(level), np.clip(matt, 0, 255).astype(np.uint8), gloss.astype(np.uint8)])


def _whole(share: Plane) -> Mask:
    return np.asarray(np.clip(share, 0, 1) * 255, np.uint8)


def _tint(calm: Frame, keep: float) -> Frame:
    """The picture's own hues around 128, stronger than they were: dyes are."""
    if keep <= 0:
        return np.full_like(calm, 128)
    grey = grey_of(calm).astype(np.float32)[..., None] + np.float32(24)
    hue = (calm.astype(np.float32) + np.float32(24)) / grey
    return np.asarray(np.clip(128 * (1 + (hue - 1) * np.float32(keep * 1.5)), 20, 250), np.uint8)


def _glowing(frame: Frame, strength: float) -> Frame:
    few = max(8, frame.shape[1] // 4), max(8, frame.shape[0] // 4)
    small = np.asarray(shrunk(frame, few) / np.float32(255), np.float32)
    light = bloomed(small * ramp(strongest_of(small), 0.35, 0.9)[..., None], 0.5, 0.7) * np.float32(strength)
    added = stretched(np.asarray(np.clip(light, 0, 1) * 255, np.uint8), (frame.shape[1], frame.shape[0]))
    return cast("Frame", cv2.add(frame, added))
