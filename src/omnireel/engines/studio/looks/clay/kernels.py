"""Per-pixel loops of the clay look, compiled. float32 throughout, one thread, the same bits every time."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32
_W = np.uint64


@njit(cache=True, nogil=True, error_model="numpy")
def classify(
    flat: Frame,
    nearest: Mask,
    near: NDArray[np.uint32],
    past: Mask,
    x_past: Plane,
    y_past: Plane,
    trust: Plane,
    out: Mask,
) -> None:
    """The colour of each pixel: the one it had before, moved here, while that is near enough."""
    height, width = np.uint32(out.shape[0]), np.uint32(out.shape[1])
    right, bottom = _F(width - 1), _F(height - 1)
    for y in range(height):
        for x in range(width):
            blue, green, red = flat[y, x, 0] >> 2, flat[y, x, 1] >> 2, flat[y, x, 2] >> 2
            colour = nearest[blue, green, red]
            if trust[y, x] > _F(0.35):
                column = np.uint32(min(max(x_past[y, x] + _F(0.5), _F(0)), right))
                row = np.uint32(min(max(y_past[y, x] + _F(0.5), _F(0)), bottom))
                before = past[row, column]
                if (near[blue, green, red] >> before) & np.uint32(1):
                    colour = before
            out[y, x] = colour


@njit(cache=True, nogil=True, error_model="numpy")
def agree(gap: Mask, trust: Plane, memory: np.float32, agreed: Plane, share: Mask) -> None:
    """How far each pixel and its past count as the same, 0 to 1, by the levels between them; and the share
    of the past to be kept, `memory` where they do."""
    for y in range(gap.shape[0]):
        for x in range(gap.shape[1]):
            alike = min(max((_F(28) - _F(gap[y, x])) * _F(0.05), _F(0)), _F(1)) * trust[y, x]
            agreed[y, x] = alike
            share[y, x] = np.uint8(np.int32(alike * memory))


@njit(cache=True, nogil=True, error_model="numpy")
def recall(heights: Plane, before: Plane, agreed: Plane, trust: Plane, memory: np.float32) -> None:
    """Heights brought towards those of the frame before, in place."""
    for y in range(heights.shape[0]):
        for x in range(heights.shape[1]):
            share = agreed[y, x] * trust[y, x] * memory
            heights[y, x] += (before[y, x] - heights[y, x]) * share


@njit(cache=True, nogil=True, error_model="numpy")
def plump(swell: Plane, beads: Mask, bevel: np.float32, pellet: np.float32, out: Plane) -> None:
    """Pieces `bevel` pixels round at their edges; beads, `pellet` pixels high, are pressed on, not carved."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            root = np.sqrt(swell[y, x] * (_F(2) / (bevel * bevel)))
            out[y, x] = root * np.sqrt(root) * bevel * _F(0.85) + _F(beads[y, x]) * (pellet * _F(1 / 255))


@njit(cache=True, nogil=True, error_model="numpy")
def vote(labels: Mask, keep: Mask, radius: int, out: Mask) -> None:
    """Each pixel takes the commonest label around it: corners round off and crumbs are kneaded in.

    Pixels where `keep` is over 128 stay as they are. Labels are below 24, `radius` is at most 7. Counts slide
    down columns and then along rows (as in Perreault and Hebert, "Median Filtering in Constant Time", 2007),
    eight labels to a word, so the radius costs nothing.
    """
    height, width = labels.shape
    columns = np.zeros((3, width + 2 * radius + 1), np.uint64)
    for y in range(min(radius, height)):
        add_row(labels[y], columns[:, radius + 1 :], _W(1))
    for y in range(height):
        if y + radius < height:
            add_row(labels[y + radius], columns[:, radius + 1 :], _W(1))
        if y - radius - 1 >= 0:
            # All bits set is one less than nothing: what is added wraps, and so takes away.
            add_row(labels[y - radius - 1], columns[:, radius + 1 :], ~_W(0))
        vote_along(labels[y], keep[y], columns[0], columns[1], columns[2], out[y])


@njit(cache=True, nogil=True, error_model="numpy")
def add_row(labels: Mask, columns: NDArray[np.uint64], one: np.uint64) -> None:
    """Count a row of labels `one` more time in its columns."""
    for x in range(np.uint32(labels.shape[0])):
        label = labels[x]
        columns[label >> 3, x] += one << _W((label & 7) * 8)


@njit(cache=True, nogil=True, error_model="numpy")
def vote_along(
    labels: Mask,
    keep: Mask,
    low: NDArray[np.uint64],
    middle: NDArray[np.uint64],
    high: NDArray[np.uint64],
    out: Mask,
) -> None:
    """One row of votes, out of the counts of every column in words of eight labels."""
    side = np.uint32(low.shape[0] - labels.shape[0])
    one, two, three = _W(0), _W(0), _W(0)
    for x in range(np.uint32(side - 1)):
        one, two, three = one + low[x + 1], two + middle[x + 1], three + high[x + 1]
    for x in range(np.uint32(labels.shape[0])):
        far = np.uint32(x + side)
        one, two, three = one + low[far] - low[x], two + middle[far] - middle[x], three + high[far] - high[x]
        best = labels[x]
        word = one if best < 8 else (two if best < 16 else three)
        most = ((word >> _W((best & 7) * 8)) & _W(255)) + _W(3)
        # All others together are the most that any of them can have.
        if most + most <= _W(side * side + 3) and keep[x] <= 128:
            best, most = elect(one, np.uint8(0), best, most)
            best, most = elect(two, np.uint8(8), best, most)
            best, most = elect(three, np.uint8(16), best, most)
        out[x] = best


