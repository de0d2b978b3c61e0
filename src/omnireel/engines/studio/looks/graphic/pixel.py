"""Pixel art: few large pixels, few colours, ordered dither where two of them have to share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.graphic.blocks import Mason, Wall
from omnireel.engines.studio.looks.graphic.tones import opened
from omnireel.engines.studio.looks.painterly.memory import settled
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.palette import Palette, chroma_of, palette_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Size,
    bgr_of,
    boxed,
    curved,
    medianed,
    shrunk,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_ROWS = 120
"""Pixels along the short side."""
_SHARPNESS = 0.75
_MEMORY = 0.8
_RELUCTANCE = 24.0
_DITHER = (5.0, 15.0)
"""Least and most levels by which neighbouring pixels are judged differently: less in finer palettes."""
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.469
_CHROMA = 30.0
"""The mean colourfulness towards which a clip's palette is brought."""
_GAIN = (1.15, 1.7)
_LEAST_HUE = 3.0
"""Chroma under which a clip is black and white, and stays so."""


@dataclass(frozen=True)
class _Laid:
    moment: Moment
    wall: Wall


class Pixel:
    """The pixel-art look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._curve = size, opened(samples)
        grid = working_size(size)
        smalls = [self._simplified(shrunk(frame, grid)) for frame in samples]
        palette = palette_of([shrunk(small, (160, 90)) for small in smalls], seed)
        self._colours, self._dither = _console_colours(palette), _dither_of(palette)
        self._mason = Mason(size, _ROWS, palette, _RELUCTANCE)
        self._calm: Frame | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment as pixel art."""
        laid = ahead((_Laid(moment, self.lay(moment)) for moment in moments), threads=threads)
        return (each.moment.repainted(each.wall.coloured(self._colours, self._size)) for each in laid)

    def lay(self, moment: Moment) -> Wall:
        """One frame's pixels. Frames must come in order."""
        calm = settled(self._simplified(moment.small), self._calm, moment.motion, _MEMORY)
        self._calm = calm
        seen = self._mason.seen(calm, moment.motion)
        crisp = cv2.addWeighted(seen, 1 + _SHARPNESS, boxed(seen, 3), -_SHARPNESS, 0)
        dithered = _dithered(cast("Frame", crisp), self._mason.origin(), self._dither)
        return self._mason.lay(dithered, moment.motion)

    def _simplified(self, small: Frame) -> Frame:
        return calmed(cast("Frame", curved(medianed(small, 3), self._curve)), 2)


def _dithered(colours: Frame, origin: tuple[int, int], strength: float) -> Frame:
    """Colours pushed up and down in a fixed pattern that rides with the blocks."""
    rows, columns = colours.shape[:2]
    y, x = (np.arange(rows) - origin[1]) % 4, (np.arange(columns) - origin[0]) % 4
    pattern = _BAYER[y[:, None], x[None]] * np.float32(strength)
    return np.asarray(np.clip(colours + pattern[..., None], 0, 255), np.uint8)


def _console_colours(palette: Palette) -> Mask:
    """The palette as a console would have it: more colour, more contrast. `(n, 3)` bytes."""
    lab = palette.lab.copy()
    mean = float(chroma_of(lab).mean())
    gain = float(np.clip(_CHROMA / (mean + 4), *_GAIN)) if mean > _LEAST_HUE else 1.0
    lab[:, 1:] *= np.float32(gain)
    lab[:, 0] = 52 + (lab[:, 0] - 50) * 1.12
    return np.asarray(np.rint(bgr_of(lab)), np.uint8)


def _dither_of(palette: Palette) -> float:
    """About the usual step from one of the palette's colours to the next."""
    apart = np.linalg.norm(palette.lab[:, None] - palette.lab[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.clip(np.median(apart.min(axis=1)) * 1.25, *_DITHER))
