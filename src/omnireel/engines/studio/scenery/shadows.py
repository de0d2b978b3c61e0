"""What things lay on the ground: a soft dark spot where they touch it, and their outline away from the
sun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.scenery.painter import BLACK
from omnireel.engines.studio.scenery.sight import Sight
from omnireel.engines.studio.scenery.sprite import Sprite, sprite_of


@dataclass(frozen=True)
class Caster:
    """A thing that stands at (x, y) on the frame. `lift` is its height above the ground in its own
    heights."""

    sprite: Sprite
    x: float
    y: float
    z: float
    scale: float
    flip: bool
    lift: float = 0.0


class Shadows:
    """Draws shadows; holds the spot."""

    def __init__(self) -> None:
        v, u = np.mgrid[-1:1:40j, -1:1:160j].astype(np.float32)
        spot = np.zeros((40, 160, 4), np.uint8)
        spot[..., 3] = (np.clip(1 - np.hypot(u, v), 0, 1) ** 0.9 * 255).astype(np.uint8)
        self._spot = sprite_of(spot)

    def paint(self, sight: Sight, caster: Caster) -> None:
        light = sight.stage.light
        fade = (1 - sight.haze(caster.z)) / (1 + 2.5 * caster.lift)
        if light.shadow <= 0.02 or fade < 0.05:
            return
        self._paint_contact(sight, caster, (0.22 + light.shadow) * fade)
        if not sight.stage.deep:
            self._paint_cast(sight, caster, light.shadow * fade)

    def _paint_contact(self, sight: Sight, caster: Caster, opacity: float) -> None:
        scale = caster.sprite.width * caster.scale * 0.92 / self._spot.width
        sight.painter.sprite(
            self._spot, caster.x, caster.y, scale, anchor=(0.5, 0.5), stretch=(1, 0.8), tint=BLACK,
            opacity=opacity, mark=-1,
        )  # fmt: skip

    @staticmethod
    def _paint_cast(sight: Sight, caster: Caster, opacity: float) -> None:
        length = sight.stage.light.shadow_length * 0.42
        away = -sight.stage.sun_side * 0.55 / (abs(length) + 0.35)
        sight.painter.sprite(
            caster.sprite, caster.x, caster.y - 1, caster.scale, stretch=(1, length),
            shear=away if length > 0 else -away, flip=caster.flip, tint=BLACK, opacity=opacity, mark=-1,
            soft=1,
        )  # fmt: skip
