"""A picture shared out among points: cells that follow outlines, ride on the motion and keep colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.graphic.kernels_cells import find_edges, round_off, share_out, sum_up
from omnireel.engines.studio.looks.graphic.seeds import Kept, Points, Seeds
from omnireel.engines.studio.picture.kernels_masses import mix_bytes
from omnireel.engines.studio.picture.raster import Mask, Plane, Size, pixel_grid
from omnireel.engines.studio.tracker import Motion
from omnireel.media.frames import Frame

SIXTEENTHS = 16
"""Steps of a pixel in which distances are kept as bytes."""
_YOUNG = 1.6
"""Squared spacings by which a point that has only just come is held back."""
_COLOUR_MEMORY = 0.8
_ROUNDS = 6
"""How often the first cells of a shot are found anew, until they rest."""
_ROUND = np.zeros((2, 1, 1), np.float32)


@dataclass(frozen=True)
class Cells:
    """One frame's cells on the working grid."""

    labels: NDArray[np.int32]
    colours: Plane
    """`(n, 3)`: blue, green and red of each cell, 0 to 255."""
    names: NDArray[np.int64]
    distance: Plane
    """Pixels from each pixel to its cell's edge."""


@dataclass(frozen=True)
class CellPlan:
    """How cells are cut: their `spacing` in pixels of the grid, how strictly they keep to outlines, how
    square they are, 0 to 1, over how many pixels their corners are rounded, and whether the first ones of a
    shot are moved to their middles (Lloyd's relaxation), which makes them `even`.
    """

    spacing: float
    strictness: float
    square: float = 0.0
    rounding: int = 1
    even: bool = False


class Cutter:
    """Cuts frames into cells, in order."""

    def __init__(self, size: Size, plan: CellPlan, seed: int) -> None:
        self._size, self._plan = size, plan
        self._spacing = np.full((size[1], size[0]), plan.spacing, np.float32)
        self._seeds, self._colours = Seeds(size, plan.spacing, seed), Kept()
        self._past = np.full((size[1], size[0]), -1, np.float32)

    def cut(
        self, flat: Frame, motion: Motion, *, fineness: Plane | None = None, turn: Plane | None = None
    ) -> Cells:
        """The cells of a frame.

        Spacings are multiplied by `fineness` where it is given; `turn`, `(2, height, width)`, is cosine and
        sine of twice the angle at which cells lie.
        """
        if motion.cut:
            self._past.fill(-1)
            self._colours = Kept()
        spacing = self._spacing if fineness is None else self._spacing * fineness
        points = self._seeds.follow(motion, spacing)
        past = cv2.remap(self._past, motion.x, motion.y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        labels = self._shared(flat, points, spacing, cast("Plane", past), turn)
        colours = self._coloured(flat, labels, points, 0.0 if motion.cut else _COLOUR_MEMORY)
        for _ in range(_ROUNDS if motion.cut else 0):
            points = self._seeds.settle(*_middles(labels, points)) if self._plan.even else points
            named = points.name.astype(np.float32)[labels]
            labels = self._shared(flat, points, spacing, named, turn)
            colours = self._coloured(flat, labels, points, 0.0)
        self._past = points.name.astype(np.float32)[labels]
        return Cells(labels, colours, points.name, edge_distance(labels))

    def _shared(
        self, flat: Frame, points: Points, spacing: Plane, past: Plane, turn: Plane | None
    ) -> NDArray[np.int32]:
        plan = self._plan
        held_back = (1 - points.life) * np.float32(_YOUNG)
        row, column = self._pixels(points)
        reach, names = spacing[row, column], points.name.astype(np.float32)
        table = np.stack([points.x, points.y, reach, held_back, names], axis=1)
        guess = self._colours.recall(points.name, flat[row, column].astype(np.float32))[0]
        labels = np.zeros(flat.shape[:2], np.int32)
        share_out(
            flat,
            table,
            guess,
            past,
            _ROUND if turn is None else turn,
            np.float32(plan.strictness),
            np.float32(0 if turn is None else plan.square),
            labels,
        )
        rounded, edge = np.empty_like(labels), 2 * plan.rounding
        padded = cv2.copyMakeBorder(labels, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
        round_off(cast("NDArray[np.int32]", padded), plan.rounding, rounded)
        return rounded

    def _pixels(self, points: Points) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Row and column of each point."""
        width, height = self._size
        column = np.clip(points.x, 0, width - 1).astype(np.int32)
        return np.clip(points.y, 0, height - 1).astype(np.int32), column

    def _coloured(self, flat: Frame, labels: NDArray[np.int32], points: Points, memory: float) -> Plane:
        """The mean colour of each cell, steadied by what it was before."""
        sums = np.zeros((len(points.x), 4), np.float32)
        sum_up(flat, labels, sums)
        mean = np.asarray(sums[:, :3] / np.maximum(sums[:, 3:], 1), np.float32)
        before, known = self._colours.recall(points.name, mean)
        share = np.where(known, np.float32(memory), np.float32(0))
        share = np.where(sums[:, 3] > 0, share, np.float32(1))[:, None]
        colours = np.asarray(mean + (before - mean) * share, np.float32)
        self._colours.keep(points.name, colours)
        return colours


def _middles(labels: NDArray[np.int32], points: Points) -> tuple[Plane, Plane]:
    """The centres of gravity of all cells; a point without a cell stays where it is."""
    flat, count = labels.ravel(), len(points.x)
    grid = pixel_grid((labels.shape[1], labels.shape[0]))
    pixels = np.bincount(flat, minlength=count)
    x, y = (
        np.where(
            pixels > 0, np.bincount(flat, grid[..., axis].ravel(), count) / np.maximum(pixels, 1), stay
        ).astype(np.float32)
        for axis, stay in ((0, points.x), (1, points.y))
    )
    return x, y


def edge_distance(labels: NDArray[np.int32]) -> Plane:
    """Pixels from each pixel to the nearest place where two labels meet."""
    inside = np.empty(labels.shape, np.uint8)
    find_edges(labels, inside)
    return cast("Plane", cv2.distanceTransform(inside, cv2.DIST_L2, 5))


def steadied_edges(cells: Cells, past: Mask | None, motion: Motion, memory: float) -> Mask:
    """How far pixels lie from their cells' edges, in sixteenths of a pixel, up to 14 pixels, steadied."""
    return carried_on(np.minimum(bytes_in(cells.distance, SIXTEENTHS), np.uint8(224)), past, motion, memory)


def carried_on(field: Mask, past: Mask | None, motion: Motion, memory: float) -> Mask:
    """A field of bytes blended with its past, which has been moved to where its things are now."""
    if past is None or motion.cut:
        return field
    out, before, share = np.empty_like(field), motion.follow(past), bytes_in(motion.trust, memory * 255)
    mix_bytes(field.reshape(-1), before.reshape(-1), share.reshape(-1), out.reshape(-1))
    return out


def bytes_in(plane: Plane, steps: float) -> Mask:
    """A plane of nothing negative in bytes of `1 / steps`."""
    return cast("Mask", cv2.convertScaleAbs(plane, alpha=steps))


def shifted(field: Mask, by: int) -> Mask:
    """Moved down and to the right by a few pixels; what leaves comes in again on the other side."""
    return np.roll(field, (by, by), (0, 1))
