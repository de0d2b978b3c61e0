"""How far a rigid pattern has to move to stay with the scene while the camera pans."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, Plane, Size, boxed, length_of, pixel_grid, size_of
from omnireel.engines.studio.tracker import Motion

_EVERY = 7
_SURE = 0.5
_FEW = 40
_ROUNDS = 8
_NEAR = 0.05
"""Pixels of the grid under which distances to the median count alike."""
_LEAST_SHOWN = 1.0
"""Grey levels of slope that even a plain place counts for."""


class Drift:
    """The sum of the scene's median motion since the last cut, in pixels of a canvas of `size`.

    A grid or dot screen shifted by it keeps its perfect shape, and still does not crawl over the picture.
    """

    def __init__(self, size: Size) -> None:
        self._width = size[0]
        self.x, self.y = 0.0, 0.0

    def follow(self, motion: Motion, luma: Mask | None = None) -> None:
        """Take one frame's motion into account; at a cut start from nothing.

        With the frame's `luma` on the working grid, places count by how much there is to see: over a blank
        wall a grid may slide, over a face it must not.
        """
        if motion.cut:
            self.x, self.y = 0.0, 0.0
            return
        few = np.s_[::_EVERY, ::_EVERY]
        sure = motion.trust[few] > _SURE
        if int(sure.sum()) < _FEW:
            return
        here = pixel_grid(size_of(motion.x))[few]
        moves = np.stack([here[..., 0] - motion.x[few], here[..., 1] - motion.y[few]], axis=-1)[sure]
        shown = np.ones(len(moves), np.float32) if luma is None else _slope(luma)[few][sure]
        x, y = _median(moves, shown)
        scale = self._width / motion.x.shape[1]
        self.x, self.y = self.x + x * scale, self.y + y * scale


def _slope(luma: Mask) -> Plane:
    """How steep the picture is around each pixel, over about the distance from sample to sample."""
    soft = boxed(luma, _EVERY + 1)
    across = cast("Plane", cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=0.125))
    down = cast("Plane", cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=0.125))
    return length_of(across, down) + np.float32(_LEAST_SHOWN)


def _median(moves: Plane, weights: Plane) -> tuple[float, float]:
    """The weighted geometric median of `(n, 2)` moves (Weiszfeld, 1937)."""
    across, down = np.ascontiguousarray(moves[:, 0]), np.ascontiguousarray(moves[:, 1])
    x, y = np.median(across), np.median(down)
    for _ in range(_ROUNDS):
        share = weights / (np.hypot(across - x, down - y) + np.float32(_NEAR))
        whole = share.sum()
        x, y = (share * across).sum() / whole, (share * down).sum() / whole
    return float(x), float(y)
