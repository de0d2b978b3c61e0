"""Per-pixel loops that simplify and blend frames, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane

_F = np.float32
_B = np.uint8


@njit(cache=True, nogil=True, error_model="numpy")
def choose_calmest(means: Mask, spread: Plane, out: Mask) -> None:
    """Kuwahara's filter (1976): of four neighbouring means, the one whose neighbourhood varies least.

    `means`, three planes of bytes, and `spread` have a border all around that holds what lies beyond `out`.
    """
    planes, height, width = out.shape
    wide, high = spread.shape[1] - width, spread.shape[0] - height
    calmest = np.empty(width, np.uint8)
    for y in range(height):
        above, below = spread[y], spread[y + high]
        find_least(above[:width], above[wide:], below[:width], below[wide:], calmest)
        for c in range(planes):
            over, under = means[c, y], means[c, y + high]
            take(calmest, over[:width], over[wide:], under[:width], under[wide:], out[c, y])


@njit(cache=True, nogil=True, error_model="numpy")
def find_least(one: Plane, two: Plane, three: Plane, four: Plane, which: Mask) -> None:
    """Which of four is the least, 0 to 3; of equals the first."""
    for x in range(which.shape[0]):
        first, second, third, fourth = one[x], two[x], three[x], four[x]
        over = _B(1) if second < first else _B(0)
        under = _B(3) if fourth < third else _B(2)
        which[x] = under if min(third, fourth) < min(first, second) else over


@njit(cache=True, nogil=True, error_model="numpy")
def take(which: Mask, one: Mask, two: Mask, three: Mask, four: Mask, out: Mask) -> None:
    """The one of four that `which`, 0 to 3, names. By sums, which wrap as bytes do: choices stay scalar."""
    for x in range(out.shape[0]):
        right, lower = which[x] & _B(1), which[x] >> _B(1)
        over = _B(one[x] + right * _B(two[x] - one[x]))
        under = _B(three[x] + right * _B(four[x] - three[x]))
        out[x] = _B(over + lower * _B(under - over))


@njit(cache=True, nogil=True, error_model="numpy")
def mix_bytes(one: Mask, other: Mask, share: Mask, out: Mask) -> None:
    """`other` where `share` is 255, `one` where it is 0. All flat and equally long: one vector loop."""
    for i in range(out.shape[0]):
        base = _F(one[i])
        mixed = base + (_F(other[i]) - base) * (_F(share[i]) * _F(1 / 255))
        out[i] = np.uint8(np.int32(mixed + _F(0.5)))


@njit(cache=True, nogil=True, error_model="numpy")
def mix_into(one: Mask, other: Mask, share: Mask) -> None:
    """As `mix_bytes`, but in place of `one`."""
    for i in range(one.shape[0]):
        base = _F(one[i])
        mixed = base + (_F(other[i]) - base) * (_F(share[i]) * _F(1 / 255))
        one[i] = np.uint8(np.int32(mixed + _F(0.5)))
