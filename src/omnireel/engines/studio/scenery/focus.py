"""What the lens does to depth and to speed: a distance out of focus, ground that streaks past."""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np

from omnireel.engines.studio.scenery.sight import Sight
from omnireel.models import Framing

_BLUR = {Framing.WIDE: 0.0, None: 0.0030, Framing.MEDIUM: 0.0060, Framing.CLOSE: 0.0130}
"""Reach of the blur in the distance, of the frame's height; a closer lens has less depth of field."""
_SHUTTER = 0.5
"""The share of a frame's time in which it is exposed."""
_BANDS = (0.12, 0.35, 0.62, 1.0)
"""Where the ground is parted, from its first row to the last, for streaks of one length each."""
_LONGEST = 0.05


def soften_distance(sight: Sight, framing: Framing | None) -> None:
    """Blur what has been painted so far: sky, distant scenery, walls."""
    height = sight.view.height
    reach = 2 * round(_BLUR[framing] * height / 2) + 1
    rows = min(height, sight.first_row)
    if reach >= 3 and rows > reach:
        part = sight.painter.frame[:rows]
        part[:] = cv2.blur(part, (reach, reach))


def streak_floor(sight: Sight, pace: float, fps: float) -> None:
    """Blur the ground sideways as far as it moves while the shutter is open; `pace` in metres per second."""
    height = sight.view.height
    first, rows = sight.first_row, height - sight.first_row
    if abs(pace) < 0.05 or rows < 8:
        return
    edges = [first + math.floor(share * rows) for share in _BANDS]
    for top, end in pairwise(edges):
        drop = (top + end) / 2 - sight.view.horizon
        moved = abs(pace) * drop / max(0.1, sight.view.y) / fps * _SHUTTER
        reach = 2 * round(min(moved, _LONGEST * sight.view.width) / 2) + 1
        if reach >= 3:
            part = sight.painter.frame[top:end]
            part[:] = np.asarray(cv2.blur(part, (reach, 1)))
