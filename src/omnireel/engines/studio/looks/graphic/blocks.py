"""A picture as square blocks of few colours, on a grid that moves along with the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.graphic.drift import Drift
from omnireel.engines.studio.looks.graphic.kernels_cells import NONE, hold_colours
from omnireel.engines.studio.picture.palette import Palette
from omnireel.engines.studio.picture.raster import Mask, Size, fetched, grey_of, lab_of, pixel_grid, shrunk
from omnireel.engines.studio.tracker import Motion
from omnireel.media.frames import Frame

PARTS = 8
"""Into how many steps a pixel is divided when a wall is shifted."""
_SAMPLES = 3
"""Samples per block and side that are averaged to its colour."""
_PLAY = 0.06
"""Pixels of drift by which the grid is not moved."""
_WEIGHTS = np.array([0.85, 1.2, 1.2], np.float32)
"""Lightness counts less than hue."""


@dataclass(frozen=True)
class Wall:
    """One frame as blocks: `labels[row, column]` is the colour of a block `side` pixels wide."""

    labels: Mask
    side: int
    left: int
    top: int
    """Of the first column and row, what lies outside the canvas: in eighths of a pixel, so that the wall
    follows a slow pan evenly instead of by jerks."""

    def laid(self, tile: Mask, size: Size) -> Mask:
        """A `(side * 8, side * 8)` tile repeated over a canvas of `size`, in step with the blocks."""
        whole, part = (self.left // PARTS, self.top // PARTS), (self.left % PARTS, self.top % PARTS)
        shifted = np.roll(tile, (-part[1], -part[0]), (0, 1))
        rows, columns = self.labels.shape
        raster = np.tile(shrunk(shifted, (self.side, self.side)), (rows, columns))
        return np.ascontiguousarray(raster[whole[1] : whole[1] + size[1], whole[0] : whole[0] + size[0]])

    def spread(self, blocks: Mask, size: Size) -> Mask:
        """One value per block on a canvas of `size`: for each pixel that of the block under its middle."""
        column, row = self._under(size[0], self.left), self._under(size[1], self.top)
        return np.asarray(blocks[:, column][row], np.uint8)

    def coloured(self, colours: Mask, size: Size) -> Frame:
        """Every block in its colour; `colours` is `(n, 3)` bytes. A pixel on two blocks shares both."""
        narrow = np.asarray(colours[self.labels], np.uint8)
        tall = _enlarged(np.ascontiguousarray(narrow.transpose(1, 0, 2)), self.side, self.left, size[0])
        return _enlarged(np.ascontiguousarray(tall.transpose(1, 0, 2)), self.side, self.top, size[1])

    def _under(self, length: int, offset: int) -> NDArray[np.int64]:
        middles = np.arange(length) * PARTS + PARTS // 2 + offset
        return np.asarray(middles // (self.side * PARTS), np.int64)


def _enlarged(rows: Mask, side: int, offset: int, length: int) -> Mask:
    """Each row `side` times, from `offset` eighths on, `length` in all; those on a border are mixed."""
    start = np.arange(length) * PARTS + offset
    first, part = start // (side * PARTS), offset % PARTS
    out = np.asarray(np.take(rows, first, axis=0), np.uint8)
    if part:
        border = np.flatnonzero(start % (side * PARTS) > (side - 1) * PARTS)
        one, other = rows[first[border]].astype(np.uint16), rows[first[border] + 1]
        out[border] = (one * (PARTS - part) + other * np.uint16(part) + PARTS // 2) // PARTS
    return out


class Mason:
    """Cuts frames into blocks, in order.

    A block keeps its colour unless another is nearer by `reluctance` (Lab, lightness weighing a little less).
    """

    def __init__(self, size: Size, rows: int, palette: Palette, reluctance: float) -> None:
        self.side = max(2, round(min(size) / rows))
        self._size, self._palette = size, palette.lab * _WEIGHTS
        self._grid = -(-size[0] // self.side) + 1, -(-size[1] // self.side) + 1
        self._reluctance = np.float32(reluctance)
        self._drift, self._place = Drift(size), (0.0, 0.0)
        self._past: Mask = np.full((self._grid[1], self._grid[0]), NONE, np.uint8)
        self._first = 0, 0

    def seen(self, small: Frame, motion: Motion) -> Frame:
        """The mean colour of each block, `(rows, columns, 3)`."""
        self._follow(motion, small)
        fine = self._grid[0] * _SAMPLES, self._grid[1] * _SAMPLES
        step, scale = self.side / _SAMPLES, small.shape[1] / self._size[0]
        place = (pixel_grid(fine) + np.float32(0.5)) * np.float32(step)
        place -= np.array(self._corner(), np.float32) / np.float32(PARTS)
        place = place * np.float32(scale) - np.float32(0.5)
        return shrunk(fetched(small, place[..., 0].copy(), place[..., 1].copy()), self._grid)

    def lay(self, colours: Frame, motion: Motion) -> Wall:
        """The wall of those colours in the palette's; call `seen` first, once a frame."""
        first = self.origin()
        shift = first[0] - self._first[0], first[1] - self._first[1]
        lab = lab_of(colours.reshape(-1, 3)).reshape(colours.shape) * _WEIGHTS
        past = np.full(colours.shape[:2], NONE, np.uint8) if motion.cut else self._past
        labels = np.empty_like(past)
        hold_colours(lab, self._palette, past, *shift, self._reluctance, labels)
        self._past, self._first = labels, first
        return Wall(labels, self.side, *self._corner())

    def origin(self) -> tuple[int, int]:
        """The column and row at which the scene's first block lies now; patterns count from there."""
        return self._drifted(0)[0], self._drifted(1)[0]

    def _follow(self, motion: Motion, small: Frame) -> None:
        """Move the grid along with the scene, but not for a tremor."""
        self._drift.follow(motion, grey_of(small))
        drifted = self._drift.x, self._drift.y
        rests = (0.0, 0.0) if motion.cut else self._place
        pulled = (max(min(at, way + _PLAY), way - _PLAY) for at, way in zip(rests, drifted, strict=True))
        self._place = next(pulled), next(pulled)

    def _corner(self) -> tuple[int, int]:
        """What lies outside of the first column and row, in eighths of a pixel."""
        whole = self.side * PARTS
        return whole - self._drifted(0)[1], whole - self._drifted(1)[1]

    def _drifted(self, axis: int) -> tuple[int, int]:
        """Whole blocks, and eighths of a pixel beyond."""
        return divmod(round(self._place[axis] * PARTS), self.side * PARTS)
