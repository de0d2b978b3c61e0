"""A comic book: bold ink, flat process colours on cheap paper, and a dot screen in the shadows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.graphic.cel import Draughtsman, Drawing, Pen, ink_at, richness, stepped
from omnireel.engines.studio.looks.graphic.kernels_graphic import colour_in
from omnireel.engines.studio.looks.graphic.ride import Ride
from omnireel.engines.studio.looks.graphic.tones import bytes_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    curved,
    grey_of,
    smoothly_stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_PEN = Pen(width=1.5, faintest=1.6, boldest=4.2, reach=3)
_REACH = 7
_LEVELS = (46.0, 124.0, 186.0, 238.0)
_SOFTNESS = 2.5
_GAIN = (1.2, 2.0)
"""How much hues grow in the lightest tones and in all others."""
_PAPER = np.array([0.86, 0.95, 0.985], np.float32)
"""Blue, green and red of newsprint."""
_INK = np.array([0.14, 0.07, 0.07], np.float32)
_PERIOD = 1 / 84
"""From dot to dot, as a share of the canvas' short side."""
_SCREEN = (0.10, 0.62)
"""Shares of the clip's pixels that are black, and that are darker than what needs no dots."""
_SPARE = 1.3
"""How much larger than the canvas the screen is, for turns and swelling."""
_DOT_INK = 0.55
_EDGE = 0.16
"""Of the screen's range: how soft the rim of a dot is."""


@dataclass(frozen=True)
class _Inked:
    drawing: Drawing
    onto_screen: NDArray[np.float64]
    """`(2, 3)`: from pixels to the dot screen."""


class Comic:
    """The comic look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._ride = size, Ride(size)
        self._draughtsman = Draughtsman(samples, size, _PEN, _REACH)
        tones = self._draughtsman.tones
        self._base = np.outer(stepped(tones, _LEVELS, _SOFTNESS), _PAPER).astype(np.float32)
        self._gain = richness(*_GAIN)
        self._screen, self._period = _screen_of(size)
        self._black, self._threshold = _inks_of(tones)

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment as a printed panel."""
        inked = ahead((self.draw(moment) for moment in moments), threads=threads)
        return (each.drawing.moment.repainted(self.print(each)) for each in inked)

    def draw(self, moment: Moment) -> _Inked:
        """One frame's colours and lines. Frames must come in order."""
        self._ride.follow(moment.motion)
        return _Inked(self._draughtsman.draw(moment), self._ride.onto_screen())

    def print(self, inked: _Inked) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        flat = smoothly_stretched(inked.drawing.flat, self._size)
        luma = grey_of(flat)
        ink = cv2.max(ink_at(inked.drawing, _PEN, self._size), curved(luma, self._black))
        ink = cv2.max(ink, self._dots(luma, inked.onto_screen))
        colour_in(flat, self._base, self._gain, cast("Mask", ink), _INK, flat)
        return flat

    def _dots(self, luma: Mask, onto_screen: NDArray[np.float64]) -> Mask:
        """Ink of a 45 degree screen that moves with the camera: larger dots in darker places."""
        width, height = self._size
        corners = onto_screen @ np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
        # The screen repeats; brought near its start, none of it has to be wrapped, which would be slow.
        onto_screen = onto_screen.copy()
        onto_screen[:, 2] -= np.floor(corners.min(axis=1) / self._period) * self._period
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        screen = cv2.warpAffine(
            self._screen, onto_screen, self._size, flags=flags, borderMode=cv2.BORDER_WRAP
        )
        over = cv2.subtract(screen, curved(luma, self._threshold))
        rim = np.clip(np.arange(256) / (_EDGE * 255), 0, 1) * (_DOT_INK * 255)
        return cast("Mask", curved(cast("Mask", over), rim.astype(np.uint8)))


def _screen_of(size: Size) -> tuple[Mask, int]:
    """Dot hills in rows at 45 degrees, the product of two waves, and the pixels after which they repeat.

    Larger than the canvas, and it wraps.
    """
    period = max(8, round(min(size) * _PERIOD * np.sqrt(2)))
    across, down = (
        np.cos(2 * np.pi * np.arange(-(-int(length * _SPARE) // period) * period) / period) for length in size
    )
    screen = np.outer(down, across).astype(np.float32) * np.float32(127) + np.float32(128)
    return bytes_of(screen), period


def _inks_of(tones: Mask) -> tuple[Mask, Plane]:
    """By grey level: solid black, and the height of the dot screen from which ink is laid."""
    black, clear = (float(level) for level in np.quantile(tones, _SCREEN))
    black, clear = min(black, 70.0), float(np.clip(clear, 90.0, 175.0))
    grey = np.arange(256)
    solid = np.clip((black + 6 - grey) / 12, 0, 1) * 255
    bare = np.clip((grey - black) / (clear - black), 0, 1)
    return solid.astype(np.uint8), (70 + bare * 185).astype(np.uint8)
