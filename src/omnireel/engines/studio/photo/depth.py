"""A guess at how near each place of a photograph is: smooth, so that following it never tears."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.photo.content import horizon_of, sky_of
from omnireel.engines.studio.picture.raster import Plane, size_of, softened
from omnireel.engines.studio.picture.saliency import judged, saliency_of, sharpness_of, spread
from omnireel.media.frames import Frame

_SMOOTHNESS = 0.035
"""Blur of the guess, as a share of the width. Less bends straight things, more flattens the scene."""
_STANDS = 0.42
"""Saliency from which a place belongs to a thing and not to the ground."""
_LEAST_THING = 0.004
"""Share of the picture under which a thing is not worth standing up."""
_WIDEST_THING = 0.6
"""Picture widths beyond which what stands out is a place."""
_LIFT = 0.30
"""How much nearer a thing is than the ground it stands on: what stands out is looked at, and in front."""


def depth_of(picture: Frame) -> Plane:
    """Nearness, 0 for the sky to 1, on the grid of `saliency_of`.

    A ground plane below the estimated horizon, raised where something stands out or is in focus, and nothing
    nearer than the sky where there is sky. Monocular cues as in Torralba and Oliva, "Depth Estimation from
    Image Structure" (2002), without a learnt model.
    """
    small = judged(picture)
    sky, salient = sky_of(small), saliency_of(picture)
    ground = _ground(small, horizon_of(sky))
    nearness = 0.55 * ground + 0.30 * salient + 0.15 * sharpness_of(small)
    nearness = np.where(sky > 0, np.float32(0), nearness).astype(np.float32)
    stood = _standing(nearness, ground, (salient > _STANDS) & (sky == 0))
    return spread(softened(stood, _SMOOTHNESS * small.shape[1]))


def _standing(nearness: Plane, ground: Plane, things: NDArray[np.bool_]) -> Plane:
    """Things as near as the ground at their feet all the way up, lest they lean as the camera swings."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(things.astype(np.uint8))
    stood = nearness.copy()
    for number in range(1, count):
        inside = labels == number
        small = stats[number, cv2.CC_STAT_AREA] < _LEAST_THING * things.size
        if small or stats[number, cv2.CC_STAT_WIDTH] > _WIDEST_THING * things.shape[1]:
            continue
        foot = int(np.percentile(np.nonzero(inside)[0], 94))
        whole = np.float32(0.55 * float(ground[foot].mean()) + _LIFT)
        stood[inside] = 0.35 * stood[inside] + 0.65 * whole
    return stood


def _ground(small: Frame, horizon: float) -> Plane:
    width, height = size_of(small)
    y = np.linspace(0, 1, height, dtype=np.float32)
    below = np.clip((y - horizon) / (1 - horizon), 0, 1) ** np.float32(0.8)
    above = np.clip((horizon - y) / horizon, 0, 1)
    profile = np.where(y > horizon, 0.15 + 0.85 * below, 0.15 * (1 - above))
    return np.repeat(profile.astype(np.float32)[:, None], width, axis=1)
