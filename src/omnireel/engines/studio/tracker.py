"""What moved since the frame before: one dense flow per frame, shared by every look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.anchor import Anchor, Sheet
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Raster,
    Size,
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

_WORKING_SIDE = 360
_STILL = 0.015
"""Pixels of the flow's grid; a slower neighbourhood counts as resting."""
_NEIGHBOURHOOD = 15
_CUT_LEVEL = 22.0
"""Mean grey-level difference, after following the flow, from which a frame starts a new shot."""
_LEAST_TRUST = 0.1
_SMALLEST_FLOW = 16


@dataclass(frozen=True)
class Motion:
    """How a frame follows from the one before it. Planes lie on the working grid."""

    cut: bool
    """True on the first frame of a shot: there is nothing to follow, and `x`, `y` point at themselves."""
    x: Plane
    y: Plane
    """Where each pixel was in the frame before."""
    trust: Plane
    """0.1 to 1: how far the past may be believed; low where things pass behind each other."""
    sheets: tuple[Sheet, ...]

    def follow(self, past: Raster) -> Raster:
        """A field of the frame before, moved to where its things are now."""
        return fetched(past, self.x, self.y)


@dataclass(frozen=True)
class Moment:
    """One source frame on the canvas, its working copy, and its motion."""

    index: int
    hold: int
    """For how many frames of the clip this picture is shown."""
    frame: Frame
    small: Frame
    motion: Motion

    def repainted(self, frame: Frame) -> Moment:
        """The same moment with another picture, as the next look will see it."""
        return replace(self, frame=frame, small=shrunk(frame, size_of(self.small)))


def working_size(size: Size) -> Size:
    """The grid on which looks think: short side 360, or half the canvas when that is smaller. Both even."""
    scale = min(0.5, _WORKING_SIDE / min(size))
    return max(16, round(size[0] * scale / 2) * 2), max(16, round(size[1] * scale / 2) * 2)


def tracked(frames: Iterable[Frame], size: Size, *, hold: int = 1) -> Iterator[Moment]:
    """Frames with their motion: all of them, or with `hold` of 2 every other one, to be shown twice.

    `size` is that of the frames. The moments' holds add up to the number of frames.
    """
    tracker = Tracker(working_size(size))
    source, index = iter(frames), 0
    while group := list(islice(source, hold)):
        small = shrunk(group[0], tracker.size)
        yield Moment(index, len(group), group[0], small, tracker.see(small))
        index += len(group)


class Tracker:
    """Follows a stream of working-size frames.

    Dense inverse search flow (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016) on half
    the working size, from each frame back to the one before.
    """

    def __init__(self, size: Size) -> None:
        self.size = size
        self._coarse = max(_SMALLEST_FLOW, size[0] // 2), max(_SMALLEST_FLOW, size[1] // 2)
        self._estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._grid, self._fine_grid = _grid(self._coarse), _grid(size)
        self._rest = self._resting()
        self._anchor = Anchor(self._coarse)
        self._past: Mask | None = None

    def see(self, small: Frame) -> Motion:
        """The motion from the frame seen before to this one."""
        now = grey_of(shrunk(small, self._coarse))
        past, self._past = self._past, now
        if past is None:
            return self._rest
        flow = _steadied(cast("Plane", self._estimator.calc(now, past, cast("Plane", None))))
        x, y = self._grid[0] + flow[..., 0], self._grid[1] + flow[..., 1]
        if float(difference(fetched(past, x, y), now).mean()) > _CUT_LEVEL:
            self._anchor.restart()
            return self._rest
        self._anchor.carry(flow, x, y)
        return self._motion(flow)

    def _motion(self, flow: Plane) -> Motion:
        scale = np.float32(self.size[0] / self._coarse[0])
        fine = stretched(flow * scale, self.size)
        x, y = self._fine_grid
        trust = stretched(_trust(flow), self.size)
        return Motion(
            cut=False, x=x + fine[..., 0], y=y + fine[..., 1], trust=trust, sheets=self._anchor.sheets
        )

    def _resting(self) -> Motion:
        x, y = self._fine_grid
        return Motion(cut=True, x=x, y=y, trust=np.ones_like(x), sheets=Anchor(self._coarse).sheets)


def _grid(size: Size) -> tuple[Plane, Plane]:
    grid = pixel_grid(size)
    return np.ascontiguousarray(grid[..., 0]), np.ascontiguousarray(grid[..., 1])


def _steadied(flow: Plane) -> Plane:
    """Flow with resting neighbourhoods brought fully to rest, so that a still source stays still.

    Judged on the local mean: the estimator's noise averages out, a slow drift of the camera does not.
    """
    mean = boxed(flow, _NEIGHBOURHOOD)
    speed = cast("Plane", cv2.magnitude(mean[..., 0], mean[..., 1]))
    moving: Plane = np.clip((speed - np.float32(_STILL)) / np.float32(2 * _STILL), 0, 1)
    return np.asarray(flow * moving[..., None], np.float32)


def _trust(flow: Plane) -> Plane:
    kernel = np.ones((9, 9), np.uint8)
    spread = cv2.absdiff(cv2.dilate(flow, kernel), cv2.erode(flow, kernel))
    edge = boxed(cast("Plane", cv2.max(spread[..., 0], spread[..., 1])), 7)
    return np.asarray(np.clip(np.float32(1.25) - edge * np.float32(1.1), _LEAST_TRUST, 1), np.float32)
