"""Strokes that live for many frames: each one rides on what it was painted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.painterly.kernels_carrying import (
    Cells,
    Flags,
    carry,
    count_cells,
    sample_at,
    thin_out,
)
from omnireel.engines.studio.picture.raster import Plane, Raster, Size, boxed, pixel_grid, shrunk, size_of
from omnireel.engines.studio.tracker import Motion

_SPARE = 1.3
"""Slots for strokes per cell; what is not needed stays empty."""
_SPARSE, _CROWDED = 0.75, np.float32(1.5)
"""Strokes per cell, counted over nine cells, under which gaps are filled, and over which some must go.

Single cells come and go as strokes wander over their borders; filling each at once would never end."""
_RISE, _FALL = 0.16, 0.22
"""How much opacity a stroke may gain or lose per frame."""


@dataclass(frozen=True)
class Drift:
    """How a canvas moved since the frame before."""

    cut: bool
    back: Plane
    """`(h, w, 2)` on a coarse grid: the way back to where each place was, in canvas pixels."""


def drift_of(motion: Motion, size: Size) -> Drift:
    """The motion of a canvas of `size`."""
    width, height = size_of(motion.x)
    few = width // 2, height // 2
    back = cast("Plane", cv2.merge([shrunk(motion.x, few), shrunk(motion.y, few)]))
    # Working grids have even sides, so four pixels become one, in their middle.
    back -= pixel_grid(few) * np.float32(2) + np.float32(0.5)
    return Drift(motion.cut, back * np.float32(size[0] / width))


class Strokes:
    """Places on a canvas, about one to each square of `spacing` pixels, carried along by the motion.

    Slots are drawn in their order, so a stroke never changes its height in the pile. `place` is `(n, 2)` in
    canvas pixels, `whim` `(n, 4)` uniform noise fixed at a stroke's birth, `opacity` `(n,)` 0 to 1.
    """

    def __init__(self, size: Size, spacing: float, seed: int) -> None:
        self._size, self._spacing, self._seed = size, spacing, seed
        self._cells = int(size[0] / spacing) + 1, int(size[1] / spacing) + 1
        self._count = int(self._cells[0] * self._cells[1] * _SPARE)
        self.restart()

    def restart(self) -> None:
        """A fresh canvas: after a cut."""
        self._random = np.random.default_rng(self._seed)
        self.place = np.zeros((self._count, 2), np.float32)
        self.whim = self._random.random((self._count, 4), np.float32)
        self.opacity = np.zeros(self._count, np.float32)
        self.alive: Flags = np.zeros(self._count, np.bool_)
        self._leaving: Flags = np.zeros(self._count, np.bool_)
        self._cell = np.zeros(self._count, np.int32)
        self.born = self._fill(*self._counted())

    def follow(self, drift: Drift) -> None:
        """One frame on: strokes move, crowded ones begin to leave, gaps are filled (`born`)."""
        if drift.cut:
            self.restart()
            return
        carry(self.place, drift.back, scale_of(drift.back, self._size))
        x, y = self.place[:, 0], self.place[:, 1]
        right, bottom = (np.float32(cells * self._spacing) for cells in self._cells)
        inside = (x >= 0) & (x < right) & (y >= 0) & (y < bottom)
        self.alive &= inside & ~(self._leaving & (self.opacity <= 0))
        count, around = self._counted()
        staying = self.alive & ~self._leaving
        thin_out(self._cell, count.copy(), around, _CROWDED, staying, self._leaving)
        self.born = self._fill(count, around)

    def fade(self, wanted: Plane, *, at_once: bool = False) -> None:
        """Bring opacities towards `wanted`, `(n,)`, as fast as does not pop."""
        goal = np.where(self.alive & ~self._leaving, wanted, 0).astype(np.float32)
        change = goal - self.opacity
        self.opacity = goal if at_once else self.opacity + np.clip(change, -_FALL, _RISE).astype(np.float32)

    def under(self, field: Raster) -> Plane:
        """Bilinear samples, `(n, channels)`, of a field on any grid at the strokes' places."""
        return sample(field, self.place, self._size)

    def _counted(self) -> tuple[Cells, Plane]:
        """Strokes in each cell, and their mean over it and its eight neighbours; `_cell` is set too."""
        count = np.empty(self._cells[::-1], np.int32)
        staying = self.alive & ~self._leaving
        count_cells(self.place, staying, np.float32(1 / self._spacing), self._cell, count)
        return count.reshape(-1), boxed(count.astype(np.float32), 3).reshape(-1)

    def _fill(self, count: Cells, around: Plane) -> Flags:
        empty = self._random.permutation(np.flatnonzero((count == 0) & (around < _SPARSE)))
        free = self._random.permutation(np.flatnonzero(~self.alive))[: len(empty)]
        empty = empty[: len(free)]
        corner = np.stack([empty % self._cells[0], empty // self._cells[0]], axis=1)
        inside = self._random.random((len(free), 2), np.float32)
        self.place[free] = (corner + inside) * np.float32(self._spacing)
        self.whim[free] = self._random.random((len(free), 4), np.float32)
        self.opacity[free] = 0
        self.alive[free], self._leaving[free] = True, False
        born = np.zeros(self._count, np.bool_)
        born[free] = True
        return born


def sample(field: Raster, place: Plane, size: Size) -> Plane:
    """Bilinear samples, `(n, channels)`, of a field over a canvas of `size`, at `(n, 2)` canvas pixels."""
    found = np.empty((len(place), field.shape[2]), np.float32)
    sample_at(field, place, scale_of(field, size), found)
    return found


def scale_of(field: Raster, size: Size) -> Plane:
    """Pixels of a field, across and down, to a pixel of the canvas it covers."""
    return np.array([field.shape[1] / size[0], field.shape[0] / size[1]], np.float32)
