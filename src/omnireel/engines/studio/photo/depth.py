"""A guess at how near each place of a photograph is: smooth, so that following it never tears."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, Plane, grey_of, size_of, softened
from omnireel.engines.studio.picture.saliency import judged, saliency_of, sharpness_of, spread
from omnireel.media.frames import Frame

_SMOOTHNESS = 0.03
"""Blur of the guess, as a share of the width. Less bends straight things, more flattens the scene."""
_USUAL_HORIZON = 0.38
"""Share of the height above the horizon when no sky shows where it is."""


def depth_of(picture: Frame) -> Plane:
    """Nearness, 0 for the sky to 1, on the grid of `saliency_of`.

    A ground plane below the estimated horizon, raised where something stands out or is in focus, and nothing
    nearer than the sky where there is sky. Monocular cues as in Torralba and Oliva, "Depth Estimation from
    Image Structure" (2002), without a learnt model.
    """
    small = judged(picture)
    sky = _sky(small)
    nearness = 0.55 * _ground(small, sky) + 0.30 * saliency_of(picture) + 0.15 * sharpness_of(small)
    nearness = np.where(sky > 0, np.float32(0), nearness).astype(np.float32)
    smooth = softened(nearness, _SMOOTHNESS * small.shape[1])
    return spread(smooth)


def _ground(small: Frame, sky: Mask) -> Plane:
    width, height = size_of(small)
    horizon = _horizon(sky)
    y = np.linspace(0, 1, height, dtype=np.float32)
    below = np.clip((y - horizon) / (1 - horizon), 0, 1) ** np.float32(0.8)
    above = np.clip((horizon - y) / horizon, 0, 1)
    profile = np.where(y > horizon, 0.15 + 0.85 * below, 0.15 * (1 - above))
    return np.repeat(profile.astype(np.float32)[:, None], width, axis=1)


def _horizon(sky: Mask) -> float:
    """The share of the height above the horizon: just below the sky, within reason."""
    if not sky.any():
        return _USUAL_HORIZON
    rows = np.nonzero(sky)[0]
    return float(np.clip(np.percentile(rows, 96) / sky.shape[0], 0.2, 0.7))


def _sky(small: Frame) -> Mask:
    """Smooth, bright or blue, and joined to the top edge; nothing when too little of the picture is."""
    height = small.shape[0]
    lab = cast("Frame", cv2.cvtColor(small, cv2.COLOR_BGR2LAB))
    edges = cast("Plane", cv2.Laplacian(grey_of(small), cv2.CV_32F, ksize=3))
    calm = softened(np.abs(edges), 2.5) < 9
    light = (lab[..., 0] > 95) & ((lab[..., 2] < 136) | (lab[..., 0] > 200))
    _, labels = cv2.connectedComponents((calm & light).astype(np.uint8))
    top = np.unique(labels[: max(2, height // 40)])
    sky = np.isin(labels, top[top > 0])
    enough = sky.mean() > 0.06 and sky.any(axis=0).mean() > 0.35 and sky[: max(1, height // 8)].mean() > 0.35
    return (sky if enough else np.zeros_like(sky)).astype(np.uint8)
