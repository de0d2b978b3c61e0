"""Loops over strokes that live for many frames, compiled."""

from __future__ import annotations

from math import atan2, floor, pi
from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Plane

Flags: TypeAlias = NDArray[np.bool_]
Cells: TypeAlias = NDArray[np.int32]
_F, _U = np.float32, np.uint32


@njit(cache=True, nogil=True, error_model="numpy")
def taps(
    x: np.float32, y: np.float32, width: int, height: int
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32, np.float32, np.float32]:
    """Left, right, top and bottom pixel around a point, and its way between them; the border repeats."""
    x, y = _F(min(max(x, _F(0)), _F(width - 1))), _F(min(max(y, _F(0)), _F(height - 1)))
    left, top = int(x), int(y)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    return _U(left), _U(right), _U(top), _U(bottom), x - _F(left), y - _F(top)


@njit(cache=True, nogil=True, error_model="numpy")
def sample_at(field: NDArray[Any], place: Plane, scale: Plane, out: Plane) -> None:
    """Fill `out`, `(n, channels)`, with a field `(h, w, channels)` at canvas places.

    A canvas pixel has `scale` field pixels, across and down.
    """
    height, width, channels = field.shape
    for i in range(place.shape[0]):
        x = (place[i, 0] + _F(0.5)) * scale[0] - _F(0.5)
        y = (place[i, 1] + _F(0.5)) * scale[1] - _F(0.5)
        left, right, top, bottom, across, down = taps(x, y, width, height)
        for c in range(channels):
            upper = _F(field[top, left, c]) * (_F(1) - across) + _F(field[top, right, c]) * across
            lower = _F(field[bottom, left, c]) * (_F(1) - across) + _F(field[bottom, right, c]) * across
            out[i, c] = upper * (_F(1) - down) + lower * down


@njit(cache=True, nogil=True, error_model="numpy")
def carry(place: Plane, back: Plane, scale: Plane) -> None:
    """Move places forward by a field that leads back: looking it up twice is close enough."""
    height, width, _ = back.shape
    for i in range(place.shape[0]):
        x, y = place[i, 0], place[i, 1]
        for _ in range(2):
            u, v = (x + _F(0.5)) * scale[0] - _F(0.5), (y + _F(0.5)) * scale[1] - _F(0.5)
            left, right, top, bottom, across, down = taps(u, v, width, height)
            upper = back[top, left, 0] * (_F(1) - across) + back[top, right, 0] * across
            lower = back[bottom, left, 0] * (_F(1) - across) + back[bottom, right, 0] * across
            x = place[i, 0] - (upper * (_F(1) - down) + lower * down)
            upper = back[top, left, 1] * (_F(1) - across) + back[top, right, 1] * across
            lower = back[bottom, left, 1] * (_F(1) - across) + back[bottom, right, 1] * across
            y = place[i, 1] - (upper * (_F(1) - down) + lower * down)
        place[i, 0], place[i, 1] = x, y


@njit(cache=True, nogil=True, error_model="numpy")
def count_cells(place: Plane, counted: Flags, per_pixel: np.float32, cell: Cells, count: Cells) -> None:
    """Fill `cell` with the number of each stroke's cell, `count`, `(down, across)`, with strokes in each."""
    down, across = count.shape
    count[:] = 0
    for i in range(place.shape[0]):
        column = min(max(int(place[i, 0] * per_pixel), 0), across - 1)
        row = min(max(int(place[i, 1] * per_pixel), 0), down - 1)
        cell[i] = row * across + column
        count[row, column] += counted[i]


@njit(cache=True, nogil=True, error_model="numpy")
def thin_out(
    cell: Cells, count: Cells, around: Plane, most: np.float32, staying: Flags, leaving: Flags
) -> None:
    """Let the first stroke of each crowded cell go. `count` and `around` have a value for each cell.

    `around` is the mean count over a cell and its neighbours, crowded above `most`. `count` is used up.
    """
    for i in range(len(cell)):
        if staying[i] and count[cell[i]] > 1 and around[cell[i]] > most:
            leaving[i] = True
            count[cell[i]] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def steer(turn: Plane, grain: Plane, usual: Plane, fresh: Flags, share: np.float32) -> None:
    """Turn strokes by `share` towards where they should point, at once where `fresh`.

    `turn`, `(n, 2)`, is cosine and sine of twice an angle, and so do rows of `grain` begin. `usual`, `(3,)`,
    is how far the grain counts and what is added to it.
    """
    for i in range(turn.shape[0]):
        part = _F(1) if fresh[i] else share
        turn[i, 0] += (grain[i, 0] * usual[0] + usual[1] - turn[i, 0]) * part
        turn[i, 1] += (grain[i, 1] * usual[0] + usual[2] - turn[i, 1]) * part


@njit(cache=True, nogil=True, error_model="numpy")
def face(facing: Plane, turn: Plane, whim: Plane, seen: Flags, loose: np.float32, steps: int) -> None:
    """Face strokes that are seen in one of `steps` directions, 0 upwards, `loose` radians about their own.

    They change when they are off by more than 0.8 of a step, so that they do not tremble, or have no
    facing yet, which is NaN.
    """
    for i in range(len(facing)):
        if not seen[i]:
            continue
        bias = (whim[i, 0] - _F(0.5)) * _F(2) * loose
        angle = _F(atan2(turn[i, 1], turn[i, 0])) * _F(0.5) + bias
        wanted = (angle * _F(1 / pi) + _F(0.5)) * _F(steps)
        away = wanted - facing[i]
        away -= floor(away / _F(steps) + _F(0.5)) * _F(steps)
        if not abs(away) <= _F(0.8):
            facing[i] = floor(wanted + _F(0.5)) % steps


@njit(cache=True, nogil=True, error_model="numpy")
def recall(
    colour: Plane, seen: Plane, fresh: Flags, share: np.float32, misfit: np.float32, fits: Plane
) -> None:
    """Bring colours by `share` towards what is seen, at once where `fresh`. `fits` is 1 if they did."""
    for i in range(len(fits)):
        apart = _F(0)
        part = _F(1) if fresh[i] else share
        for c in range(3):
            gap = seen[i, c] - colour[i, c]
            apart = max(apart, abs(gap))
            colour[i, c] += gap * part
        fits[i] = _F(1) if fresh[i] or apart < misfit else _F(0)
