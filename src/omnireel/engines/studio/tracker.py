"""What moved since the frame before: one dense flow per frame, shared by every look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.anchor import Anchor, Sheet
from omnireel.engines.studio.known import KnownMotion, every, uncovered
from omnireel.engines.studio.likeness import is_blank, likeness
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Raster,
    Size,
    boxed,
    fetched,
    grey_of,
    length_of,
    pixel_grid,
    shrunk,
    size_of,
    stretched,
)
from omnireel.engines.studio.shared_motion import anchored
from omnireel.media.frames import Frame

_WORKING_SIDE = 360
_STILL = 0.015
"""Pixels of the flow's grid; a slower neighbourhood counts as resting."""
_NEIGHBOURHOOD = 15
_LEAST_TRUST = 0.1
_EXPLAINED = 10.0
"""Grey levels, left over after following the flow, from which the past begins to be believed less."""
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
    copied: Callable[[], Frame]
    """Gives the working copy, which the last look's picture never needs."""
    motion: Motion

    @property
    def small(self) -> Frame:
        """The frame on the working grid."""
        return self.copied()

    def repainted(self, frame: Frame) -> Moment:
        """The same moment with another picture, as the next look will see it."""
        return replace(self, frame=frame, copied=cache(partial(shrunk, frame, size_of(self.motion.x))))


def working_size(size: Size) -> Size:
    """The grid on which looks think: short side 360, or half the canvas when that is smaller. Both even."""
    scale = min(0.5, _WORKING_SIDE / min(size))
    return max(16, round(size[0] * scale / 2) * 2), max(16, round(size[1] * scale / 2) * 2)


def tracked(
    frames: Iterable[Frame], size: Size, *, hold: int = 1, known: Iterable[KnownMotion] | None = None
) -> Iterator[Moment]:
    """Frames with their motion: all of them, or with `hold` of 2 every other one, to be shown twice.

    `size` is that of the frames. The moments' holds add up to the number of frames. A caller that drew the
    frames hands over what it knows of their motion in `known`, one for each frame; nothing is estimated then.
    It is taken in step with the frames, so both may come out of one generator by way of `itertools.tee`.
    """
    tracker = Tracker(working_size(size))
    facts = None if known is None else every(known, hold)
    source, index = iter(frames), 0
    while group := list(islice(source, hold)):
        small = shrunk(group[0], tracker.size)
        motion = tracker.see(small) if facts is None else tracker.told(next(facts))
        yield Moment(index, len(group), group[0], partial(_itself, small), motion)
        index += len(group)


def _itself(small: Frame) -> Frame:
    return small


class Tracker:
    """Follows a stream of working-size frames.

    Dense inverse search flow (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016) on half
    the working size, from each frame back to the one before. A frame that differs in exposure only, as in a
    flash or a fade, continues its shot.
    """

    def __init__(self, size: Size) -> None:
        self.size = size
        self._coarse = max(_SMALLEST_FLOW, size[0] // 2), max(_SMALLEST_FLOW, size[1] // 2)
        self._estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._grid, self._fine_grid = _grid(self._coarse), _grid(size)
        self._rest = self._resting()
        self._anchor = Anchor(self._coarse)
        self._past: Mask | None = None
        self._told: KnownMotion | None = None

    def see(self, small: Frame) -> Motion:
        """The motion from the frame seen before to this one."""
        now = grey_of(shrunk(small, self._coarse))
        past = self._past
        if past is None:
            self._past = now
            return self._rest
        if is_blank(now) and not is_blank(past):
            # A flash, or the end of a fade. What comes next is compared with what was there before it.
            return self._motion(np.zeros((*now.shape, 2), np.float32), _full(now, _LEAST_TRUST))
        self._past = now
        found = cast("Plane", self._estimator.calc(now, past, cast("Plane", None)))
        flow = _steadied(anchored(found, past, now))
        x, y = self._grid[0] + flow[..., 0], self._grid[1] + flow[..., 1]
        alike = likeness(fetched(past, x, y), now)
        if not alike.same_shot:
            self._anchor.restart()
            return self._rest
        self._anchor.carry(flow, x, y)
        return self._motion(flow, np.minimum(_trust(flow), _explained(alike.unexplained)))

    def told(self, known: KnownMotion) -> Motion:
        """The motion a caller knows, from the frame told of before to this one."""
        past, now = self._told, known.on(self._coarse)
        self._told = now
        if past is None or now.cut:
            self._anchor.restart()
            return self._rest
        x, y = self._grid[0] + now.flow[..., 0], self._grid[1] + now.flow[..., 1]
        self._anchor.carry(now.flow, x, y)
        covered = cv2.dilate(uncovered(now, past), np.ones((3, 3), np.uint8))
        trust = _trust(now.flow) if now.ids is None else _full(now.flow[..., 0], 1)
        return self._motion(now.flow, np.maximum(trust - covered, np.float32(_LEAST_TRUST)))

    def _motion(self, flow: Plane, trust: Plane) -> Motion:
        scale = self.size[0] / self._coarse[0]
        x, y = (
            cv2.scaleAdd(stretched(cast("Plane", part), self.size), scale, grid)
            for part, grid in zip(cv2.split(flow), self._fine_grid, strict=True)
        )
        return Motion(
            cut=False,
            x=cast("Plane", x),
            y=cast("Plane", y),
            trust=stretched(trust, self.size),
            sheets=self._anchor.sheets,
        )

    def _resting(self) -> Motion:
        x, y = self._fine_grid
        return Motion(cut=True, x=x, y=y, trust=np.ones_like(x), sheets=Anchor(self._coarse).sheets)


def _full(like: Mask | Plane, value: float) -> Plane:
    return np.full(like.shape, value, np.float32)


def _explained(unexplained: Plane) -> Plane:
    """How far the past may be believed, by what it does not explain of the present."""
    share = np.float32(2) - boxed(unexplained, 5) * np.float32(1 / _EXPLAINED)
    return np.asarray(np.clip(share, _LEAST_TRUST, 1), np.float32)


def _grid(size: Size) -> tuple[Plane, Plane]:
    grid = pixel_grid(size)
    return np.ascontiguousarray(grid[..., 0]), np.ascontiguousarray(grid[..., 1])


def _steadied(flow: Plane) -> Plane:
    """Flow with resting neighbourhoods brought fully to rest, so that a still source stays still.

    Judged on the local mean: the estimator's noise averages out, a slow drift of the camera does not.
    """
    mean = boxed(flow, _NEIGHBOURHOOD)
    speed = length_of(mean[..., 0], mean[..., 1])
    moving: Plane = np.clip((speed - np.float32(_STILL)) / np.float32(2 * _STILL), 0, 1)
    return cast("Plane", cv2.multiply(flow, cv2.merge([moving, moving])))


def _trust(flow: Plane) -> Plane:
    kernel = np.ones((7, 7), np.uint8)
    spread = cv2.absdiff(cv2.dilate(flow, kernel), cv2.erode(flow, kernel))
    edge = boxed(cast("Plane", cv2.max(spread[..., 0], spread[..., 1])), 5)
    return np.asarray(np.clip(np.float32(1.25) - edge * np.float32(1.1), _LEAST_TRUST, 1), np.float32)
