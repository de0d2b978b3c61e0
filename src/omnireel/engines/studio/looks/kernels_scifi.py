"""Per-pixel loops of the science-fiction look, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def rim_light(
    volume: Plane, luma: Mask, sweep: Plane, left: Plane, right: Plane, gain: np.float32, out: Mask
) -> None:
    """Two coloured lights behind the subject, grazing every edge that faces them.

    `volume` is a height field in pixels with a border of one; `sweep` is the lights' strength by column;
    `left` and `right` are their colours, BGR, 0 to 255. Light falls on what is lit anyway: black stays
    black. `out` is `(3, height, width)`.
    """
    height, width = luma.shape
    edges = np.empty(width, np.float32)
    for y in range(height):
        above, here, below = volume[y, 1:-1], volume[y + 1], volume[y + 2, 1:-1]
        graze(here[:-2], here[2:], above, below, edges)
        for c in range(3):
            colour_edges(edges, luma[y], sweep, left[c] * gain, right[c] * gain, out[c, y])


@njit(cache=True, nogil=True, error_model="numpy")
def graze(before: Plane, after: Plane, above: Plane, below: Plane, out: Plane) -> None:
    """How much light a row gets from the side: over 0 from the left, under 0 from the right."""
    for x in range(out.shape[0]):
        slope_x, slope_y = (after[x] - before[x]) * _F(0.5), (below[x] - above[x]) * _F(0.5)
        flat = _F(1) / np.sqrt(slope_x * slope_x + slope_y * slope_y + _F(1))
        upper = max(_F(0.6) + slope_y * flat * _F(0.4), _F(0.2))
        out[x] = slope_x * flat * (_F(1) - flat) * (_F(1) - flat) * upper


@njit(cache=True, nogil=True, error_model="numpy")
def colour_edges(
    edges: Plane, luma: Mask, sweep: Plane, left: np.float32, right: np.float32, out: Mask
) -> None:
    """One colour of a row of edges in the light of both sides."""
    for x in range(out.shape[0]):
        body = (_F(0.12) + _F(luma[x]) * _F(1 / 255)) * sweep[x]
        level = (max(edges[x], _F(0)) * left + max(-edges[x], _F(0)) * right) * body
        out[x] = np.uint8(np.int32(min(level, _F(255))))


@njit(cache=True, nogil=True, error_model="numpy")
def finish_film(
    graded: Frame, glow: Frame, rim_y: Plane, rim_x: Plane, shift: NDArray[np.int32], out: Frame
) -> None:
    """Screen `glow` over `graded`, part the colours towards the sides by `shift` pixels, darken the rims.

    `rim_x` has three equal values for each column.
    """
    height, width = out.shape[0], out.shape[1]
    parted = np.empty((width, 3), np.uint8)
    row = parted.reshape(width * 3)
    aside = np.nonzero(shift)[0].astype(np.uint32)
    red_x = np.clip(np.arange(width) + shift, 0, width - 1).astype(np.uint32)
    blue_x = np.clip(np.arange(width) - shift, 0, width - 1).astype(np.uint32)
    for y in range(height):
        copy(graded[y].reshape(width * 3), row)
        for x in aside:
            parted[x, 0], parted[x, 2] = graded[y, blue_x[x], 0], graded[y, red_x[x], 2]
        screen(row, glow[y].reshape(width * 3), rim_y[y], rim_x, out[y].reshape(width * 3))


@njit(cache=True, nogil=True, error_model="numpy")
def copy(row: Mask, out: Mask) -> None:
    for x in range(out.shape[0]):
        out[x] = row[x]


@njit(cache=True, nogil=True, error_model="numpy")
def screen(base: Mask, added: Mask, dark_y: np.float32, dark_x: Plane, out: Mask) -> None:
    """A row of two lights on one film, never above 255, in what its rims leave of them."""
    for x in range(out.shape[0]):
        both = _F(255) - (_F(255) - _F(base[x])) * (_F(255) - _F(added[x])) * _F(1 / 255)
        out[x] = np.uint8(np.int32(both * (dark_y + dark_x[x])))
