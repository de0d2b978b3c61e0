"""The painter's seal: a small red square with a reel carved into it."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.picture.noise import wrapping_noise
from omnireel.engines.studio.picture.raster import Mask, Size, shrunk
from omnireel.media.frames import Frame

_SHARE = 0.052
"""Side of the seal as a share of the canvas's short side."""
_INSET = 0.07
_RED = (44, 40, 176)
_FINE = 4
_HOLES = 5


class Seal:
    """A seal pressed near the lower right corner of a canvas of `size`."""

    def __init__(self, size: Size, seed: int) -> None:
        side = max(8, round(min(size) * _SHARE))
        inset = round(min(size) * _INSET)
        self._rows = slice(max(0, size[1] - inset - side), max(0, size[1] - inset))
        self._columns = slice(max(0, size[0] - inset - side), max(0, size[0] - inset))
        self._clear = (255 - _carved(side, seed)).astype(np.uint16)

    def stamped(self, frame: Frame) -> Frame:
        """The frame with the seal on it, changed in place."""
        part = frame[self._rows, self._columns]
        clear = self._clear[: part.shape[0], : part.shape[1], None]
        red = np.array(_RED, np.uint16)
        part[:] = (part * clear + np.minimum(red, part) * (255 - clear)) // 255
        return frame


def _carved(side: int, seed: int) -> Mask:
    """`(side, side)`: how much red paste is left, 0 to 255."""
    fine = side * _FINE
    paste = np.zeros((fine, fine), np.uint8)
    edge, middle = fine // 14, fine // 2
    cv2.rectangle(paste, (edge, edge), (fine - edge, fine - edge), 235, -1)
    cv2.circle(paste, (middle, middle), int(fine * 0.36), 0, max(1, fine // 18))
    cv2.circle(paste, (middle, middle), int(fine * 0.05), 0, -1)
    for turn in np.arange(_HOLES) * (2 * np.pi / _HOLES) - np.pi / 2:
        hole = int(middle + np.cos(turn) * fine * 0.2), int(middle + np.sin(turn) * fine * 0.2)
        cv2.circle(paste, hole, int(fine * 0.085), 0, -1)
    worn = wrapping_noise(np.random.default_rng([seed, 10]), fine, fine / 9)
    kept = np.clip((worn + 1.9) * 1.6, 0, 1)
    return shrunk(np.asarray(paste * kept, np.uint8), (side, side))
