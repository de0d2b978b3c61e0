"""The directions of strokes: they turn slowly, and not at all for a little."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.painterly.kernels_carrying import Flags, face, steer
from omnireel.engines.studio.looks.painterly.stamps import FACINGS
from omnireel.engines.studio.picture.raster import Plane

_SHARE = np.float32(0.2)
"""How much of the way a stroke turns in one frame."""


class Headings:
    """Where each of `count` strokes points: along the grain as far as `form` (0 to 1) says, else at `angle`.

    Neighbours differ by up to `loose` radians either way.
    """

    def __init__(self, count: int, loose: float, *, form: float = 1, angle: float = 0) -> None:
        apart = 1 - form
        self._usual = np.array([form, apart * np.cos(2 * angle), apart * np.sin(2 * angle)], np.float32)
        self._loose = np.float32(loose)
        self._turn = np.zeros((count, 2), np.float32)
        self.facing = np.zeros(count, np.float32)
        """`(n,)`: the direction of its stamp, 0 to `FACINGS`; NaN until a stroke is seen."""

    def turn(self, grain: Plane, fresh: Flags) -> None:
        """One frame on. Rows of `grain` begin with cosine and sine of twice an angle.

        `fresh` strokes point there at once.
        """
        self.facing[fresh] = np.nan
        steer(self._turn, grain, self._usual, fresh, _SHARE)

    def face(self, whim: Plane, seen: Flags) -> None:
        """Bring `facing` up to date where a stroke is seen; the first of its `whim` says how it is loose."""
        face(self.facing, self._turn, whim, seen, self._loose, FACINGS)
