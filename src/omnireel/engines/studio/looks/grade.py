"""Grades: what a colourist does to light and colour, as curves around a colour matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, Plane, curved
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

Colour: TypeAlias = tuple[float, float, float]
"""Blue, green, red."""


@dataclass(frozen=True)
class Grade:
    """How a grade changes a picture. The defaults change nothing.

    `exposure` multiplies light, `contrast` bends an S around the middle, `saturation` scales colour (0 is
    grey). `gain` multiplies highlights and `lift` adds to shadows, per channel; `gamma` over 1 opens the
    middle tones. `mixer` is how much each channel counts for luminance in a grey picture. `bleed` moves
    hues: row by row, what blue, green and red of the source give to blue, green and red.
    """

    exposure: float = 1.0
    contrast: float = 0.0
    saturation: float = 1.0
    gamma: Colour = (1.0, 1.0, 1.0)
    gain: Colour = (1.0, 1.0, 1.0)
    lift: Colour = (0.0, 0.0, 0.0)
    mixer: Colour = (0.114, 0.587, 0.299)
    bleed: tuple[Colour, Colour, Colour] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def graded(frame: Frame, grade: Grade) -> Frame:
    """One frame through a grade."""
    return Laboratory(grade).develop(frame)


class GradeLook:
    """A grade as a look. Needs no samples and remembers nothing."""

    def __init__(self, grade: Grade) -> None:
        self._laboratory = Laboratory(grade)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment graded."""
        return (moment.repainted(self._laboratory.develop(moment.frame)) for moment in moments)


class Laboratory:
    """A grade worked out once: a curve before the matrix, the matrix, and three curves after it."""

    def __init__(self, grade: Grade) -> None:
        self._matrix = _matrix(grade)
        self._curves = np.stack([_curve(grade, channel) for channel in range(3)], axis=-1)[None]

    def develop(self, frame: Frame) -> Frame:
        mixed = frame if self._matrix is None else cast("Frame", cv2.transform(frame, self._matrix))
        return cast("Frame", curved(mixed, self._curves))


def _matrix(grade: Grade) -> Plane | None:
    weights = np.array(grade.mixer, np.float32)
    grey = np.tile(weights / weights.sum(), (3, 1))
    scaled = grey * (1 - grade.saturation) + np.eye(3) * grade.saturation
    matrix = np.asarray(scaled @ np.array(grade.bleed), np.float32)
    return None if np.allclose(matrix, np.eye(3)) else matrix


def _curve(grade: Grade, channel: int) -> Mask:
    level = np.clip(np.arange(256) / 255 * grade.exposure, 0, 2)
    level = np.where(level > 0.8, 0.8 + (level - 0.8) / (1 + (level - 0.8) * 1.6), level)
    level = np.clip(level, 0, 1)
    bent = level + grade.contrast * (level * level * (3 - 2 * level) - level)
    opened = np.power(bent, 1 / grade.gamma[channel])
    toned = grade.lift[channel] * (1 - opened) ** 2 + opened * grade.gain[channel]
    return np.asarray(np.clip(toned, 0, 1) * 255 + 0.5, np.uint8)
