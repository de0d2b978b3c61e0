"""Per-pixel loops that OpenCV has, but slower."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_U = np.uint32


@njit(cache=True, nogil=True, error_model="numpy")
def average_nines(frame: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """A BGR frame at a third of its size: each pixel the mean of nine, rounded, as OpenCV's areas are."""
    height, width = out.shape[0], out.shape[1]
    sums = np.empty(width * 9, np.uint16)
    for y in range(height):
        upper, middle, lower = frame[3 * y], frame[3 * y + 1], frame[3 * y + 2]
        add_rows(upper.reshape(width * 9), middle.reshape(width * 9), lower.reshape(width * 9), sums)
        average_threes(sums, out[y].reshape(width * 3))


@njit(cache=True, nogil=True, error_model="numpy")
def add_rows(
    upper: NDArray[np.uint8], middle: NDArray[np.uint8], lower: NDArray[np.uint8], sums: NDArray[np.uint16]
) -> None:
    for i in range(sums.shape[0]):
        sums[i] = np.uint16(np.uint16(upper[i]) + np.uint16(middle[i]) + np.uint16(lower[i]))


@njit(cache=True, nogil=True, error_model="numpy")
def average_threes(sums: NDArray[np.uint16], out: NDArray[np.uint8]) -> None:
    """The mean of three pixels side by side, given the sums of three above each other."""
    for x in range(_U(out.shape[0] // 3)):
        first, pixel = _U(9 * x), _U(3 * x)
        for c in range(3):
            nine = _U(sums[_U(first + c)]) + _U(sums[_U(first + c + 3)]) + _U(sums[_U(first + c + 6)])
            # 7282 / 65536 is a ninth, near enough for sums of nine bytes.
            out[_U(pixel + c)] = np.uint8((nine * _U(7282) + _U(32768)) >> _U(16))
