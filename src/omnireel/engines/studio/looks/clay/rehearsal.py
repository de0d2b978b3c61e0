"""Clay's compiled loops called once on next to nothing: the first real frame need not wait for them."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.clay.kernels import (
    agree,
    cast_shadows,
    classify,
    find_seams,
    find_shading,
    light,
    plump,
    recall,
    vote,
)
from omnireel.engines.studio.looks.clay.kernels_press import press
from omnireel.engines.studio.picture.masses import masses_of
from omnireel.engines.studio.picture.raster import bordered
from omnireel.engines.studio.picture.volume import inflated

_ROWS, _COLUMNS, _COLOURS = 32, 48, 24


def rehearse() -> None:
    """Load every loop out of numba's cache, or compile it. What it computes is thrown away."""
    small = np.zeros((_ROWS, _COLUMNS, 3), np.uint8)
    labels, plane = np.zeros((_ROWS, _COLUMNS), np.uint8), np.zeros((_ROWS, _COLUMNS), np.float32)
    cube = (64, 64, 64)
    classify(small, np.zeros(cube, np.uint8), np.zeros(cube, np.uint32), labels, plane, plane, plane, labels)
    vote(labels, masses_of(small).detail, 3, np.empty_like(labels))
    find_seams(labels, np.zeros((_COLOURS, _COLOURS), np.float32), plane)
    agree(labels, plane, np.float32(1), plane.copy(), labels.copy())
    plump(inflated(plane, 4.0), labels, np.float32(4), np.float32(1), plane)
    recall(plane, plane, plane, plane, np.float32(1))
    cast_shadows(plane, np.float32(2), plane.copy())
    find_shading(labels, labels, plane)
    light(plane, plane, plane, plane, np.float32(4), np.empty((4, _ROWS, _COLUMNS), np.uint8))
    _press_once(labels)


def _press_once(labels: np.typing.NDArray[np.uint8]) -> None:
    lit, sides = np.zeros((4, _ROWS, _COLUMNS), np.uint8), (_ROWS, _COLUMNS)
    press(
        bordered(labels, 1),
        np.zeros((_COLOURS, 3), np.float32),
        lit[:3],
        lit[3],
        np.zeros(sides, np.uint8),
        np.zeros(_ROWS, np.float32),
        np.zeros(_COLUMNS, np.float32),
        np.arange(_COLUMNS, dtype=np.uint32)[None],
        np.zeros((1, 3, _COLUMNS), np.float32),
        np.empty((3, *sides), np.uint8),
    )
