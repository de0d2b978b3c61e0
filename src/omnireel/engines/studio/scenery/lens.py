"""The last pass: bloom, vignette, grade, dither."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery import kernels
from omnireel.engines.studio.scenery.arrays import Bytes, Floats
from omnireel.engines.studio.scenery.light import Light

_CELLS = 256
_SHRINK = 8


class Lens:
    """How the shot is seen. Holds the dither pattern."""

    def __init__(self, light: Light, vignette: float, rng: np.random.Generator) -> None:
        self._light, self._vignette = light, vignette
        self._noise: Floats = (rng.uniform(-1, 1, (_CELLS, _CELLS)) * 0.9).astype(np.float32)

    def look(self, frame: Bytes, number: int, flash: float) -> None:
        """Finish frame `number`, in place; `flash` is lightning, 0 to 1."""
        light = self._light
        dark = light.lamps > 0.5
        threshold, gain = (172, 0.75) if dark else (224, 0.45)
        glow = _bloom(frame, threshold)
        lift = 14.0 * flash
        bright = 1.0 + 0.55 * flash
        values = (
            gain,
            self._vignette,
            bright,
            bright,
            bright,
            lift * 1.2,
            lift,
            lift,
            (number * 37) % _CELLS,
        )
        p = np.array((*values, (number * 91) % _CELLS, 0.12), np.float32)
        kernels.finish(frame, glow, self._noise, p)


def _bloom(frame: Bytes, threshold: int) -> Bytes:
    size = (max(4, frame.shape[1] // _SHRINK), max(4, frame.shape[0] // _SHRINK))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    bright = cv2.subtract(small, (threshold, threshold, threshold, 0))
    near, far = cv2.blur(bright, (5, 5)), cv2.blur(cv2.blur(bright, (19, 19)), (19, 19))
    return np.ascontiguousarray(cv2.addWeighted(near, 1.0, far, 1.6, 0).astype(np.uint8))
