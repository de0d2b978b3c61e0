"""Fields that follow what moves and change only slowly, so that nothing found in a frame pops."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.looks.light.kernels import keep
from omnireel.engines.studio.picture.raster import Plane
from omnireel.engines.studio.tracker import Motion


class Memory:
    """Remembers one field on the working grid, and keeps `share` of it, 0 to 1, where it may be believed."""

    def __init__(self, share: float) -> None:
        self._share = np.float32(share)
        self._past: Plane | None = None

    def settled(self, found: Plane, motion: Motion) -> Plane:
        """What was found in a frame, held back by what was there before. Frames must come in order."""
        if self._past is None or motion.cut:
            self._past = np.ascontiguousarray(found, np.float32)
        else:
            past = motion.follow(self._past)
            keep(past, np.ascontiguousarray(found, np.float32), motion.trust, self._share)
            self._past = past
        return self._past
