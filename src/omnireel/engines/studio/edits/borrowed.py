"""A video's camera and pace, to be used for something new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from omnireel.engines.studio.edits.camera_track import CameraTrack, Steps
from omnireel.models import Framing, Shot, Storyboard, Transition

_SHORTEST = 0.4
"""Seconds; cuts that follow each other faster would be flicker in a composed scene."""
_REACH = np.array((0.24, 0.07, 0.32, 0.12))
"""The most a borrowed path leaves its middle: what a set or a photograph shows beyond its frame."""
_UNHURRIED = 0.12
"""Seconds of smoothing: the measure trembles, the camera is meant to breathe."""
_FRAMINGS = (None, Framing.CLOSE, Framing.MEDIUM)
"""How a scene is framed after each cut of the video, in turn, when the prompt does not say."""


@dataclass(frozen=True)
class BorrowedCamera:
    """A path for each frame of a clip, `(n, 4)` as in `CameraTrack`, and the frames at which new shots begin.

    `scaled` is how much of the video's movement is left, 1 for all of it.
    """

    path: Steps
    cuts: tuple[int, ...]
    scaled: float


def borrow(track: CameraTrack, fps: int, total: int) -> BorrowedCamera:
    """The track for a clip of `total` frames at `fps`: each shot's path about its middle, within reach."""
    times = np.minimum(np.arange(total) * track.fps / fps, len(track.steps) - 1)
    cuts = _cuts(track, fps, total)
    starts = [round(cut * track.fps / fps) for cut in (0, *cuts)]
    parts: list[Steps] = []
    scaled = 1.0
    for (begin, end), first in zip(pairwise((0, *cuts, total)), starts, strict=True):
        path = _sampled(track, times[begin:end], first)
        path = path - (path.max(axis=0) + path.min(axis=0)) / 2
        fits = float(np.min(_REACH / np.maximum(np.abs(path).max(axis=0), 1e-9)))
        parts.append(path * min(1.0, fits))
        scaled = min(scaled, fits)
    return BorrowedCamera(np.concatenate(parts), cuts, scaled)


def recut(storyboard: Storyboard, cuts: Sequence[int], total: int) -> Storyboard:
    """The storyboard cut where the video is: its shots in turn, a lone one seen closer and wider again."""
    lengths = [end - begin for begin, end in pairwise((0, *cuts, total))]
    told = storyboard.shots
    shots = []
    for place, length in enumerate(lengths):
        shot = replace(told[min(place, len(told) - 1)], share=float(length), transition=Transition.CUT)
        shots.append(_framed(shot, place) if len(told) == 1 else shot)
    return replace(storyboard, shots=tuple(shots))


def _framed(shot: Shot, place: int) -> Shot:
    return replace(shot, framing=shot.framing or _FRAMINGS[place % len(_FRAMINGS)])


def _cuts(track: CameraTrack, fps: int, total: int) -> tuple[int, ...]:
    """The video's cuts as frames of the clip."""
    kept: list[int] = []
    for cut in track.cuts:
        frame = round(cut / track.fps * fps)
        far = frame - (kept[-1] if kept else 0)
        if far >= _SHORTEST * fps and total - frame >= _SHORTEST * fps:
            kept.append(frame)
    return tuple(kept)


def _sampled(track: CameraTrack, times: Steps, first: int) -> Steps:
    """The path from `first` on, by frames of the video that may lie between two."""
    steps = track.steps[first : int(times[-1]) + 2].copy()
    steps[0] = 0
    path = _smoothed(np.cumsum(steps, axis=0), _UNHURRIED * track.fps)
    places = np.arange(len(path))
    return np.stack([np.interp(times - first, places, path[:, c]) for c in range(4)], axis=1)


def _smoothed(path: Steps, sigma: float) -> Steps:
    reach = max(1, round(3 * sigma))
    weight = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * max(sigma, 0.1) ** 2))
    long = np.pad(path, ((reach, reach), (0, 0)), mode="edge")
    return np.stack(
        [np.convolve(long[:, c], weight / weight.sum(), "valid") for c in range(path.shape[1])], axis=1
    )
