"""A frame reduced to the masses a hand would model: large smooth shapes, fine ones where they stand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.kernels_masses import choose_calmest
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    bordered,
    boxed,
    curved,
    difference,
    grey_of,
    medianed,
    merged,
    shrunk,
    size_of,
    smoothly_stretched,
    softened,
    split,
    stretched,
    strongest,
)
from omnireel.media.frames import Frame

_REACH = 4
_MIDDLE, _FINE = (9, 21), (7, 18)
"""Levels by which a shape must differ from the next coarser scale to begin to be kept, and to be whole."""
_CROWD = (0.34, 0.70)
"""Share of a neighbourhood that is fine detail, from where detail starts to count as mere texture."""
_CROWD_LOSS = 0.8
_DARK_SPOT, _LIGHT_SPOT, _SPOT_CROWD = (18, 38), (30, 60), (0.10, 0.26)
_SPOT_SIDE = 0.045
"""Size of the largest spot, as a share of the short side."""
_SPOT_PUSH, _SPOT_LIFT = 1.4, 0.6
"""How much further from its surroundings a dark and a light spot is driven."""


@dataclass(frozen=True)
class Masses:
    """A simplified frame, and where (0 to 255) it kept fine shapes."""

    flat: Frame
    detail: Mask


def masses_of(small: Frame) -> Masses:
    """Simplify a working-size frame over three scales, the coarsest wherever contrast allows.

    Medians move outlines by their curvature, as fingers do; Kuwahara's filter closes blurred outlines.
    """
    fine = medianed(small)
    middle = medianed(calmed(medianed(shrunk(fine, _part(small, 2)))))
    coarse = medianed(medianed(shrunk(middle, _part(small, 4))))
    middle = _prefer(coarse, middle, *_MIDDLE)
    base = smoothly_stretched(middle, size_of(small))
    detail = _uncrowded(_standing_out(base, fine, *_FINE))
    return Masses(medianed(blended(base, fine, detail), 3), detail)


@dataclass(frozen=True)
class Beads:
    """Small things that a modeller would set in: an eye, a button, a lamp, a pole."""

    where: Mask
    """0 to 255."""
    picture: Frame
    """The frame with dark ones darker and light ones lighter, so that they stand out as pieces."""


def beads_of(small: Frame) -> Beads:
    """Spots darker or lighter than all around them, where those are rare.

    They are what a closing fills and an opening takes away, Meyer's hats (1979), of the lightness.
    """
    grey = medianed(grey_of(small), 3)
    dark, light = _hat(grey, cv2.MORPH_BLACKHAT), _hat(grey, cv2.MORPH_TOPHAT)
    spots = cv2.max(curved(boxed(dark, 3), _ramp(*_DARK_SPOT)), curved(light, _ramp(*_LIGHT_SPOT)))
    rare = _uncrowded(cast("Mask", spots), _SPOT_CROWD)
    return Beads(rare, _driven_apart(small, grey, dark, light))


def _driven_apart(small: Frame, grey: Mask, dark: Mask, light: Mask) -> Frame:
    """Dark spots scaled down, so that they keep their hue, light ones up by what they stand out."""
    left = cv2.subtract(grey, cast("Mask", cv2.convertScaleAbs(dark, alpha=_SPOT_PUSH)))
    share = cast("Mask", cv2.divide(left, grey, scale=255))
    darker = cv2.multiply(small, cast("Frame", cv2.merge([share] * 3)), scale=1 / 255)
    up = cast("Mask", cv2.convertScaleAbs(light, alpha=_SPOT_LIFT))
    return cast("Frame", cv2.add(darker, cast("Frame", cv2.merge([up] * 3))))


def _hat(grey: Mask, kind: int) -> Mask:
    side = max(3, round(min(grey.shape) * _SPOT_SIDE)) | 1
    return cast("Mask", cv2.morphologyEx(grey, kind, cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))))


def calmed(frame: Frame, reach: int = _REACH) -> Frame:
    """Kuwahara's filter over squares of `reach` + 1 pixels: flat areas, sharp outlines."""
    grey = grey_of(frame).astype(np.float32)
    side = reach + 1
    squares = cast("Plane", cv2.sqrBoxFilter(grey, cv2.CV_32F, (side, side)))
    means = np.stack(split(bordered(boxed(frame, side), reach // 2)))
    out = np.empty((3, *grey.shape), np.uint8)
    spread = np.asarray(squares - boxed(grey, side) ** 2, np.float32)
    choose_calmest(means, bordered(spread, reach // 2), out)
    return merged(out)


def _part(frame: Frame, divisor: int) -> tuple[int, int]:
    return max(8, frame.shape[1] // divisor), max(8, frame.shape[0] // divisor)


def _prefer(coarse: Frame, fine: Frame, low: int, high: int) -> Frame:
    """The coarse version, but the fine one where the two differ by `high` levels."""
    base = smoothly_stretched(coarse, size_of(fine))
    return blended(base, fine, _standing_out(base, fine, low, high))


def _standing_out(base: Frame, fine: Frame, low: int, high: int) -> Mask:
    return cast("Mask", curved(boxed(strongest(difference(base, fine)), 5), _ramp(low, high)))


def _ramp(low: int, high: int) -> Mask:
    """0 up to the level `low`, 255 from `high` on."""
    return np.asarray(np.clip((np.arange(256) - low) / (high - low), 0, 1) * 255, np.uint8)


def _uncrowded(detail: Mask, crowding: tuple[float, float] = _CROWD) -> Mask:
    """Less of the detail where nearly everything is detail: gravel and glitter become lumps, an eye stays."""
    few = shrunk(detail, (max(8, detail.shape[1] // 8), max(8, detail.shape[0] // 8)))
    crowd = softened(few.astype(np.float32) / 255, max(1.0, detail.shape[0] * 0.008))
    loss = np.clip((crowd - crowding[0]) / (crowding[1] - crowding[0]), 0, 1) * np.float32(_CROWD_LOSS)
    kept = stretched(((1 - loss) * 255).astype(np.uint8), size_of(detail))
    return cast("Mask", cv2.multiply(detail, kept, scale=1 / 255))
