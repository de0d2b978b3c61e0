"""Low poly: the picture folded from flat facets, each lit by the way it faces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.graphic.facets import Facets, Mesh
from omnireel.engines.studio.looks.graphic.kernels_cells import paint_facets, soften_folds
from omnireel.engines.studio.looks.graphic.seeds import Kept
from omnireel.engines.studio.looks.graphic.tones import opened
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.masses import masses_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    curved,
    fetched,
    grey_of,
    length_of,
    shrunk,
    size_of,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_SPACING = (0.025, 0.115)
"""Least and widest distance of corners, as shares of the grid's short side."""
_FLAT_MEMORY, _SPACING_MEMORY, _FACING_MEMORY = 0.7, 0.9, 0.85
_RELIEF = 0.2
"""Pixels of height per grey level."""
_KEY = np.array([-0.45, -0.60, 0.66], np.float32)
"""Where the light stands: right, down, towards the viewer."""
_AMBIENT, _LIT = 0.56, 0.80
_SATURATION = 1.45


@dataclass(frozen=True)
class _Folded:
    moment: Moment
    corners: Plane
    colours: Plane


class LowPoly:
    """The low-poly look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._curve = opened(samples)
        side = min(self._grid)
        self._range = max(3.0, side * _SPACING[0]), max(7.0, side * _SPACING[1])
        self._mesh = Mesh(self._grid, self._range[0], seed)
        self._flat: Frame | None = None
        self._spacing: Plane | None = None
        self._facing = Kept()

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment folded."""
        folded = ahead((self.fold(moment) for moment in moments), threads=threads)
        return (each.moment.repainted(self.paint(each)) for each in folded)

    def fold(self, moment: Moment) -> _Folded:
        """Span and light one frame's facets. Frames must come in order."""
        motion = moment.motion
        masses = masses_of(cast("Frame", curved(moment.small, self._curve)))
        flat = self._flat = settled(masses.flat, self._flat, motion, _FLAT_MEMORY)
        luma = grey_of(flat)
        steep = _steepness(luma)
        spacing = self._spacing = remembered(self._spaced(steep), self._spacing, motion, _SPACING_MEMORY)
        facets = self._mesh.span(flat, motion, spacing, steep)
        if motion.cut:
            self._facing = Kept()
        facing = _facing(facets, luma)
        before, _ = self._facing.recall(facets.names, facing)
        facing = np.asarray(facing + (before - facing) * np.float32(_FACING_MEMORY), np.float32)
        self._facing.keep(facets.names, facing)
        return _Folded(moment, facets.corners, _lit(facets.colours, facing))

    def paint(self, folded: _Folded) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        frame = np.zeros((self._size[1], self._size[0], 3), np.uint8)
        scale = np.array(self._size, np.float32) / np.array(self._grid, np.float32)
        corners = np.asarray((folded.corners + np.float32(0.5)) * scale - np.float32(0.5), np.float32)
        paint_facets(corners, np.rint(folded.colours).astype(np.uint8), frame)
        soften_folds(corners, frame)
        return frame

    def _spaced(self, steep: Plane) -> Plane:
        """How far corners stand apart: close along outlines, wide over plain parts."""
        width, height = size_of(steep)
        few = shrunk(np.minimum(steep, 30), (max(4, width // 8), max(4, height // 8)))
        busy = np.sqrt(boxed(boxed(few, 5), 3) * np.float32(1 / 9.5))
        low, high = self._range
        return stretched(np.clip(high - busy * np.float32(high - low), low, high), (width, height))


def _steepness(luma: Mask) -> Plane:
    across = cast("Plane", cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.25))
    down = cast("Plane", cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.25))
    return boxed(length_of(across, down), 3)


def _facing(facets: Facets, luma: Mask) -> Plane:
    """`(n, 3)`: which way each facet faces; brightness stands for height."""
    width, height = size_of(luma)
    few = shrunk(luma, (max(4, width // 4), max(4, height // 4))).astype(np.float32)
    soft = boxed(boxed(few, 5), 5)
    corners = facets.corners.reshape(-1, 2) * np.float32(few.shape[1] / width)
    rise = fetched(soft, corners[None, :, 0].copy(), corners[None, :, 1].copy())[0].reshape(-1, 3)
    space = np.concatenate([facets.corners, rise[..., None] * np.float32(_RELIEF)], axis=2)
    facing = np.cross(space[:, 1] - space[:, 0], space[:, 2] - space[:, 0])
    facing *= np.sign(facing[:, 2:] + np.float32(1e-6))
    facing /= np.linalg.norm(facing, axis=1, keepdims=True) + np.float32(1e-6)
    return np.asarray(facing, np.float32)


def _lit(colours: Plane, facing: Plane) -> Plane:
    """The facets' colours under a light from the upper left."""
    light = np.float32(_AMBIENT) + np.float32(_LIT) * np.maximum(facing @ _KEY, 0)
    grey = colours @ np.array([0.114, 0.587, 0.299], np.float32)
    vivid = grey[:, None] + (colours - grey[:, None]) * np.float32(_SATURATION)
    return np.asarray(np.clip(vivid * light[:, None], 0, 255), np.float32)
