"""Anime: large flat cels in a few steps of light, thin coloured ink, painted skies and light in the air."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.graphic.cel import Draughtsman, Drawing, Pen, ink_at, stepped
from omnireel.engines.studio.looks.graphic.kernels_cel import relight
from omnireel.engines.studio.looks.graphic.tones import bytes_of
from omnireel.engines.studio.looks.painterly.levels import colour_gain
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.raster import (
    Mask,
    Size,
    boxed,
    curved,
    difference,
    grey_of,
    medianed,
    shrunk,
    size_of,
    smoothly_stretched,
    stretched,
    strongest,
    thrice,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_PEN = Pen(width=0.95, faintest=1.5, boldest=3.5, crowd=0.5, loss=6.0, most=3.5)
_REACH = 3
_LEVELS = (46.0, 104.0, 160.0, 210.0, 246.0)
_SOFTNESS = 5.0
"""Grey levels over which one step of light turns into the next."""
_MELTED = 13
"""Grey levels over which the steps melt into each other where a background is painted."""
_STEP = 0.85
"""How far light is stepped; the rest is the source's own, which keeps cheeks round."""
_CHROMA, _MOST = 38.0, 1.8
"""Colourfulness a clip is brought towards, and the largest gain on the way."""
_SHADE = (0.20, 0.04, 0.10)
"""Blue, green and red added to the darkest: shadows are violet."""
_LEFT = (80, 34, 52)
"""What ink leaves of blue, green and red, of 255: lines are dark plum, browner on skin, bluer on sky."""
_PAINTED = (np.clip((22 - np.arange(256)) / 12, 0, 1) * 255).astype(np.uint8)
"""How far a place is a painted background, by its levels above or below its wide surroundings."""
_BLOOM_FROM, _BLOOM = 150, 0.9


@dataclass(frozen=True)
class _Cel:
    drawing: Drawing
    flat: Frame
    painted: Mask
    """255 where light is not stepped."""
    glow: Frame


class Anime:
    """The anime look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size = size
        gain = colour_gain(samples, chroma=_CHROMA, most=_MOST)
        paints = Laboratory(Grade(saturation=gain, lift=_SHADE, gamma=(1.1, 1.06, 1.06)))
        self._draughtsman = Draughtsman(samples, size, _PEN, _cels_of, paints)
        self._stepped, self._soft = _light(self._draughtsman.tones)
        self._left = np.tile(np.array(_LEFT, np.uint8), size[0])

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment as a cel over its background."""
        cels = ahead((self.draw(moment) for moment in moments), threads=threads)
        return (cel.drawing.moment.repainted(self.paint(cel)) for cel in cels)

    def draw(self, moment: Moment) -> _Cel:
        """One frame's colours, lines and light. Frames must come in order."""
        drawing = self._draughtsman.draw(moment)
        wide = _wide(drawing.flat)
        away = boxed(strongest(difference(drawing.flat, wide)), 5)
        painted = cast("Mask", curved(away, _PAINTED))
        return _Cel(drawing, blended(drawing.flat, wide, painted), painted, _glow(drawing.flat))

    def paint(self, cel: _Cel) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        flat = smoothly_stretched(cel.flat, self._size)
        luma = grey_of(flat)
        soft, hard = curved(luma, self._soft), curved(luma, self._stepped)
        light = thrice(blended(hard, soft, stretched(cel.painted, self._size)))
        ink, glow = thrice(ink_at(cel.drawing, _PEN, self._size)), stretched(cel.glow, self._size)
        rows = self._size[1], self._size[0] * 3
        flat, grey, light, ink, glow = (each.reshape(rows) for each in (flat, thrice(luma), light, ink, glow))
        out = np.empty(rows, np.uint8)
        relight(flat, grey, light, ink, self._left, glow, out)
        return out.reshape(self._size[1], self._size[0], 3)


def _cels_of(frame: Frame) -> Frame:
    return medianed(calmed(medianed(frame), _REACH))


def _light(tones: Mask) -> tuple[Mask, Mask]:
    """By grey level: light in steps, and the same range of light without them."""
    grey = np.arange(256, dtype=np.float32)
    light = stepped(tones, _LEVELS, _SOFTNESS) * np.float32(_STEP) + grey * np.float32(1 - _STEP)
    return bytes_of(light), bytes_of(boxed(boxed(light[None], _MELTED), _MELTED)[0])


def _wide(flat: Frame) -> Frame:
    """The wide gradients of a frame."""
    width, height = size_of(flat)
    few = shrunk(flat, (max(4, width // 8), max(4, height // 8)))
    return stretched(boxed(boxed(few, 5), 5), (width, height))


def _glow(flat: Frame) -> Frame:
    """Light that spills over from the brightest parts."""
    width, height = size_of(flat)
    few = shrunk(flat, (max(4, width // 4), max(4, height // 4)))
    bright = cast("Frame", cv2.subtract(few, np.full_like(few, _BLOOM_FROM)))
    side = max(1, height // 26 | 1)
    return cast("Frame", cv2.convertScaleAbs(boxed(boxed(bright, side), side), alpha=_BLOOM))
