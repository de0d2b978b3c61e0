"""What a painter remembers of the frame before: fields that follow the motion instead of starting afresh."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.raster import Mask, Plane, boxed, curved, difference, strongest
from omnireel.engines.studio.tracker import Motion
from omnireel.media.frames import Frame

_AGREEMENT = np.clip((26 - np.arange(256, dtype=np.float32)) / 18, 0, 1)
"""How far a pixel and its past count as the same thing, by the levels between them."""


def remembered(field: Plane, past: Plane | None, motion: Motion, memory: float) -> Plane:
    """A field blended with its past, which has been moved to where its things are now."""
    if past is None or motion.cut:
        return field
    share = motion.trust * np.float32(memory)
    moved = motion.follow(past)
    moved -= field
    moved *= share[..., None] if field.ndim == 3 else share
    moved += field
    return moved


def settled(frame: Frame, past: Frame | None, motion: Motion, memory: float) -> Frame:
    """Colours steadied with those of the frame before, wherever the two are the same thing."""
    if past is None or motion.cut:
        return frame
    before = motion.follow(past)
    gap = boxed(strongest(difference(frame, before)), 3)
    agreed = cast("Mask", curved(gap, np.rint(_AGREEMENT * (255 * memory)).astype(np.uint8)))
    trust = cast("Mask", cv2.convertScaleAbs(motion.trust, alpha=255))
    return blended(frame, before, cast("Mask", cv2.multiply(agreed, trust, scale=1 / 255)))
