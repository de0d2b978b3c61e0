"""A first pass over a source, small: where the eye is drawn, and what its camera does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.edits.camera_track import CameraTrack, track_camera
from omnireel.engines.studio.picture.raster import difference, grey_of, shrunk, size_of, softened
from omnireel.engines.studio.picture.saliency import Window, focus_of, saliency_of
from omnireel.media.frames import Frame

SIDE = 256
"""Longer side of the pictures that are watched."""
_LOOKS_A_SECOND = 4.0
_MOVING = np.float32(3.0)
_PLAINLY = np.float32(24.0)
"""Grey levels of change from which something moves for certain."""
_HEADROOM = 0.05
_UNHURRIED = 0.9
"""Seconds over which the eye's focus is smoothed: a camera follows, it does not jump."""


@dataclass(frozen=True)
class Watched:
    """What a first pass found. `focus` `(n, 2)` holds shares of width and height, a row for each frame."""

    focus: NDArray[np.float64]
    track: CameraTrack


def watch(frames: Iterable[Frame], fps: float) -> Watched:
    """Watch a whole source, its frames in order."""
    every = max(1, round(fps / _LOOKS_A_SECOND))
    looked: list[tuple[int, float, float]] = []
    before: Frame | None = None

    def passing() -> Iterable[Frame]:
        nonlocal before
        for index, frame in enumerate(frames):
            if index % every == 0:
                looked.append((index, *_focus(frame, frame if before is None else before)))
            before = frame
            yield frame

    track = track_camera(passing(), fps)
    return Watched(_followed(np.array(looked), len(track.steps), track, fps), track)


def _focus(frame: Frame, before: Frame) -> tuple[float, float]:
    """Where the eye is drawn, by what stands out and, more so, by what moves. A little above its middle:
    heads matter more than feet."""
    width, height = size_of(frame)
    standing_out = saliency_of(frame)
    moving = shrunk(grey_of(difference(frame, before)), size_of(standing_out)).astype(np.float32)
    moving = softened(np.minimum(moving, _PLAINLY), 4)
    found = standing_out * (1 + _MOVING * moving / max(1.0, float(moving.max())))
    x, y = focus_of(found, (width, height), Window(0, 0, width, height))
    return x / width, max(0.0, y / height - _HEADROOM)


def _followed(looked: NDArray[np.float64], count: int, track: CameraTrack, fps: float) -> NDArray[np.float64]:
    """A focus for each frame, smooth within each of the source's shots."""
    edges = [0, *track.cuts, count]
    parts = [_in_shot(looked, a, b, fps) for a, b in pairwise(edges) if b > a]
    return np.concatenate(parts)


def _in_shot(looked: NDArray[np.float64], begin: int, end: int, fps: float) -> NDArray[np.float64]:
    inside = looked[(looked[:, 0] >= begin) & (looked[:, 0] < end)]
    if not len(inside):
        inside = looked[np.argmin(np.abs(looked[:, 0] - begin))][None]
    frames = np.arange(begin, end)
    away = (frames[:, None] - inside[None, :, 0]) / (_UNHURRIED * fps)
    weight = np.exp(-0.5 * away**2) + 1e-6
    return np.asarray(weight @ inside[:, 1:] / weight.sum(axis=1, keepdims=True))
