"""A comic book: bold ink, solid blacks, and three process colours printed in dots on cheap paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.graphic.cel import Draughtsman, Drawing, Pen, ink_at
from omnireel.engines.studio.looks.graphic.kernels_cel import screen
from omnireel.engines.studio.looks.graphic.ride import Ride
from omnireel.engines.studio.looks.painterly.levels import colour_gain
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.raster import (
    Mask,
    Size,
    curved,
    grey_of,
    medianed,
    smoothly_stretched,
    thrice,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_PEN = Pen(width=1.6, faintest=2.4, boldest=5.5, crowd=2.2, loss=3.0, most=4.0)
_REACH = 7
_CHROMA, _MOST = 42.0, 1.9
"""Colourfulness a clip is brought towards, and the largest gain on the way."""
_PAPER = (0.87, 0.955, 0.99)
"""Blue, green and red of newsprint."""
_TINTS = (0.06, 0.40, 0.74, 1.0)
"""What is left of a channel's light by four printed tints of the ink that takes it."""
_STRENGTH = 34
"""Levels by which the screen moves a tone up and down; between tints there are dots of both."""
_RIM = 8.0
"""Levels over which a dot's edge is soft."""
_ANGLES = (0.0, 45.0, 75.0)
"""Of the screens of yellow, magenta and cyan: those which take blue, green and red."""
_PERIOD = 1 / 72
"""From dot to dot, as a share of the canvas' short side."""
_BLACK, _MOST_BLACK = 0.12, 64.0
"""Share of the clip's pixels that are solid black, and the lightest level that may be."""
_LEFT = 255 - 238 * np.arange(256) / 255
"""What black ink leaves of the light, by its strength."""


@dataclass(frozen=True)
class _Inked:
    drawing: Drawing
    onto_screen: NDArray[np.float64]
    """`(2, 3)`: from pixels to the dot screens."""


class Comic:
    """The comic look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._ride = size, Ride(size)
        gain = colour_gain(samples, chroma=_CHROMA, most=_MOST)
        paints = Laboratory(Grade(saturation=gain, contrast=0.25))
        self._draughtsman = Draughtsman(samples, size, _PEN, _outlined_areas, paints)
        self._black = _solid(self._draughtsman.tones)
        self._tints = [_tints(paper) for paper in _PAPER]
        self._period = max(5.0, min(size) * _PERIOD)

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
        ink = cv2.max(ink_at(inked.drawing, _PEN, self._size), curved(grey_of(flat), self._black))
        plates = [
            self._plate(cast("Mask", plane), channel, inked.onto_screen)
            for channel, plane in enumerate(cv2.split(flat))
        ]
        left = thrice(cast("Mask", curved(cast("Mask", ink), _LEFT.astype(np.uint8))))
        return cast("Frame", cv2.multiply(cv2.merge(plates), left, scale=1 / 255))

    def _plate(self, plane: Mask, channel: int, onto_screen: NDArray[np.float64]) -> Mask:
        """One channel's light as its ink is printed: tints, and dots between them."""
        across, down = _phases(onto_screen, np.radians(_ANGLES[channel]), self._period, self._size)
        dotted = np.empty_like(plane)
        screen(plane, across, down, np.int16(_STRENGTH), dotted)
        return cast("Mask", curved(dotted, self._tints[channel]))


def _outlined_areas(frame: Frame) -> Frame:
    return medianed(calmed(medianed(frame), _REACH))


def _phases(
    onto_screen: NDArray[np.float64], angle: float, period: float, size: Size
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Phases of a screen's two waves by column and by row, `(2, width)` and `(2, height)`, 65536 a turn."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    waves = turn @ onto_screen * (65536 / period)
    across, down = waves[:, :1] * np.arange(size[0]), waves[:, 1:2] * np.arange(size[1]) + waves[:, 2:]
    return _wrapped(across), _wrapped(down)


def _wrapped(phase: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.rint(phase).astype(np.int64).astype(np.uint16).view(np.int16)


def _tints(paper: float) -> Mask:
    """`(256,)`: the light of one channel after printing."""
    grey = np.arange(256)
    steps = (np.arange(len(_TINTS) - 1) + 0.5) * 256 / (len(_TINTS) - 1)
    light = np.full(256, _TINTS[0])
    for low, high, step in zip(_TINTS[:-1], _TINTS[1:], steps, strict=True):
        light += (high - low) * np.clip((grey - step) / _RIM + 0.5, 0, 1)
    return (light * paper * 255 + 0.5).astype(np.uint8)


def _solid(tones: Mask) -> Mask:
    """`(256,)` by grey level: solid black."""
    black = min(float(np.quantile(tones, _BLACK)), _MOST_BLACK)
    return np.asarray(np.clip((black + 6 - np.arange(256)) / 12, 0, 1) * 255, np.uint8)
