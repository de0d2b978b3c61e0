"""What is being painted at one moment: the frame, the set, the camera and the time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from omnireel.engines.studio.scenery.camera import View
from omnireel.engines.studio.scenery.painter import Painter
from omnireel.engines.studio.scenery.sets import Stage

FAR_AWAY = 60.0
"""Metres from which things belong to the sky: no haze, no reflection, behind the clouds."""


@dataclass(frozen=True)
class Sight:
    """One frame in the making, `t` seconds into a shot that is a share `u` done."""

    painter: Painter
    stage: Stage
    home: View
    """The camera before it moved."""
    view: View
    t: float
    u: float

    def onto(self, painter: Painter) -> Sight:
        """The same moment painted elsewhere."""
        return replace(self, painter=painter)

    def haze(self, z: float) -> float:
        """The share of haze in what is seen at a depth."""
        return 1 - math.exp(-z / self.stage.light.haze_distance)

    @property
    def turned(self) -> float:
        """Pixels by which infinitely far things have moved left."""
        return self.view.width / 2 - self.view.centre

    @property
    def sun_column(self) -> float:
        return self.view.centre + self.stage.sun_side * 0.21 * self.view.width

    @property
    def first_row(self) -> int:
        """Where the floor begins: at the horizon, or at the foot of a wall in front of it."""
        walls = [layer.z for layer in self.stage.layers if layer.wall]
        drop = self.view.y * self.view.focal / max(1.0, min(walls) - self.view.z) if walls else 0.0
        return math.ceil(self.view.horizon + drop)
