"""The sky of a photograph: clouds that drift all one way, slower towards the horizon, and billow."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.photo.stir import Mover, Stir, added, rough, turning
from omnireel.engines.studio.picture.raster import Plane, size_of

_DRIFT = 0.011
"""Picture widths a second, at the top."""
_FARTHEST = 0.03
"""The most that clouds are away from where the picture has them, in picture widths."""
_BILLOW = 0.0016
"""How far clouds swell and turn about their path, in picture widths."""
_SLOWEST = 0.45
"""Share of the drift left at the horizon, where clouds are far away."""


def drifting(weight: Plane, horizon: float, strength: float, span: tuple[float, float], seed: int) -> Mover:
    """Clouds on the move where `weight` says so.

    `span` says when they are as in the picture, and the longest they are seen before or after it: seconds.
    """
    width, height = size_of(weight)
    random = np.random.default_rng(seed)
    direction = 1.0 if random.random() < 0.5 else -1.0
    up = np.clip(1 - np.arange(height, dtype=np.float32) / (max(0.2, horizon) * height), 0, 1)[:, None]
    rest, longest = span
    pace = direction * min(_DRIFT * strength, _FARTHEST / max(0.1, longest))
    speed = np.asarray(weight * (_SLOWEST + (1 - _SLOWEST) * up) * pace, np.float32)
    swell = rough(random, (width, height), (width / 14, height / 10)) * np.float32(2)
    reach = weight * np.float32(_BILLOW * strength)
    # Whatever turns is at its own place at rest.
    billow, lift = turning(reach, swell, 0.7), turning(reach, swell + np.float32(2), 0.5)

    def move(seconds: float, moment: Stir) -> None:
        gone = seconds - rest
        # Content goes with the drift, so it is fetched from against it.
        added(moment.across, speed, -gone)
        billow.onto(moment.across, gone)
        added(moment.across, billow.sine, -1.0)
        lift.onto(moment.down, gone)
        added(moment.down, lift.sine, -1.0)

    return move
