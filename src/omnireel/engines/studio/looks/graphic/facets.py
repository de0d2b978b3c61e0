"""A picture as a mesh of triangles whose corners ride on the motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.graphic.kernels_cells import fill_facets, sum_up
from omnireel.engines.studio.looks.graphic.seeds import Kept, Points, Seeds
from omnireel.engines.studio.picture.raster import Plane, Size, fetched, shrunk, size_of
from omnireel.engines.studio.tracker import Motion
from omnireel.media.frames import Frame

_MARGIN = 2.0
"""Pixels by which the fixed frame of the mesh lies outside the picture."""
_COLOUR_MEMORY = 0.85
_NAMES = 1 << 20
"""More than the corners a clip will ever have had."""


@dataclass(frozen=True)
class Facets:
    """One frame's mesh on the working grid."""

    corners: Plane
    """`(n, 3, 2)`: x and y of the three corners."""
    colours: Plane
    """`(n, 3)`: blue, green, red, 0 to 255."""
    names: NDArray[np.int64]
    """Of a facet as long as it has the same corners."""


class Mesh:
    """Spans facets over frames, in order."""

    def __init__(self, size: Size, least_spacing: float, seed: int) -> None:
        self._size = size
        self._seeds, self._colours = Seeds(size, least_spacing, seed), Kept()
        self._frame = _border(size, least_spacing * 3)
        self._half = max(1, size[0] // 2), max(1, size[1] // 2)
        self._past: _Painted | None = None

    def span(self, flat: Frame, motion: Motion, spacing: Plane, pull: Plane) -> Facets:
        """The facets of one frame: corners `spacing` apart, new ones first of all where `pull` is high."""
        if motion.cut:
            self._colours, self._past = Kept(), None
        points = self._seeds.follow(motion, spacing, pull)
        corners, names = _triangulated(self._size, points, self._frame)
        labels = np.zeros((self._half[1], self._half[0]), np.int32)
        fill_facets(self._halved(corners), labels)
        colours = self._coloured(shrunk(flat, self._half), labels, corners, names, motion)
        self._past = _Painted(labels, colours)
        return Facets(corners, colours, names)

    def _coloured(
        self,
        flat: Frame,
        labels: NDArray[np.int32],
        corners: Plane,
        names: NDArray[np.int64],
        motion: Motion,
    ) -> Plane:
        """Mean colours, steadied. A facet that is new begins with the colours its place had before."""
        within = _within(corners)
        mean = self._means(flat, labels, within[:, 0])
        if self._past is None:
            colours = mean
        else:
            x, y = (fetched(plane, within[..., 0], within[..., 1]) for plane in (motion.x, motion.y))
            was = self._past.at(self._halved(np.stack([x, y], axis=-1))).mean(axis=1)
            before, _ = self._colours.recall(names, was)
            colours = np.asarray(mean + (before - mean) * np.float32(_COLOUR_MEMORY), np.float32)
        self._colours.keep(names, colours)
        return colours

    def _means(self, flat: Frame, labels: NDArray[np.int32], middles: Plane) -> Plane:
        """The mean colour of each facet; of a sliver between the pixels, that of its middle."""
        sums = np.zeros((len(middles), 4), np.float32)
        sum_up(flat, labels, sums)
        column, row = _pixels(self._halved(middles), self._half)
        sliver = sums[:, 3:] == 0
        return np.where(sliver, flat[row, column], sums[:, :3] / np.maximum(sums[:, 3:], 1)).astype(
            np.float32
        )

    def _halved(self, places: Plane) -> Plane:
        """Places of the grid on half the grid, where facets' colours are found."""
        scale = np.array(self._half, np.float32) / np.array(self._size, np.float32)
        return np.asarray((places + np.float32(0.5)) * scale - np.float32(0.5), np.float32)


@dataclass(frozen=True)
class _Painted:
    """A frame's facets on half the grid."""

    labels: NDArray[np.int32]
    colours: Plane

    def at(self, places: Plane) -> Plane:
        """Colours at places, last axis x and y."""
        column, row = _pixels(places, size_of(self.labels))
        return np.asarray(self.colours[self.labels[row, column]], np.float32)


def _within(corners: Plane) -> Plane:
    """`(n, 4, 2)`: the middle of each triangle, and half the way from there to each corner."""
    middle = corners.mean(axis=1, keepdims=True)
    return np.concatenate([middle, (corners + middle) * np.float32(0.5)], axis=1).astype(np.float32)


def _pixels(places: Plane, size: Size) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Column and row of the pixel at each place, or of the nearest there is."""
    column = np.clip(np.rint(places[..., 0]), 0, size[0] - 1).astype(np.int32)
    return column, np.clip(np.rint(places[..., 1]), 0, size[1] - 1).astype(np.int32)


def _border(size: Size, step: float) -> Plane:
    """`(n, 2)` fixed points around the picture."""
    width, height = size[0] + 2 * _MARGIN, size[1] + 2 * _MARGIN
    across = np.linspace(0, width, max(2, int(width / step)))
    down = np.linspace(0, height, max(2, int(height / step)))[1:-1]
    sides = [np.stack([across, np.full_like(across, edge)], 1) for edge in (0.0, height)]
    sides += [np.stack([np.full_like(down, edge), down], 1) for edge in (0.0, width)]
    return (np.concatenate(sides) - _MARGIN).astype(np.float32)


def _triangulated(size: Size, points: Points, border: Plane) -> tuple[Plane, NDArray[np.int64]]:
    """Delaunay's triangles, `(n, 3, 2)`, and a name for each made of its corners' names."""
    x, y = points.x, points.y
    inside = (x > -1) & (y > -1) & (x < size[0] + 1) & (y < size[1] + 1) & (points.life > 0)
    places = np.concatenate([border, np.stack([x, y], 1)[inside]])
    names = np.concatenate([np.arange(len(border)), points.name[inside] + len(border)])
    corners = _delaunay(size, places)
    order = np.argsort(_key(places), kind="stable")
    found = np.minimum(np.searchsorted(_key(places)[order], _key(corners.reshape(-1, 2))), len(order) - 1)
    own = np.sort(names[order][found].reshape(-1, 3), axis=1)
    # Two corners and a trace of the third are enough to tell triangles apart.
    return corners, (own[:, 0] * _NAMES + own[:, 1]) * _NAMES + own[:, 2] % _NAMES


def _delaunay(size: Size, places: Plane) -> Plane:
    reach = int(_MARGIN) + 2
    division = cv2.Subdiv2D((-reach, -reach, size[0] + 2 * reach + 1, size[1] + 2 * reach + 1))
    division.insert(cast("Sequence[tuple[float, float]]", places))
    corners = np.asarray(division.getTriangleList(), np.float32).reshape(-1, 3, 2)
    low, high = -reach, np.array(size) + reach
    return np.ascontiguousarray(corners[((corners >= low) & (corners <= high)).all(axis=(1, 2))])


def _key(places: Plane) -> NDArray[np.float64]:
    return places[:, 0].astype(np.float64) * 65536 + places[:, 1]
