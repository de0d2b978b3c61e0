"""High dynamic range mapped to BT.709, highlights rolled off and not cut."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from av.video.reformatter import ColorTrc
from numpy.typing import NDArray

from omnireel.media.frames import Frame

PQ, HLG = int(ColorTrc.SMPTE2084), int(ColorTrc.ARIB_STD_B67)
_WHITE, _PEAK = 203.0, 1000.0
"""Nits of a white page and of the screen HLG is meant for (ITU-R BT.2408)."""
_KNEE = 0.6
"""Share of white up to which light is kept as it is."""
_LEVELS = 4096
_OOTF = 0.2
_GAMMA = 1 / 2.4
_LUMA_2020 = np.array((0.0593, 0.6780, 0.2627), np.float32)
_FROM_2020 = np.array(
    ((1.1187, -0.1006, -0.0182), (-0.0083, 1.1329, -0.1246), (-0.0728, -0.5877, 1.6605)), np.float32
)
"""Linear BT.2020 to linear BT.709, both as blue, green, red."""

Levels = NDArray[np.uint16]
Light = NDArray[np.float32]


def to_standard(bgr: Levels, transfer: int) -> Frame:
    """`(height, width, 3)` uint16 of full range, coded with PQ or HLG in BT.2020, as a frame.

    Light beyond the knee approaches white by its largest channel, so bright colours keep their hue.
    """
    light = np.take(_linear(transfer), bgr >> 4)
    if transfer == HLG:
        glow = np.maximum(light @ _LUMA_2020, np.float32(1e-6)) ** np.float32(_OOTF)
        light = light * (glow * np.float32(_PEAK / _WHITE))[..., None]
    narrow = cast("Light", cv2.transform(light, _FROM_2020))
    brightest = np.maximum(narrow.max(axis=2), np.float32(1e-6))
    over = np.maximum(brightest - np.float32(_KNEE), 0) / np.float32(1 - _KNEE)
    held = np.minimum(brightest, np.float32(_KNEE)) + np.float32(1 - _KNEE) * (1 - np.exp(-over))
    shown = np.clip(narrow * (held / brightest)[..., None], 0, 1)
    codes = (shown * np.float32(_LEVELS - 1) + np.float32(0.5)).astype(np.uint16)
    return np.asarray(np.take(_shades(), codes), np.uint8)


@lru_cache(maxsize=2)
def _linear(transfer: int) -> Light:
    """Light by code: 1 is a white page for PQ (SMPTE ST 2084), the peak for HLG (ARIB STD-B67)."""
    code = np.linspace(0, 1, _LEVELS)
    if transfer == HLG:
        bright = (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12
        return np.where(code <= 0.5, code**2 / 3, bright).astype(np.float32)
    power = code ** (1 / 78.84375)
    nits = 10_000 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578)
    return (nits / _WHITE).astype(np.float32)


@lru_cache(maxsize=1)
def _shades() -> Frame:
    return np.asarray(np.linspace(0, 1, _LEVELS) ** _GAMMA * 255 + 0.5, np.uint8)
