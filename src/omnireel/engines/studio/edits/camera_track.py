"""How the camera of a video moves, from the video alone: its similarity from frame to frame, and its cuts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    difference,
    fetched,
    grey_of,
    pixel_grid,
    shrunk,
    size_of,
)
from omnireel.media.frames import Frame

SIDE = 144
"""Short side of the pictures on which motion is measured."""
_CUT_LEVEL = 22.0
_POINTS_APART = 6
_TOLERANCE = 0.8
"""Pixels by which a point may miss the camera's motion and still count for it."""
_LEAST_AGREEING = 0.2
_MOST_STEP = np.array((0.12, 0.12, 0.08, 0.08), np.float64)

Steps = NDArray[np.float64]
"""`(n, 4)`: right and down in picture widths, natural logarithm of the growth, turn in radians."""


@dataclass(frozen=True)
class CameraTrack:
    """What a video's picture does, frame by frame. A camera panning right moves its picture left.

    `steps` lead from the frame before, none at a shot's first; `cuts` are those first frames; `energy` is how
    much moves besides the camera, in picture widths a frame.
    """

    fps: float
    steps: Steps
    cuts: tuple[int, ...]
    energy: NDArray[np.float64]

    def paths(self) -> Steps:
        """`(n, 4)`: the steps added up, from nothing again at each cut."""
        edges = [0, *self.cuts, len(self.steps)]
        parts = [np.cumsum(self.steps[a:b], axis=0) for a, b in pairwise(edges)]
        return np.concatenate(parts)


def track_camera(frames: Iterable[Frame], fps: float) -> CameraTrack:
    """The track of a video's frames, of any size, in order; they are looked at small.

    Dense flow, and the similarity that most of it agrees on (RANSAC; Fischler and Bolles, 1981).
    """
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    steps: list[Steps] = []
    energy: list[float] = []
    cuts: list[int] = []
    past: Mask | None = None
    for index, frame in enumerate(frames):
        now = grey_of(_small(frame))
        step, moved = np.zeros(4), 0.0
        if past is not None:
            flow = cast("Plane", estimator.calc(past, now, cast("Plane", None)))
            if _is_cut(past, now, flow):
                cuts.append(index)
            else:
                step, moved = _similarity(flow)
        steps.append(step)
        energy.append(moved)
        past = now
    return CameraTrack(fps, np.array(steps).reshape(-1, 4), tuple(cuts), np.array(energy))


def _small(frame: Frame) -> Frame:
    scale = min(1.0, SIDE / min(size_of(frame)))
    return shrunk(
        frame, (max(32, round(size_of(frame)[0] * scale)), max(32, round(size_of(frame)[1] * scale)))
    )


def _is_cut(past: Mask, now: Mask, flow: Plane) -> bool:
    grid = pixel_grid(size_of(flow))
    after = fetched(now, grid[..., 0] + flow[..., 0], grid[..., 1] + flow[..., 1])
    return float(difference(after, past).mean()) > _CUT_LEVEL


def _similarity(flow: Plane) -> tuple[Steps, float]:
    """The step most of the flow agrees on about the picture's middle, and how far the rest is from it."""
    height, width = flow.shape[:2]
    grid = pixel_grid((width, height))[::_POINTS_APART, ::_POINTS_APART].reshape(-1, 2)
    middle = np.array((width / 2, height / 2), np.float32)
    points = grid - middle
    moved = points + flow[::_POINTS_APART, ::_POINTS_APART].reshape(-1, 2)
    matrix, agreeing = cv2.estimateAffinePartial2D(
        points, moved, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE
    )
    if float(np.asarray(agreeing).mean()) < _LEAST_AGREEING:
        return np.zeros(4), float(np.abs(moved - points).mean() / width)
    growth, turn = float(np.hypot(matrix[0, 0], matrix[1, 0])), float(np.arctan2(matrix[1, 0], matrix[0, 0]))
    step = np.array((matrix[0, 2] / width, matrix[1, 2] / width, np.log(max(1e-3, growth)), turn))
    rest = moved - (points @ matrix[:, :2].T + matrix[:, 2])
    return np.clip(step, -_MOST_STEP, _MOST_STEP), float(np.abs(rest).mean() / width)
