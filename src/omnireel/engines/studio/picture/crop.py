"""Which part of a source fills a canvas of another shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.raster import Plane, Size, boxed, difference, grey_of, shrunk
from omnireel.media.frames import Frame

_SHAPE_SLACK = 0.01
_THUMB = 96
_CENTRE_PULL = 0.15
"""How much interest the outermost place must have over the middle to win, as a share of the most."""


@dataclass(frozen=True)
class Crop:
    """Scale the source to `scaled` and cut `size` out at `left`, `top`: the canvas is covered, no bars."""

    scaled: Size
    size: Size
    left: int
    top: int

    def cut(self, frame: Frame) -> Frame:
        """The canvas out of a frame of size `scaled`."""
        if self.scaled == self.size:
            return frame
        rows = slice(self.top, self.top + self.size[1])
        return np.ascontiguousarray(frame[rows, self.left : self.left + self.size[0]])


def cover(source: Size, canvas: Size, samples: Sequence[Frame]) -> Crop:
    """One crop for the whole clip, placed where detail and motion are, with a pull to the middle."""
    if abs(source[0] * canvas[1] / (source[1] * canvas[0]) - 1) < _SHAPE_SLACK:
        return Crop(canvas, canvas, 0, 0)
    scale = max(canvas[0] / source[0], canvas[1] / source[1])
    scaled = max(canvas[0], ceil(source[0] * scale)), max(canvas[1], ceil(source[1] * scale))
    interest = _interest(samples)
    left = _best_start(interest.sum(axis=0), canvas[0] / scaled[0], scaled[0] - canvas[0])
    top = _best_start(interest.sum(axis=1), canvas[1] / scaled[1], scaled[1] - canvas[1])
    return Crop(scaled, canvas, left, top)


def _interest(samples: Sequence[Frame]) -> Plane:
    thumbs = [shrunk(grey_of(frame), (_THUMB, _THUMB)) for frame in samples]
    total = np.full((_THUMB, _THUMB), 1e-3, np.float32)
    for before, after in zip(thumbs, [*thumbs[1:], thumbs[-1]], strict=True):
        across = cast("Plane", cv2.Sobel(after, cv2.CV_32F, 1, 0))
        down = cast("Plane", cv2.Sobel(after, cv2.CV_32F, 0, 1))
        total += boxed(np.abs(across) + np.abs(down) + np.float32(4) * difference(before, after), 5)
    return total


def _best_start(profile: Plane, share: float, room: int) -> int:
    """Where a window of `share` of the profile holds most of it; 0 to `room` pixels."""
    if room <= 0:
        return 0
    window = max(1, round(share * len(profile)))
    sums = np.convolve(profile, np.ones(window, np.float32), mode="valid")
    place = np.linspace(-1, 1, len(sums))
    score = sums / sums.max() - _CENTRE_PULL * place**2
    return round(room * int(score.argmax()) / max(1, len(sums) - 1))
