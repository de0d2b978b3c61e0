"""What drawn looks share: flat colours and ink that follow the motion, and the tones they are painted in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np

from omnireel.engines.studio.looks.grade import Laboratory
from omnireel.engines.studio.looks.graphic.tones import bytes_of, lumas_of, opened, steps_between
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.lines import line_contrast
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
    softened,
    stretched,
)
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

Simplify: TypeAlias = Callable[[Frame], Frame]
"""How a hand reduces a frame to flat areas with sharp outlines."""
_COLOUR_MEMORY, _LINE_MEMORY = 0.8, 0.8
_RESPONSE_SCALE = 10.0
"""Byte steps per level of line response."""
_EVEN = 0.8
"""Pixels of the working grid over which the edge of a line is evened out."""


@dataclass(frozen=True)
class Pen:
    """How lines are drawn: their half width in pixels of the working grid, and by how many levels they must
    stand out to begin to be drawn and to be whole.

    Lines are fewer where everything is lines, so that grass and gravel are hinted at: from a mean response of
    `crowd` levels, each further one takes `loss` levels, `most` at most: a strong outline stays whole.
    """

    width: float
    faintest: float
    boldest: float
    crowd: float
    loss: float
    most: float


@dataclass(frozen=True)
class Drawing:
    """One frame's flat colours and the response of its lines, on the working grid."""

    moment: Moment
    flat: Frame
    response: Mask


class Draughtsman:
    """Simplifies, colours and outlines frames, in order."""

    def __init__(
        self, samples: Sequence[Frame], size: Size, pen: Pen, simplify: Simplify, paints: Laboratory
    ) -> None:
        self._curve, self._pen, self._simplify, self._paints = opened(samples), pen, simplify, paints
        self._flat: Frame | None = None
        self._response: Plane | None = None
        grid = working_size(size)
        flats = [self._simplified(shrunk(frame, grid)) for frame in samples]
        self.tones = lumas_of([paints.develop(flat) for flat in flats])
        """Grey levels of the painted samples, one long row."""

    def draw(self, moment: Moment) -> Drawing:
        """One frame's colours and lines; each follows from the frame before."""
        motion = moment.motion
        flat = settled(self._simplified(moment.small), self._flat, motion, _COLOUR_MEMORY)
        response = remembered(self._outlined(flat), self._response, motion, _LINE_MEMORY)
        self._flat, self._response = flat, response
        return Drawing(moment, self._paints.develop(flat), bytes_of(response, _RESPONSE_SCALE))

    def _simplified(self, small: Frame) -> Frame:
        """Flat colours with sharp outlines; the clip's range of light is opened up."""
        return self._simplify(cast("Frame", curved(small, self._curve)))

    def _outlined(self, flat: Frame) -> Plane:
        """Outlines of the flat areas, which are coherent as they stand: nothing has to be joined up."""
        return _uncrowded(softened(line_contrast(medianed(grey_of(flat)), self._pen.width), _EVEN), self._pen)


def _uncrowded(response: Plane, pen: Pen) -> Plane:
    width, height = size_of(response)
    few = shrunk(np.maximum(response, 0), (max(4, width // 8), max(4, height // 8)))
    crowd = boxed(boxed(few, max(1, height // 100 | 1)), max(1, height // 100 | 1))
    loss = np.clip((crowd - np.float32(pen.crowd)) * np.float32(pen.loss), 0, pen.most).astype(np.float32)
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
