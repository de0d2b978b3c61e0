"""How far a rigid pattern has to move to stay with the scene while the camera pans."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.raster import Size, pixel_grid, size_of
from omnireel.engines.studio.tracker import Motion

_EVERY = 6
_SURE = 0.5
_FEW = 40


class Drift:
    """The sum of the scene's median motion since the last cut, in pixels of a canvas of `size`.

    A grid or dot screen shifted by it keeps its perfect shape, and still does not crawl over the picture.
    """

    def __init__(self, size: Size) -> None:
        self._width = size[0]
        self.x, self.y = 0.0, 0.0

    def follow(self, motion: Motion) -> None:
        """Take one frame's motion into account; at a cut start from nothing."""
        if motion.cut:
            self.x, self.y = 0.0, 0.0
            return
        here = pixel_grid(size_of(motion.x))[::_EVERY, ::_EVERY]
        sure = motion.trust[::_EVERY, ::_EVERY] > _SURE
        if int(sure.sum()) < _FEW:
            return
        scale = self._width / motion.x.shape[1]
        self.x += float(np.median((here[..., 0] - motion.x[::_EVERY, ::_EVERY])[sure])) * scale
        self.y += float(np.median((here[..., 1] - motion.y[::_EVERY, ::_EVERY])[sure])) * scale
