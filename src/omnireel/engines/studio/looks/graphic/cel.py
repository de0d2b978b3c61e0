"""What drawn looks share: flat colours and ink that follow the motion, and the tones they are painted in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from omnireel.engines.studio.looks.graphic.tones import bytes_of, lumas_of, opened, steps_between
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.lines import line_response
from omnireel.engines.studio.picture.masses import calmed
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
    stretched,
)
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_COLOUR_MEMORY, _LINE_MEMORY = 0.7, 0.75
_RESPONSE_SCALE = 10.0
"""Byte steps per level of line response."""
_GRAIN = 3
"""Pixels of half the grid over which lines agree on a direction."""
_CROWD_LEVEL, _CROWD_LOSS = 1.1, 2.6
"""Mean levels of response from which a place counts as mere texture, and levels lost per level beyond."""


@dataclass(frozen=True)
class Pen:
    """How lines are drawn: their half width in pixels of the working grid, and by how many levels they must
    stand out to begin to be drawn and to be whole."""

    width: float
    faintest: float
    boldest: float
    reach: int
    """Strides of two pixels over which lines are joined up."""


@dataclass(frozen=True)
class Drawing:
    """One frame's flat colours and the response of its lines, on the working grid."""

    moment: Moment
    flat: Frame
    response: Mask


class Draughtsman:
    """Simplifies and outlines frames, in order."""

    def __init__(self, samples: Sequence[Frame], size: Size, pen: Pen, reach: int) -> None:
        self._curve, self._pen, self._reach = opened(samples), pen, reach
        self._flat: Frame | None = None
        self._response: Plane | None = None
        grid = working_size(size)
        self.tones = lumas_of([self.simplified(shrunk(frame, grid)) for frame in samples])
        """Grey levels of the simplified samples, one long row."""

    def draw(self, moment: Moment) -> Drawing:
        """One frame's colours and lines; each follows from the frame before."""
        motion = moment.motion
        flat = settled(self.simplified(moment.small), self._flat, motion, _COLOUR_MEMORY)
        response = remembered(self._outlined(moment.small), self._response, motion, _LINE_MEMORY)
        self._flat, self._response = flat, response
        return Drawing(moment, flat, bytes_of(response, _RESPONSE_SCALE))

    def simplified(self, small: Frame) -> Frame:
        """Flat colours with sharp outlines; the clip's range of light is opened up."""
        return medianed(calmed(medianed(cast("Frame", curved(small, self._curve))), self._reach))

    def _outlined(self, small: Frame) -> Plane:
        luma = grey_of(cast("Frame", curved(medianed(small, 3), self._curve)))
        width, height = size_of(luma)
        few = shrunk(luma, (max(8, width // 2), max(8, height // 2)))
        tangents = tangents_of(stretched(structure_of(few, _GRAIN), (width, height)))
        return _uncrowded(line_response(luma, tangents, sigma=self._pen.width, steps=self._pen.reach))


def _uncrowded(response: Plane) -> Plane:
    """Fewer lines where everything is lines: grass and gravel are hinted at, an outline stays whole."""
    width, height = size_of(response)
    few = shrunk(np.maximum(response, 0), (max(4, width // 8), max(4, height // 8)))
    crowd = boxed(boxed(few, max(1, height // 100 | 1)), max(1, height // 100 | 1))
    loss = np.maximum(crowd - np.float32(_CROWD_LEVEL), 0) * np.float32(_CROWD_LOSS)
    return np.asarray(response - stretched(loss, (width, height)), np.float32)


def ink_at(drawing: Drawing, pen: Pen, size: Size) -> Mask:
    """The drawing's lines on a canvas of `size`, 255 where they are whole. Cut off there, so crisp."""
    ramp = (np.arange(256) / _RESPONSE_SCALE - pen.faintest) / (pen.boldest - pen.faintest)
    smooth = np.clip(ramp, 0, 1) ** 2 * (3 - 2 * np.clip(ramp, 0, 1)) * 255
    enlarged = smoothly_stretched(drawing.response, size)
    return cast("Mask", curved(enlarged, np.rint(smooth).astype(np.uint8)))


def stepped(tones: Mask, levels: Sequence[float], softness: float) -> Plane:
    """`(256,)`: grey levels as soft steps to `levels`, with thresholds that suit the clip's `tones`."""
    thresholds = steps_between(tones, len(levels))
    grey = np.arange(256, dtype=np.float32)
    out = np.full(256, levels[0], np.float32)
    for low, high, threshold in zip(levels[:-1], levels[1:], thresholds, strict=True):
        out += np.float32(high - low) * (0.5 + 0.5 * np.tanh((grey - threshold) / softness))
    return out.astype(np.float32)


def richness(lightest: float, others: float) -> Plane:
    """`(256,)` by grey level: how much hues grow. Least in the lights, where they would burn out."""
    light = np.arange(256, dtype=np.float32) / 255
    return np.asarray(others + (lightest - others) * light**3, np.float32)
