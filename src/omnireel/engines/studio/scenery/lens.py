"""The last pass: bloom, vignette, grade, dither."""

from __future__ import annotations

import cv2
import numpy as np

from omnireel.engines.studio.scenery import kernels
from omnireel.engines.studio.scenery.arrays import Bytes, Fine, Whole
from omnireel.engines.studio.scenery.light import Light

_CELLS = 256
_SHRINK = 8
_CORNERS = 0.645
"""Darkening of the very corners, of the vignette's strength."""


class Lens:
    """How the shot is seen. Holds the dither pattern and the fall of the vignette."""

    def __init__(self, light: Light, vignette: float, width: int, rng: np.random.Generator) -> None:
        self._light, self._vignette = light, vignette
        self._noise: Fine = rng.integers(-115, 116, (_CELLS, 3 * width + _CELLS), np.int8)
        columns = (np.arange(width, dtype=np.float32) / np.float32(width) - np.float32(0.5)) * 2
        fall = columns * columns * np.float32(vignette * _CORNERS * 4096)
        self._fall: Whole = np.repeat(fall, 3).astype(np.int32)

    def look(self, frame: Bytes, number: int, flash: float) -> None:
        """Finish frame `number`, in place; `flash` is lightning, 0 to 1."""
        height, width = frame.shape[:2]
        dark = self._light.lamps > 0.5
        threshold, gain = (172, 0.75) if dark else (224, 0.45)
        glow = cv2.resize(_bloom(frame, threshold, gain), (width, height), interpolation=cv2.INTER_LINEAR)
        offsets = (number * 37) % _CELLS, (number * 91) % _CELLS
        dark_corners = self._vignette * _CORNERS
        p = np.array((dark_corners, 1.0 + 0.55 * flash, 14.0 * flash, *offsets, 0.12), np.float32)
        lanes = glow.astype(np.uint8, copy=False).reshape(height, 3 * width)
        kernels.finish(frame.reshape(height, 3 * width), lanes, self._fall, self._noise, p)


def _bloom(frame: Bytes, threshold: int, gain: float) -> Bytes:
    size = (max(4, frame.shape[1] // _SHRINK), max(4, frame.shape[0] // _SHRINK))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    bright = cv2.subtract(small, np.array((threshold, threshold, threshold, 0), np.float64))
    near, far = cv2.blur(bright, (5, 5)), cv2.blur(cv2.blur(bright, (19, 19)), (19, 19))
    bloom: Bytes = cv2.addWeighted(near, gain, far, 1.6 * gain, 0).astype(np.uint8)
    return bloom
