"""What every drawing starts from: steady tones, steady lines and the direction of forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.painterly.grain import grain_from, halved_structure
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.lines import drawn, joined, line_contrast
from omnireel.engines.studio.picture.orientation import tangents_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    curved,
    grey_of,
    medianed,
    shrunk,
    size_of,
    smoothly_stretched,
    stretched,
)
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_COLOUR_MEMORY, _LINE_MEMORY = 0.65, 0.72
_JOINING = 1.07
"""Joined lines are smoothed a little across as well, and lose as much."""


_STEPS = 12
"""Steps of a byte to one level of line response."""
_SHARES = np.arange(256, dtype=np.float32) / 255
_Weight: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Study:
    """One frame as a draughtsman sees it, on the working grid."""

    flat: Frame
    luma: Mask
    """Tones through the clip's curve."""
    lines: Plane
    """Line response, in levels, the stronger of two widths."""
    grain: Plane


class Observer:
    """Studies the frames of one clip in order. `curve` spreads its tones.

    `thin` and `thick` are two widths of line: half width in grid pixels, and how much it counts.
    """

    def __init__(self, samples: Sequence[Frame], curve: Mask, *, thin: _Weight, thick: _Weight) -> None:
        self._curve, self._weights = curve, (thin, thick)
        self._contrast = tone_curve(samples, black=0.005, white=0.005, middle=0.5)
        self._flat: Frame | None = None
        self._lines: Plane | None = None

    def study(self, moment: Moment) -> Study:
        """Look at the next frame."""
        flat = self._flat = settled(medianed(moment.small, 3), self._flat, moment.motion, _COLOUR_MEMORY)
        luma = grey_of(flat)
        structure = halved_structure(luma)
        found = self._contours(cast("Mask", curved(luma, self._contrast)), structure)
        self._lines = remembered(found, self._lines, moment.motion, _LINE_MEMORY)
        return Study(flat, cast("Mask", curved(luma, self._curve)), self._lines, grain_from(structure))

    def _contours(self, luma: Mask, structure: Plane) -> Plane:
        """The stronger of two widths. Directions are those of half the grid: lines are long."""
        slim, bold = (
            line_contrast(luma, width) * np.float32(weight * _JOINING) for width, weight in self._weights
        )
        return joined(cast("Plane", cv2.max(slim, bold)), tangents_of(structure))


def pressed(lines: Plane, size: Size, *, faintest: float, boldest: float, most: int = 255) -> Mask:
    """Line responses at full size as strength: 0 up to `faintest` levels, `most` from `boldest` on."""
    levels = np.asarray(np.arange(256) / _STEPS, np.float32)
    strength = drawn(levels, faintest=faintest, boldest=boldest) * np.float32(most)
    fine = np.clip(lines * np.float32(_STEPS), 0, 255).astype(np.uint8)
    return cast("Mask", curved(smoothly_stretched(fine, size), strength.astype(np.uint8)))


def darkness(luma: Mask) -> Plane:
    """How dark each place is, 0 to 1, without the finest grain."""
    return cast("Plane", curved(boxed(luma, 3), 1 - _SHARES))


def vividness(colours: Frame) -> Plane:
    """How far the channels of each pixel are apart, 0 to 1."""
    blue, green, red = cv2.split(colours)
    apart = cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red))
    return cast("Plane", curved(cast("Mask", apart), _SHARES))


def guide_of(grain: Plane, dark: Plane) -> Plane:
    """What strokes look at, in one field: the grain, and how dark it is."""
    few = shrunk(dark, size_of(grain))
    return cast("Plane", cv2.merge([grain[..., 0], grain[..., 1], few]))


def rubbed_ground(shade: Plane, size: Size) -> Mask:
    """`(height, width)` of `size`: a share, 0 to 255, of the ink rubbed into the paper, ready for strokes."""
    return stretched(shade.astype(np.uint8), size)


def tinted_ground(colours: Frame, share: float) -> Mask:
    """`(height, width, 4)`: white paper with a share, 0 to 1, of the picture's colours rubbed into it."""
    left = cv2.convertScaleAbs(colours, alpha=share, beta=255 * (1 - share))
    return cast("Mask", cv2.merge([left, np.zeros(left.shape[:2], np.uint8)]))
