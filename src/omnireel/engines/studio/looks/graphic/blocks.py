"""A picture as square blocks of few colours, on a grid that moves along with the camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from omnireel.engines.studio.looks.clay.kernels import classify
from omnireel.engines.studio.looks.graphic.drift import Drift
from omnireel.engines.studio.picture.palette import Palette
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, fetched, pixel_grid, shrunk
from omnireel.engines.studio.tracker import Motion
from omnireel.media.frames import Frame

_SAMPLES = 3
"""Samples per block and side that are averaged to its colour."""


@dataclass(frozen=True)
class Wall:
    """One frame as blocks: `labels[row, column]` is the colour of a block `side` pixels wide."""

    labels: Mask
    side: int
    left: int
    top: int
    """Pixels of the first column and row that lie outside the canvas."""

    def laid(self, tile: Mask, size: Size) -> Mask:
        """A `(side, side)` tile repeated over a canvas of `size`, in step with the blocks."""
        rows, columns = self.labels.shape
        return self._cut(np.tile(tile, (rows, columns)), size)

    def spread(self, blocks: Mask, size: Size) -> Mask:
        """One value per block, `(rows, columns)` or `(rows, columns, 3)`, on a canvas of `size`."""
        whole = (self.labels.shape[1] * self.side, self.labels.shape[0] * self.side)
        return self._cut(np.asarray(cv2.resize(blocks, whole, interpolation=cv2.INTER_NEAREST)), size)

    def coloured(self, colours: Mask, size: Size) -> Frame:
        """Every block in its colour; `colours` is `(n, 3)` bytes."""
        return self.spread(np.asarray(colours[self.labels], np.uint8), size)

    def _cut(self, raster: Mask, size: Size) -> Mask:
        return np.ascontiguousarray(raster[self.top : self.top + size[1], self.left : self.left + size[0]])


class Mason:
    """Cuts frames into blocks, in order. A block keeps its colour while that is nearly the best one."""

    def __init__(self, size: Size, rows: int, palette: Palette) -> None:
        self.side = max(2, round(min(size) / rows))
        self._size, self._palette = size, palette
        self._grid = -(-size[0] // self.side) + 1, -(-size[1] // self.side) + 1
        self._drift = Drift(size)
        self._past: Mask | None = None
        self._first = 0, 0

    def seen(self, small: Frame, motion: Motion) -> Frame:
        """The mean colour of each block, `(rows, columns, 3)`."""
        self._drift.follow(motion)
        fine = self._grid[0] * _SAMPLES, self._grid[1] * _SAMPLES
        left, top = self._corner()
        step, scale = self.side / _SAMPLES, small.shape[1] / self._size[0]
        place = (pixel_grid(fine) + np.float32(0.5)) * np.float32(step) - np.array([left, top], np.float32)
        place = place * np.float32(scale) - np.float32(0.5)
        return shrunk(fetched(small, place[..., 0].copy(), place[..., 1].copy()), self._grid)

    def lay(self, colours: Frame, motion: Motion) -> Wall:
        """The wall of those colours in the palette's; call `seen` first, once a frame."""
        first = self.origin()
        shift = first[0] - self._first[0], first[1] - self._first[1]
        labels = np.empty(colours.shape[:2], np.uint8)
        past = None if motion.cut else self._past
        grid = pixel_grid(self._grid)
        x, y = (_moved(grid[..., axis], -shift[axis]) for axis in (0, 1))
        before = np.zeros_like(labels) if past is None else past
        trust = np.zeros(labels.shape, np.float32) if past is None else np.ones(labels.shape, np.float32)
        classify(colours, self._palette.nearest, self._palette.near, before, x, y, trust, labels)
        self._past, self._first = labels, first
        return Wall(labels, self.side, *self._corner())

    def origin(self) -> tuple[int, int]:
        """The column and row at which the scene's first block lies now; patterns count from there."""
        return int(self._drift.x // self.side), int(self._drift.y // self.side)

    def _corner(self) -> tuple[int, int]:
        return self.side - round(self._drift.x % self.side), self.side - round(self._drift.y % self.side)


def _moved(plane: Plane, shift: int) -> Plane:
    return np.ascontiguousarray(plane + np.float32(shift))
