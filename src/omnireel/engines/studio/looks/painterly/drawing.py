"""What every drawing starts from: steady tones, steady lines and the direction of forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.painterly.grain import grain_of
from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.lines import drawn, joined, line_contrast
from omnireel.engines.studio.picture.orientation import structure_of, tangents_of
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
)
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_LINE_GRAIN = 5
_COLOUR_MEMORY, _LINE_MEMORY = 0.65, 0.72


_STEPS = 12
"""Steps of a byte to one level of line response."""
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
        flat = settled(medianed(moment.small, 3), self._flat, moment.motion, _COLOUR_MEMORY)
        luma = grey_of(flat)
        found = self._contours(cast("Mask", curved(luma, self._contrast)))
        self._lines = remembered(found, self._lines, moment.motion, _LINE_MEMORY)
        self._flat = flat
        return Study(flat, cast("Mask", curved(luma, self._curve)), self._lines, grain_of(luma))

    def _contours(self, luma: Mask) -> Plane:
        tangents = tangents_of(structure_of(luma, _LINE_GRAIN))
        thin, thick = self._weights
        slim = line_contrast(luma, thin[0]) * np.float32(thin[1])
        bold = line_contrast(luma, thick[0]) * np.float32(thick[1])
        return joined(np.asarray(np.maximum(slim, bold), np.float32), tangents)


def pressed(lines: Plane, size: Size, *, faintest: float, boldest: float, most: int = 255) -> Mask:
    """Line responses at full size as strength: 0 up to `faintest` levels, `most` from `boldest` on."""
    levels = np.asarray(np.arange(256) / _STEPS, np.float32)
    strength = drawn(levels, faintest=faintest, boldest=boldest) * np.float32(most)
    fine = np.clip(lines * np.float32(_STEPS), 0, 255).astype(np.uint8)
    return cast("Mask", curved(smoothly_stretched(fine, size), strength.astype(np.uint8)))


def darkness(luma: Mask) -> Plane:
    """How dark each place is, 0 to 1, without the finest grain."""
    return np.asarray(1 - boxed(luma, 3).astype(np.float32) / 255, np.float32)


def guide_of(grain: Plane, dark: Plane) -> Plane:
    """What strokes look at, in one field: the grain, and how dark it is."""
    few = shrunk(dark, size_of(grain))
    return cast("Plane", cv2.merge([grain[..., 0], grain[..., 1], few]))


def rubbed_ground(shade: Plane) -> Mask:
    """`(height, width, 4)`: white paper with `shade` levels of grey rubbed into it, ready for strokes."""
    left = (np.float32(255) - shade).astype(np.uint8)
    return cast("Mask", cv2.merge([left, left, left, np.zeros_like(left)]))


def tinted_ground(colours: Frame, share: float) -> Mask:
    """`(height, width, 4)`: white paper with a share, 0 to 1, of the picture's colours rubbed into it."""
    left = cv2.convertScaleAbs(colours, alpha=share, beta=255 * (1 - share))
    return cast("Mask", cv2.merge([left, np.zeros(left.shape[:2], np.uint8)]))
