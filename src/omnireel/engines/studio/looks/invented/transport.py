"""Colours carried over from a picture to a clip, once for all its frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnireel.engines.studio.looks.light.cube import Shade
from omnireel.engines.studio.picture.raster import Plane, bgr_of, lab_of, shrunk
from omnireel.media.frames import Frame

_POINTS = 1400
_TURNS = 30
_STEP = np.float32(0.7)
_REACH = 9.0
"""Lab distance over which one colour's move carries its neighbours along."""
_FAR_REACH = 30.0
_LIGHTNESS = np.float32(0.72)
"""How far lightness follows the picture: all the way would flatten faces that it has no room for."""
_CHUNK = 4096


def palette_shade(reference: Frame, samples: Sequence[Frame], seed: int) -> Shade:
    """A shade that gives a clip the colours of `reference`.

    Sliced optimal transport in Lab (Pitié, Kokaram and Dahyot, "Automated Colour Grading Using Colour
    Distribution Transfer", 2007), smoothed over neighbouring colours so that gradients stay whole.
    """
    random = np.random.default_rng(seed)
    clip = np.concatenate([_points(frame, random, _POINTS // len(samples) + 1) for frame in samples])[
        :_POINTS
    ]
    moved = _transported(clip, _points(reference, random, len(clip)), random)
    move = moved - clip
    move[:, 0] *= _LIGHTNESS

    def shade(colours: Plane) -> Plane:
        lab = lab_of(np.asarray(np.clip(colours, 0, 1) * 255 + 0.5, np.uint8))
        parts = [_followed(lab[at : at + _CHUNK], clip, move) for at in range(0, len(lab), _CHUNK)]
        return bgr_of(np.concatenate(parts)) / np.float32(255)

    return shade


def _points(frame: Frame, random: np.random.Generator, count: int) -> Plane:
    lab = lab_of(shrunk(frame, (128, 96)).reshape(-1, 3))
    drawn: Plane = lab[random.choice(len(lab), count, replace=count > len(lab))]
    return drawn


def _transported(points: Plane, targets: Plane, random: np.random.Generator) -> Plane:
    moved = points.astype(np.float32).copy()
    for _ in range(_TURNS):
        axes = np.linalg.qr(random.standard_normal((3, 3)))[0].astype(np.float32)
        ours, theirs = moved @ axes, np.sort(targets @ axes, axis=0)
        placed = np.empty_like(ours)
        for axis in range(3):
            placed[ours[:, axis].argsort(kind="stable"), axis] = theirs[:, axis]
        moved += ((placed - ours) * _STEP) @ axes.T
    return moved


def _followed(lab: Plane, points: Plane, move: Plane) -> Plane:
    squares = (lab**2).sum(1)[:, None] + (points**2).sum(1)[None] - 2 * lab @ points.T
    near = np.exp(squares * np.float32(-0.5 / _REACH**2)) + np.float32(1e-3) * np.exp(
        squares * np.float32(-0.5 / _FAR_REACH**2)
    )
    weight = near.sum(axis=1, keepdims=True) + np.float32(1e-9)
    return np.asarray(lab + near @ move / weight, np.float32)
