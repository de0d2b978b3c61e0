"""The directions of strokes: they turn slowly, and not at all for a little."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.painterly.kernels_carrying import Flags, steer
from omnireel.engines.studio.looks.painterly.stamps import FACINGS
from omnireel.engines.studio.picture.raster import Plane

_SHARE = np.float32(0.2)
"""How much of the way a stroke turns in one frame."""


class Headings:
    """Where each of `count` strokes points. Neighbours differ by up to `loose` radians either way."""

    def __init__(self, count: int, loose: float) -> None:
        self._loose = np.float32(loose * 2)
        self._turn = np.zeros((count, 2), np.float32)
        self.facing = np.zeros(count, np.float32)
        """`(n,)`: the direction of its stamp, 0 to `FACINGS`."""

    def turn(self, goal: Plane, fresh: Flags, whim: Plane) -> None:
        """One frame on. `goal`, `(n, 2 or more)`, starts with cosine and sine of twice the angle.

        `fresh` strokes take it at once. `whim`, `(n,)`, uniform noise from 0 to 1 that stays a stroke's own,
        says which way it is loose.
        """
        bias = (whim - np.float32(0.5)) * self._loose
        steer(self._turn, self.facing, goal, fresh, bias, _SHARE, FACINGS)