@njit(cache=True, nogil=True, error_model="numpy")
def elect(counts: np.uint64, first: np.uint8, best: np.uint8, most: np.uint64) -> tuple[np.uint8, np.uint64]:
    """The label of eight, from `first` on, that has `most` votes or more; else `best`."""
    label = first
    while counts != _W(0):
        count = counts & _W(255)
        if count >= most:
            best, most = label, count
        counts, label = counts >> _W(8), np.uint8(label + 1)
    return best, most


@njit(cache=True, nogil=True, error_model="numpy")
def find_seams(labels: Mask, contrast: Plane, seam: Plane) -> None:
    """The contrast of each pixel's colour to those of its right and lower neighbour."""
    height, width = labels.shape
    for y in range(height):
        down = min(y + 1, height - 1)
        for x in range(width):
            own = labels[y, x]
            right = labels[y, min(x + 1, width - 1)]
            seam[y, x] = max(contrast[own, right], contrast[own, labels[down, x]])


@njit(cache=True, nogil=True, error_model="numpy")
def cast_shadows(heights: Plane, bevel: np.float32, out: Plane) -> None:
    """How much of the key light, which stands upper left, reaches each point of a height field: 0.5 to 1."""
    rows, columns = heights.shape
    for y in range(rows):
        for x in range(columns):
            here, blocked = heights[y, x], _F(0)
            for step in range(1, 8):
                far = _F(step) * bevel * _F(0.15)
                column, row = np.int32(_F(x) - _F(0.62) * far), np.int32(_F(y) - _F(0.78) * far)
                if column < 0 or row < 0:
                    break
                over = (heights[row, column] - here - far * _F(0.62)) / (far * _F(0.35) + _F(1.5))
                blocked = max(blocked, over)
            out[y, x] = _F(1) - min(blocked, _F(1)) * _F(0.50)


@njit(cache=True, nogil=True, error_model="numpy")
def light(heights: Plane, around: Plane, reach: Plane, tone: Plane, bevel: np.float32, out: Mask) -> None:
    """Light on a height field, in pixels: a wrapped key from upper left, a warm fill from the right, sky
    light, and hollows (lower than the heights `around` them) that see less of it. `reach` is how much of the
    key arrives. `out`, `(4, height, width)`: light on blue, green, red with 128 as one, then sheen with 255.
    """
    rows, columns = heights.shape
    for y in range(rows):
        up, down = max(y - 1, 0), min(y + 1, rows - 1)
        for x in range(1, columns - 1):
            slope_x = (heights[y, x + 1] - heights[y, x - 1]) * _F(0.5)
            slope_y = (heights[down, x] - heights[up, x]) * _F(0.5)
            nz = _F(1) / np.sqrt(slope_x * slope_x + slope_y * slope_y + _F(1))
            nx, ny = -slope_x * nz, -slope_y * nz
            wrapped = max((nx * _F(-0.48) + ny * _F(-0.60) + nz * _F(0.64) + _F(0.35)) * _F(0.741), _F(0))
            fill = max(nx * _F(0.66) + ny * _F(0.30) + nz * _F(0.68), _F(0))
            sky = _F(0.5) - ny * _F(0.5)
            half = max(nx * _F(-0.265) + ny * _F(-0.331) + nz * _F(0.906), _F(0))
            half4 = half * half * half * half
            half16 = half4 * half4 * half4 * half4
            hollow = (around[y, x] - heights[y, x]) / (bevel * _F(0.8))
            seen = min(max(_F(1) - hollow, _F(0.64)), _F(1.08))
            key, glow = wrapped * reach[y, x], (_F(1) - wrapped) * _F(0.05)
            shade = tone[y, x] * _F(128)
            blue = (_F(0.22) + sky * _F(0.08) + fill * _F(0.14)) * seen + key * _F(0.80)
            green = (_F(0.18) + sky * _F(0.06) + fill * _F(0.10)) * seen + key * _F(0.90)
            red = (_F(0.16) + sky * _F(0.05) + fill * _F(0.09) + glow) * seen + key * _F(0.97)
            sheen = half16 * (_F(0.10) + half16 * half4 * half4 * _F(0.16)) * reach[y, x] * seen
            out[0, y, x] = np.uint8(np.int32(min(blue * shade + _F(0.5), _F(255))))
            out[1, y, x] = np.uint8(np.int32(min(green * shade + _F(0.5), _F(255))))
            out[2, y, x] = np.uint8(np.int32(min(red * shade + _F(0.5), _F(255))))
            out[3, y, x] = np.uint8(np.int32(min(sheen * _F(255) + _F(0.5), _F(255))))
        for plane in range(4):
            out[plane, y, 0], out[plane, y, columns - 1] = out[plane, y, 1], out[plane, y, columns - 2]


@njit(cache=True, nogil=True, error_model="numpy")
def find_shading(luma: Mask, usual: Mask, out: Plane) -> None:
    """How bright each pixel is for its colour, whose `usual` brightness is known: a factor around 1."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            apart = (_F(luma[y, x]) - _F(usual[y, x])) / (_F(usual[y, x]) + _F(60))
            out[y, x] = _F(1) + min(max(apart, _F(-0.6)), _F(0.6)) * _F(0.9)
