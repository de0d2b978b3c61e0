"""The few colours a clip is made of, and which of them each pixel is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane, lab_of, shrunk
from omnireel.media.frames import Frame

COLOURS = 24
"""At most 32: the colours near a pixel are kept as the bits of one word."""
_CUBE = 64
_SAMPLES = 8_000
_SAMPLE_SIZE = (160, 90)
_WEIGHTS = np.array([0.85, 1.2, 1.2], np.float32)
"""Lightness counts less than hue: shading should not split a thing into pieces."""
_RELUCTANCE = 7.0
"""A pixel keeps its colour of the frame before unless another is nearer by this much (weighted Lab)."""


@dataclass(frozen=True)
class Palette:
    """`COLOURS` colours of a clip, and look-up cubes over the top six bits of blue, green and red."""

    lab: Plane
    """`(COLOURS, 3)` L*a*b*."""
    nearest: Mask
    """`(64, 64, 64)`: the nearest colour."""
    near: NDArray[np.uint32]
    """`(64, 64, 64)`: bit k is set where colour k is almost as near as the nearest."""


def palette_of(frames: Sequence[Frame], seed: int) -> Palette:
    """K-means in Lab over samples of the frames, vivid pixels drawn more often so that rare ones survive."""
    lab = np.concatenate([lab_of(shrunk(frame, _SAMPLE_SIZE).reshape(-1, 3)) for frame in frames])
    centres = _clustered(_drawn(lab, seed) * _WEIGHTS, seed)
    return palette_among((centres / _WEIGHTS).astype(np.float32))


def palette_among(lab: Plane) -> Palette:
    """A palette of given colours, `(n, 3)` L*a*b*, at most 32."""
    nearest, near = _cubes(lab * _WEIGHTS)
    return Palette(lab, nearest, near)


def chroma_of(lab: Plane) -> Plane:
    """Colourfulness of `(n, 3)` L*a*b* values."""
    chroma: Plane = np.hypot(lab[:, 1], lab[:, 2])
    return chroma


def _drawn(lab: Plane, seed: int) -> Plane:
    share = 1 + chroma_of(lab).astype(np.float64) / 12
    drawn: Plane = lab[np.random.default_rng(seed).choice(len(lab), _SAMPLES, p=share / share.sum())]
    return drawn


def _clustered(points: Plane, seed: int) -> Plane:
    # A trace of noise keeps k-means from starting two clusters on one spot of a flat picture.
    spread = np.random.default_rng(seed).normal(0, 0.05, points.shape).astype(np.float32)
    cv2.setRNGSeed(seed & 0x7FFFFFFF)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 25, 0.2)
    labels = np.zeros((len(points), 1), np.int32)
    _, _, centres = cv2.kmeans(points + spread, COLOURS, labels, stop, 2, cv2.KMEANS_PP_CENTERS)
    found: Plane = np.asarray(centres, np.float32)
    return found


def _cubes(centres: Plane) -> tuple[Mask, NDArray[np.uint32]]:
    squares = _squares(centres)
    nearest, least = np.zeros(squares.shape[1], np.uint8), squares[0].copy()
    for colour in range(1, len(squares)):
        nearest[squares[colour] < least] = colour
        np.minimum(least, squares[colour], out=least)
    limit = (np.sqrt(least) + np.float32(_RELUCTANCE)) ** 2
    near = np.zeros(len(limit), np.uint32)
    for colour, apart in enumerate(squares):
        near |= (apart <= limit).astype(np.uint32) << np.uint32(colour)
    cube = (_CUBE, _CUBE, _CUBE)
    return nearest.reshape(cube), near.reshape(cube)


def _squares(centres: Plane) -> Plane:
    """`(n, 64**3)`: squared weighted Lab distance from each colour to each cube cell."""
    level = (np.arange(_CUBE, dtype=np.float32) * 4 + 2).astype(np.uint8)
    cells = np.stack(np.meshgrid(level, level, level, indexing="ij"), axis=-1).reshape(-1, 3)
    points = lab_of(cells) * _WEIGHTS
    squares = (centres**2).sum(1)[:, None] + (points**2).sum(1)[None] - 2 * centres @ points.T
    return np.asarray(np.maximum(squares, 0), np.float32)
