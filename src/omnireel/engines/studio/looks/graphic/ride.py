"""A flat screen that pans, turns and swells with the scene as a whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Plane, Size, pixel_grid, size_of
from omnireel.engines.studio.tracker import Motion

_EVERY = 6
_ROUNDS = 3
_OUTLIER = 0.6
"""Pixels of the grid; places that move otherwise than the whole by more than this hardly count."""
_RETURN = 0.98
"""What is left per frame of the screen's turn and swelling: it comes back to its own shape by and by."""
_FEWEST = 1e-6


class Ride:
    """The sum of the scene's similarity motions since the last cut, for a canvas of `size`.

    Places are complex numbers from the canvas' middle: the screen's point s lies at `_turn` s + `_shift`.
    """

    def __init__(self, size: Size) -> None:
        self._size = size
        self._turn, self._shift = 1 + 0j, 0j

    def follow(self, motion: Motion) -> None:
        """Take one frame's motion into account; at a cut start from nothing."""
        if motion.cut:
            self._turn, self._shift = 1 + 0j, 0j
            return
        turn, shift = _similarity(motion)
        scale = self._size[0] / motion.x.shape[1]
        self._turn, self._shift = turn * self._turn, turn * self._shift + shift * scale
        middle = -self._shift / self._turn
        self._turn **= _RETURN
        self._shift = -middle * self._turn

    def onto_screen(self) -> NDArray[np.float64]:
        """`(2, 3)`: the affine map from pixels of the canvas to the screen."""
        back = 1 / self._turn
        centre = complex(self._size[0] / 2, self._size[1] / 2)
        start = -back * (centre + self._shift)
        return np.array([[back.real, -back.imag, start.real], [back.imag, back.real, start.imag]])


def _similarity(motion: Motion) -> tuple[complex, complex]:
    """The turn (with scale) and shift that lead most places of the frame before here, by weighted squares."""
    here = pixel_grid(size_of(motion.x))[::_EVERY, ::_EVERY]
    width, height = size_of(motion.x)
    middle = complex(width / 2 - 0.5, height / 2 - 0.5)
    now = _places(here[..., 0], here[..., 1]) - middle
    before = _places(motion.x[::_EVERY, ::_EVERY], motion.y[::_EVERY, ::_EVERY]) - middle
    trust = motion.trust[::_EVERY, ::_EVERY].ravel().astype(np.float64)
    step = now - before
    off = np.abs(step - complex(np.median(step.real), np.median(step.imag)))
    turn, shift = 1 + 0j, 0j
    for _ in range(_ROUNDS):
        weight = trust / (1 + (off / _OUTLIER) ** 2)
        whole = weight.sum() + _FEWEST
        mean_now, mean_before = (weight * now).sum() / whole, (weight * before).sum() / whole
        from_mean = before - mean_before
        spread = (weight * np.abs(from_mean) ** 2).sum() + _FEWEST
        turn = complex((weight * np.conj(from_mean) * (now - mean_now)).sum() / spread)
        turn = turn if spread > 1 else 1 + 0j
        shift = complex(mean_now - turn * mean_before)
        off = np.abs(now - turn * before - shift)
    return turn, shift


def _places(x: Plane, y: Plane) -> NDArray[np.complex128]:
    return np.asarray(x.ravel() + 1j * y.ravel(), np.complex128)
