"""Whether one frame goes on from another: cuts told from flashes, fades and fast motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Mask, Plane, difference

_ALIKE = 0.7
"""Correlation with the frame before, followed along the flow, under which two frames show different things.

Frames of one shot, dissolves and flashes among them, reach 0.85 and more; frames of two shots at most 0.5.
"""
_SLIGHT = 5.0
"""Grey levels of difference that noise alone can make: in the dark it correlates with nothing."""
_BLANK = 4.0
"""Deviation in grey levels under which a frame has nothing to recognise: black, white, a wall of flash."""
_GAIN = (0.2, 5.0)


@dataclass(frozen=True)
class Likeness:
    """How a frame compares with one followed to its time."""

    same_shot: bool
    unexplained: Plane
    """Grey levels, per pixel, that neither motion nor a change of exposure explains."""


def likeness(followed: Mask, now: Mask) -> Likeness:
    """Compare two grey frames of one size. A change of exposure, as in a flash or a fade, counts as alike."""
    before, after = _steadied(followed), _steadied(now)
    first, second = before - before.mean(), after - after.mean()
    shared, spread = float(np.vdot(first, second)), float(np.vdot(first, first))
    gain = np.float32(np.clip(shared / max(spread, 1.0), *_GAIN))
    correlation = shared / max(1.0, float(np.sqrt(spread * float(np.vdot(second, second)))))
    slight = float(difference(followed, now).mean()) < _SLIGHT
    return Likeness(slight or correlation >= _ALIKE, cast("Plane", cv2.absdiff(second, first * gain)))


def is_blank(grey: Mask) -> bool:
    """Whether a frame shows nothing that could be followed."""
    _, deviation = cv2.meanStdDev(cast("Plane", grey))
    return float(deviation[0, 0]) < _BLANK


def _steadied(grey: Mask) -> Plane:
    return cast("Plane", cv2.boxFilter(grey, cv2.CV_32F, (3, 3)))
