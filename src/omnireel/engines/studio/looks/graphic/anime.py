"""Anime: cel colours in a few soft steps of light, clean coloured ink, clear skies and a little bloom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.graphic.cel import Draughtsman, Drawing, Pen, ink_at, richness, stepped
from omnireel.engines.studio.looks.graphic.kernels_graphic import colour_in
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    shrunk,
    smoothly_stretched,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_PEN = Pen(width=0.85, faintest=1.5, boldest=4.0, reach=3)
_REACH = 5
_LEVELS = (34.0, 96.0, 152.0, 206.0, 243.0)
_SOFTNESS = 4.0
"""Grey levels over which one step of light turns into the next."""
_STEP = 0.8
"""How far light is stepped; the rest is the source's own, which keeps cheeks round."""
_SHADE = np.array([26.0, 2.0, 10.0], np.float32)
"""Blue, green and red lent to the deepest shadow: violet."""
_INK = np.array([0.32, 0.16, 0.22], np.float32)
"""What ink leaves of the colour under it: lines are dark plum, browner on skin, bluer on sky."""
_GAIN = (1.15, 1.7)
"""How much hues grow in the lightest tones and in all others."""
_BLOOM_FROM, _BLOOM = 168, 0.5


class Anime:
    """The anime look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size = size
        self._draughtsman = Draughtsman(samples, size, _PEN, _REACH)
        self._base = _cel_tones(self._draughtsman.tones)
        self._gain = richness(*_GAIN)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment as a cel over its background."""
        drawings = ahead((self._draughtsman.draw(moment) for moment in moments), threads=threads)
        return (drawing.moment.repainted(self.paint(drawing)) for drawing in drawings)

    def paint(self, drawing: Drawing) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        flat = smoothly_stretched(drawing.flat, self._size)
        colour_in(flat, self._base, self._gain, ink_at(drawing, _PEN, self._size), _INK, flat)
        return _bloomed(flat)


def _cel_tones(tones: Mask) -> Plane:
    grey = np.arange(256, dtype=np.float32)
    light = stepped(tones, _LEVELS, _SOFTNESS) * np.float32(_STEP) + grey * np.float32(1 - _STEP)
    dark = np.clip(1 - light / 150, 0, 1)[:, None]
    return np.asarray(light[:, None] + dark * _SHADE, np.float32)


def _bloomed(frame: Frame) -> Frame:
    """Light spills over from the brightest parts."""
    height, width = frame.shape[:2]
    few = shrunk(frame, (max(4, width // 8), max(4, height // 8)))
    bright = np.maximum(few, np.uint8(_BLOOM_FROM)) - np.uint8(_BLOOM_FROM)
    glow = boxed(boxed(bright, max(1, height // 60 | 1)), max(1, height // 90 | 1))
    return cast("Frame", cv2.addWeighted(frame, 1, stretched(glow, (width, height)), _BLOOM, 0))
