"""How the camera has turned since the shot began, from the flow: for what lies infinitely far behind it."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.tracker import Motion

_STEP = 8
_FARTHEST = 0.4
"""Share of the height, from the top, whose motion is the distance's."""


class Turning:
    """Adds up a clip's motion, shot by shot."""

    def __init__(self) -> None:
        self._pan, self._zoom = (0.0, 0.0), 1.0

    def follow(self, motion: Motion) -> tuple[tuple[float, float], float]:
        """After one more frame: the pan so far (right, down, in picture heights) and the zoom."""
        if motion.cut:
            self._pan, self._zoom = (0.0, 0.0), 1.0
            return self._pan, self._zoom
        height, width = motion.x.shape
        y, x = np.mgrid[0:height:_STEP, 0:width:_STEP].astype(np.float32)
        moved_x, moved_y = x - motion.x[::_STEP, ::_STEP], y - motion.y[::_STEP, ::_STEP]
        top = slice(0, max(2, int(_FARTHEST * height / _STEP)))
        right, down = float(np.median(moved_x[top])), float(np.median(moved_y[top]))
        self._pan = self._pan[0] + right / height, self._pan[1] + down / height
        away_x = x - width / 2
        far = np.abs(away_x) > width / 6
        growth = float(np.median((moved_x - np.median(moved_x))[far] / away_x[far]))
        self._zoom *= 1 + max(-0.02, min(0.02, growth))
        return self._pan, self._zoom
