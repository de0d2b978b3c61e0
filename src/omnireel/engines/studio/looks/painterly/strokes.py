"""Strokes that live for many frames: each one rides on what it was painted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import (
    Plane,
    Raster,
    Size,
    boxed,
    fetched,
    pixel_grid,
    shrunk,
    size_of,
)
from omnireel.engines.studio.tracker import Motion

Flags = NDArray[np.bool_]

_SPARE = 1.3
"""Slots for strokes per cell; what is not needed stays empty."""
_ROW = 64
"""OpenCV samples no more than 32,767 places in one line, so places are sampled in rows of this many."""
_SPARSE, _CROWDED = 0.75, 1.5
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
    grid = pixel_grid(size_of(motion.x))
    back = cast("Plane", cv2.merge([motion.x - grid[..., 0], motion.y - grid[..., 1]]))
    few = shrunk(back, (max(8, back.shape[1] // 2), max(8, back.shape[0] // 2)))
    return Drift(motion.cut, few * np.float32(size[0] / back.shape[1]))


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
        _, count, around = self._counted()
        self.born = self._fill(count, around)

    def follow(self, drift: Drift) -> None:
        """One frame on: strokes move, crowded ones begin to leave, gaps are filled (`born`)."""
        if drift.cut:
            self.restart()
            return
        self._carry(drift)
        edge = np.array(self._cells, np.float32) * np.float32(self._spacing)
        inside = ((self.place >= 0) & (self.place < edge)).all(axis=1)
        self.alive &= inside & ~(self._leaving & (self.opacity <= 0))
        cell, count, around = self._counted()
        self._thin(cell, count[cell], around[cell])
        self.born = self._fill(count, around)

    def fade(self, wanted: Plane, *, at_once: bool = False) -> None:
        """Bring opacities towards `wanted`, `(n,)`, as fast as does not pop."""
        goal = np.where(self.alive & ~self._leaving, wanted, 0).astype(np.float32)
        change = goal - self.opacity
        self.opacity = goal if at_once else self.opacity + np.clip(change, -_FALL, _RISE).astype(np.float32)

    def under(self, field: Raster) -> Raster:
        """Bilinear samples, `(n,)` or `(n, channels)`, of a field on any grid at the strokes' places."""
        return sample(field, self.place, self._size)

    def _carry(self, drift: Drift) -> None:
        """Solve for the place that came from here: the drift leads back, strokes go forward."""
        here, there = self.place, self.place
        for _ in range(2):
            there = here - sample(drift.back, there, self._size)
        self.place = there

    def _cell(self) -> NDArray[np.int64]:
        last = np.array(self._cells, np.int64) - 1
        at = np.clip((self.place / np.float32(self._spacing)).astype(np.int64), 0, last)
        cell: NDArray[np.int64] = at[:, 1] * self._cells[0] + at[:, 0]
        return cell

    def _counted(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Plane]:
        """Each stroke's cell; strokes in each cell, and their mean over it and its eight neighbours."""
        cell, (across, down) = self._cell(), self._cells
        count = np.bincount(cell[self.alive & ~self._leaving], minlength=across * down)
        around = boxed(count.astype(np.float32).reshape(down, across), 3)
        return cell, count, around.reshape(-1)

    def _thin(self, cell: NDArray[np.int64], count: NDArray[np.int64], around: Plane) -> None:
        crowded = np.flatnonzero(self.alive & ~self._leaving & (count > 1) & (around > _CROWDED))
        # One of each crowded cell a frame: the first slot found there.
        _, first = np.unique(cell[crowded], return_index=True)
        self._leaving[crowded[first]] = True

    def _fill(self, count: NDArray[np.int64], around: Plane) -> Flags:
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


def sample(field: Raster, place: Plane, size: Size) -> Raster:
    """Bilinear samples of a field that covers a canvas of `size`, at `(n, 2)` canvas pixels."""
    scale = np.array([field.shape[1] / size[0], field.shape[0] / size[1]], np.float32)
    return _fetched_at(field, (place + np.float32(0.5)) * scale - np.float32(0.5))


def _fetched_at(field: Raster, place: Plane) -> Raster:
    rows = np.zeros(((len(place) // _ROW + 1) * _ROW, 2), np.float32)
    rows[: len(place)] = place
    x, y = np.ascontiguousarray(rows.T).reshape(2, -1, _ROW)
    found = fetched(field, x, y).reshape(len(rows), *field.shape[2:])
    return cast("Raster", found[: len(place)])
