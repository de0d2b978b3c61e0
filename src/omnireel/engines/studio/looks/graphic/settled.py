"""Fields that follow the motion from frame to frame instead of being found anew."""

from __future__ import annotations

from typing import cast

import numpy as np

from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.raster import Mask, Plane, curved, difference, strongest
from omnireel.engines.studio.tracker import Motion
from omnireel.media.frames import Frame

_AGREEMENT = np.clip((28 - np.arange(256, dtype=np.float32)) / 20, 0, 1)
"""How far a pixel and its past count as the same, by the grey levels between them."""


def settled(now: Frame, past: Frame | None, motion: Motion, memory: float) -> Frame:
    """Simplified colours mixed with those of the frame before, in the share of `memory` where they agree."""
    if past is None or motion.cut:
        return now
    before = motion.follow(past)
    agreed = cast("Plane", curved(strongest(difference(now, before)), _AGREEMENT)) * motion.trust
    return blended(now, before, (agreed * np.float32(memory * 255)).astype(np.uint8))


def lasting(now: Plane, past: Plane | None, motion: Motion, memory: float) -> Plane:
    """A field that fades in and out along the flow: `memory` of the past where it can be trusted."""
    if past is None or motion.cut:
        return now
    kept: Plane = now + (motion.follow(past) - now) * (motion.trust * np.float32(memory))
    return kept


def bytes_of(field: Plane, scale: float = 1.0) -> Mask:
    """A field times `scale`, as bytes; what lies outside is clipped."""
    return np.asarray(np.clip(field * np.float32(scale) + np.float32(0.5), 0, 255), np.uint8)
