"""Frames between two frames, where the things in them are on their way."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.raster import (
    Plane,
    boxed,
    difference,
    fetched,
    grey_of,
    pixel_grid,
    shrunk,
    size_of,
    stretched,
)
from omnireel.media.frames import Frame

_FLOW_SIDE = 270
"""Short side of the grid on which motion is estimated."""
_CUT_LEVEL = 22.0
_DISBELIEF = 0.06
"""Steepness with which a pixel is doubted whose two flows do not lead back to it, in pixels."""


class Between:
    """Two neighbouring frames and the motion both ways, from which any moment between them is made.

    Each side is moved along its own flow to the moment asked for and weighs what it can see: a pixel whose
    flows disagree is hidden in one of the frames, so the other one shows it (after Baker et al., "A Database
    and Evaluation Methodology for Optical Flow", 2011, section 3.3.2).
    """

    def __init__(self, one: Frame, other: Frame) -> None:
        self._one, self._other = one, other
        scale = min(1.0, _FLOW_SIDE / min(size_of(one)))
        small = max(16, round(size_of(one)[0] * scale)), max(16, round(size_of(one)[1] * scale))
        first, second = (grey_of(shrunk(frame, small)) for frame in (one, other))
        estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        none = cast("Plane", None)
        self._forth = cast("Plane", estimator.calc(first, second, none))
        self._back = cast("Plane", estimator.calc(second, first, none))
        grid = pixel_grid(small)
        after = fetched(second, grid[..., 0] + self._forth[..., 0], grid[..., 1] + self._forth[..., 1])
        self.cut = float(difference(after, first).mean()) > _CUT_LEVEL
        self._seen_first = _seen(self._forth, self._back)
        self._seen_second = _seen(self._back, self._forth)

    def at(self, share: float) -> Frame:
        """The picture `share`, 0 to 1, of the way to the second frame. Across a cut: the nearer frame."""
        if self.cut:
            return self._one if share < 0.5 else self._other
        # A pixel's motion at the moment between is near that of its neighbours in both frames.
        forth, back = _moved(self._forth, share), _moved(self._back, 1 - share)
        size = size_of(self._one)
        one = _fetched_along(self._one, forth * np.float32(-share))
        other = _fetched_along(self._other, back * np.float32(share - 1))
        weight = _weight(
            _carried(self._seen_first, forth, -share), _carried(self._seen_second, back, share - 1), share
        )
        shares = np.asarray(weight * np.float32(255) + np.float32(0.5), np.uint8)
        return blended(one, other, stretched(shares, size))


def _seen(flow: Plane, opposite: Plane) -> Plane:
    """0 to 1: whether a pixel of one frame is in the other too."""
    grid = pixel_grid(size_of(flow))
    back = fetched(opposite, grid[..., 0] + flow[..., 0], grid[..., 1] + flow[..., 1])
    gone = ((flow + back) ** 2).sum(axis=2)
    return np.asarray(1 / (1 + np.float32(_DISBELIEF) * boxed(gone, 5) ** 2), np.float32)


def _moved(flow: Plane, share: float) -> Plane:
    """The flow field itself carried to the moment between."""
    return _carried(flow, flow, -share)


def _carried(field: Plane, flow: Plane, share: float) -> Plane:
    grid = pixel_grid(size_of(flow))
    step = np.float32(share)
    return fetched(field, grid[..., 0] + flow[..., 0] * step, grid[..., 1] + flow[..., 1] * step)


def _fetched_along(frame: Frame, offset: Plane) -> Frame:
    size = size_of(frame)
    large = stretched(offset * np.float32(size[0] / offset.shape[1]), size)
    place = cast("Plane", cv2.add(pixel_grid(size), large))
    none = cast("Plane", None)
    moved = cv2.remap(frame, place, none, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cast("Frame", moved)


def _weight(seen_first: Plane, seen_second: Plane, share: float) -> Plane:
    """How much of the second frame shows: its share in time, unless only one of the two can see the place."""
    second = np.float32(share) * (seen_second + np.float32(1e-3))
    first = np.float32(1 - share) * (seen_first + np.float32(1e-3))
    return boxed(np.asarray(second / (first + second), np.float32), 3)
