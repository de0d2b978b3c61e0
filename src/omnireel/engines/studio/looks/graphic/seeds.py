"""Points that ride on the motion, about evenly spaced: the middles of cells, the corners of facets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.graphic.kernels_cells import space_out
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, fetched, pixel_grid
from omnireel.engines.studio.tracker import Motion

_MERGE, _FILL = 0.5, 1.35
"""Shares of the spacing: nearer points become one, wider gaps get a new one. At a cut gaps are of 1."""
_STEPS = 3
_FADE = np.float32(0.2)
"""By how much of a life points come and go in a frame."""
_CANDIDATES = 5
"""Places tried per point that may be needed."""
_OUTSIDE = 12.0
"""Pixels beyond the border at which a point is given up."""


@dataclass(frozen=True)
class Points:
    """First axis: the points, oldest first."""

    x: Plane
    y: Plane
    life: Plane
    """0 to 1: how far the point has come, or not yet gone."""
    going: NDArray[np.bool_]
    name: NDArray[np.int64]
    """Unique within a shot, ascending."""

    def only(self, which: NDArray[np.bool_]) -> Points:
        return Points(self.x[which], self.y[which], self.life[which], self.going[which], self.name[which])


class Seeds:
    """Points for one clip on a grid of `size`. The least spacing they will be asked for sets their number."""

    def __init__(self, size: Size, least_spacing: float, seed: int) -> None:
        count = int(_CANDIDATES * size[0] * size[1] / least_spacing**2)
        random = np.random.default_rng(seed)
        self._candidates = (random.random((max(64, count), 2)) * np.array(size)).astype(np.float32)
        self._size, self._points, self._named = size, _none(), 0

    def follow(self, motion: Motion, spacing: Plane, pull: Plane | None = None) -> Points:
        """The points of the next frame. New ones stand first of all where `pull` is high."""
        if motion.cut:
            self._points, self._named = _none(), 0
        old = self._moved(self._points, motion)
        ground = np.zeros((self._size[1], self._size[0]), np.uint8)
        old = _aged(old, _spaced(old, spacing, ground))
        new = self._sown(spacing, pull, ground, 1.0 if motion.cut else _FILL)
        life = np.ones(len(new), np.float32) if motion.cut else np.full(len(new), _FADE, np.float32)
        self._points = self._joined(old, new, life)
        return self._points

    def settle(self, x: Plane, y: Plane) -> Points:
        """Put the points of this frame elsewhere."""
        now = self._points
        self._points = Points(x, y, now.life, now.going, now.name)
        return self._points

    def _moved(self, points: Points, motion: Motion) -> Points:
        """Forward along a flow that is known backward: each place is corrected until it leads back."""
        x, y = points.x, points.y
        here = pixel_grid(self._size)
        back_x, back_y = motion.x - here[..., 0], motion.y - here[..., 1]
        for _ in range(_STEPS):
            x, y = points.x - _at(back_x, x, y), points.y - _at(back_y, x, y)
        moved = Points(x, y, points.life, points.going, points.name)
        width, height = self._size
        inside = (x > -_OUTSIDE) & (y > -_OUTSIDE) & (x < width + _OUTSIDE) & (y < height + _OUTSIDE)
        return moved.only(inside)

    def _sown(self, spacing: Plane, pull: Plane | None, ground: Mask, gap: float) -> Plane:
        """`(n, 2)` new places in gaps."""
        column, row = self._candidates.T.astype(np.int32)
        free = self._candidates[ground[row, column] == 0]
        if pull is not None:
            free = free[
                np.argsort(-pull[free[:, 1].astype(np.int32), free[:, 0].astype(np.int32)], kind="stable")
            ]
        kept = np.zeros(len(free), np.uint8)
        x, y = np.ascontiguousarray(free[:, 0]), np.ascontiguousarray(free[:, 1])
        space_out(x, y, spacing, np.float32(0), np.float32(gap), ground, kept)
        sown: Plane = free[kept > 0]
        return sown

    def _joined(self, old: Points, new: Plane, life: Plane) -> Points:
        names = np.arange(self._named, self._named + len(new))
        self._named += len(new)
        return Points(
            np.concatenate([old.x, new[:, 0]]),
            np.concatenate([old.y, new[:, 1]]),
            np.concatenate([old.life, life]),
            np.concatenate([old.going, np.zeros(len(new), bool)]),
            np.concatenate([old.name, names]),
        )


class Kept:
    """A few values for each point, remembered under its name from frame to frame."""

    def __init__(self) -> None:
        self._names, self._values = np.zeros(0, np.int64), np.zeros((0, 3), np.float32)

    def recall(self, names: NDArray[np.int64], otherwise: Plane) -> tuple[Plane, NDArray[np.bool_]]:
        """The values under `names`, `otherwise` for those never seen, and which were known."""
        if not len(self._names):
            return otherwise, np.zeros(len(names), bool)
        place = np.minimum(np.searchsorted(self._names, names), len(self._names) - 1)
        known = self._names[place] == names
        return np.where(known[:, None], self._values[place], otherwise).astype(np.float32), known

    def keep(self, names: NDArray[np.int64], values: Plane) -> None:
        """Remember these and nothing else."""
        order = np.argsort(names, kind="stable")
        self._names, self._values = names[order], values[order]


def _none() -> Points:
    nothing = np.zeros(0, np.float32)
    return Points(nothing, nothing, nothing, np.zeros(0, bool), np.zeros(0, np.int64))


def _spaced(points: Points, spacing: Plane, ground: Mask) -> NDArray[np.bool_]:
    """Which points stand too near an older one; the others mark the ground. Those going do not count."""
    staying = points.only(~points.going)
    kept = np.zeros(len(staying.x), np.uint8)
    # Marked at the wider reach at once: only gaps that need a new point stay unmarked.
    space_out(staying.x, staying.y, spacing, np.float32(_MERGE), np.float32(_FILL), ground, kept)
    crowded = points.going.copy()
    crowded[~points.going] = kept == 0
    return crowded


def _aged(points: Points, going: NDArray[np.bool_]) -> Points:
    life = np.clip(points.life + np.where(going, -_FADE, _FADE), 0, 1).astype(np.float32)
    return Points(points.x, points.y, life, going, points.name).only(life > 0)


def _at(plane: Plane, x: Plane, y: Plane) -> Plane:
    """Samples at scattered places; beyond the border the border repeats."""
    return fetched(plane, x[None], y[None])[0] if len(x) else x
