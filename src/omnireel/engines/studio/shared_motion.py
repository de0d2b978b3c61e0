"""The motion most of a frame shares, which is the camera's, and where it explains more than the flow does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, Plane, Size, difference, pixel_grid, size_of

_STRIDE = 8
_ROUNDS = 4
_TOLERANCE = 0.25
"""Pixels off the shared motion at which a sample counts half."""
_WINDOW = 5
_EAGERNESS = 3.0
"""Grey levels better by a third of one, and the ground moves with the camera."""

_REST_BONUS = 1.02
"""How much worse rest may explain a frame than motion does and still be taken for the truth."""


@dataclass(frozen=True)
class SharedMotion:
    """A shift, zoom and turn: pixel (x, y) moves by (zoom x - turn y, turn x + zoom y) + shift."""

    zoom: float
    turn: float
    shift_x: float
    shift_y: float

    def flow(self, size: Size) -> Plane:
        """The same as a dense flow."""
        x, y = np.arange(size[0], dtype=np.float32)[None], np.arange(size[1], dtype=np.float32)[:, None]
        across = np.float32(self.zoom) * x - (np.float32(self.turn) * y - np.float32(self.shift_x))
        down = np.float32(self.turn) * x + (np.float32(self.zoom) * y + np.float32(self.shift_y))
        return cast("Plane", cv2.merge([across, down]))


def shared_motion(flow: Plane) -> SharedMotion:
    """What fits most of a flow: least squares, weighted anew in every round by Cauchy's rule, so that what
    moves by itself has little say. Starts from the median, on which all samples of a still ground agree."""
    seen = flow[::_STRIDE, ::_STRIDE]
    place = pixel_grid(size_of(flow))[::_STRIDE, ::_STRIDE]
    x, y = place[..., 0].ravel(), place[..., 1].ravel()
    u, v = seen[..., 0].ravel(), seen[..., 1].ravel()
    found = SharedMotion(0.0, 0.0, float(np.median(u)), float(np.median(v)))
    for _ in range(_ROUNDS):
        off_u = u - (found.zoom * x - found.turn * y + found.shift_x)
        off_v = v - (found.turn * x + found.zoom * y + found.shift_y)
        weight = 1 / (1 + (off_u**2 + off_v**2) / _TOLERANCE**2)
        found = _fitted(x, y, u, v, weight.astype(np.float32))
    return found


def anchored(flow: Plane, past: Mask, now: Mask) -> Plane:
    """Flow with the ground given back to the camera's motion wherever that explains the frame better.

    Flow is smooth, so a walker drags the ground around it along, and prints and edges ripple behind.
    """
    ground, left_over = _ground(flow, past, now)
    gain = cv2.subtract(_left_over(flow, past, now), left_over)
    share = np.clip(gain * np.float32(_EAGERNESS), 0, 1)
    return flow + (ground - flow) * cast("Plane", cv2.merge([share, share]))


def _ground(flow: Plane, past: Mask, now: Mask) -> tuple[Plane, Plane]:
    """The camera's motion, and the grey levels it leaves unexplained. A camera at rest is tried as well: over
    a dull ground most of the flow may be dragged along."""
    moved = shared_motion(flow).flow(size_of(flow))
    by_motion, by_rest = _left_over(moved, past, now), _apart(past, now)
    if _typical(by_rest) <= _typical(by_motion) * _REST_BONUS:
        return np.zeros_like(flow), by_rest
    return moved, by_motion


def _fitted(x: Plane, y: Plane, u: Plane, v: Plane, weight: Plane) -> SharedMotion:
    """A weighted similarity; about the centres the answer is closed."""
    share = weight / weight.sum()
    mid_x, mid_y, mean_u, mean_v = (float(share @ values) for values in (x, y, u, v))
    x, y, u, v = x - mid_x, y - mid_y, u - mean_u, v - mean_v
    reach = float(share @ (x * x + y * y)) or 1.0
    zoom, turn = float(share @ (x * u + y * v)) / reach, float(share @ (x * v - y * u)) / reach
    return SharedMotion(
        zoom, turn, mean_u - zoom * mid_x + turn * mid_y, mean_v - turn * mid_x - zoom * mid_y
    )


def _left_over(flow: Plane, past: Mask, now: Mask) -> Plane:
    place = pixel_grid(size_of(flow)) + flow
    none = cast("Plane", None)
    followed = cast("Mask", cv2.remap(past, place, none, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    return _apart(followed, now)


def _apart(one: Mask, other: Mask) -> Plane:
    return cast("Plane", cv2.boxFilter(difference(one, other), cv2.CV_32F, (_WINDOW, _WINDOW)))


def _typical(left_over: Plane) -> float:
    return float(np.median(left_over[::4, ::4]))
