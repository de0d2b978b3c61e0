"""Light made visible: shafts between trees and under water, spotlights."""

from __future__ import annotations

import math

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour
from omnireel.engines.studio.scenery.light import mix, scaled
from omnireel.engines.studio.scenery.sets import Stage

_SHRINK = 4
"""Beams are soft: they are drawn at a quarter of the size."""
_SPOTS: tuple[Colour, ...] = ((150, 190, 235), (220, 150, 190), (150, 220, 190))


def shafts(rng: np.random.Generator, size: tuple[int, int], stage: Stage) -> Bytes:
    """Slanting shafts of light, blurred, as large as the frame."""
    sheet = np.zeros((size[1] // _SHRINK, size[0] // _SHRINK, 3), np.uint8)
    rows, columns = sheet.shape[:2]
    tone = mix(stage.light.sun, stage.light.haze, 0.35)
    for _ in range(7):
        x, reach, lean, half = rng.uniform((-0.1, 0.75, 0.18, 0.02), (1.1, 1.05, 0.30, 0.05)).tolist()
        end = (x - stage.sun_side * lean) * columns, rows * reach
        part = _cone(
            sheet, (x * columns, -10.0), end, columns * half, scaled(tone, float(rng.uniform(0.25, 0.55)))
        )
        sheet = np.maximum(sheet, part)
    soft = cv2.blur(cv2.blur(sheet, (9, 9)), (9, 9))
    return cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def spotlights(size: tuple[int, int], t: float) -> Bytes:
    """Three coloured lights wandering over a stage."""
    sheet = np.zeros((size[1] // _SHRINK, size[0] // _SHRINK, 3), np.uint8)
    rows, columns = sheet.shape[:2]
    for n, tone in enumerate(_SPOTS):
        tip = columns * (0.2 + 0.3 * n), -0.1 * rows
        end = columns * (0.5 + 0.16 * math.sin(t * 0.8 + n * 2.1)), rows * 0.84
        sheet = cv2.add(sheet, _cone(sheet, tip, end, columns * 0.12, tone)).astype(np.uint8)
    return cv2.resize(sheet, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def _cone(
    like: Bytes, tip: tuple[float, float], end: tuple[float, float], half: float, colour: Colour
) -> Bytes:
    """A beam that widens and fades on its way, on a sheet of its own."""
    rows = np.arange(like.shape[0], dtype=np.float32)
    along = (rows - tip[1]) / max(1.0, end[1] - tip[1])
    middle = tip[0] + (end[0] - tip[0]) * along
    reach = np.maximum(1.0, half * (0.25 + 0.75 * along))
    columns = np.arange(like.shape[1], dtype=np.float32)[None, :]
    inside = np.clip(1 - np.abs(columns - middle[:, None]) / reach[:, None], 0, 1)
    fade = np.clip(1.15 - along, 0, 1) * (along >= 0) * (along <= 1.15)
    light = (inside * fade[:, None])[..., None] * np.array(colour, np.float32)
    beam: Bytes = np.clip(light, 0, 255).astype(np.uint8)
    return beam
