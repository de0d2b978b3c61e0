"""Cut paper: a few coloured sheets torn to shape and laid over each other, each throwing a shadow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.clay.kernels import cast_shadows, classify, vote
from omnireel.engines.studio.looks.clay.relief import TILE, spread_tile
from omnireel.engines.studio.looks.graphic.fibres import on_sheets
from omnireel.engines.studio.looks.graphic.kernels_paper import SPAN, stack_sheets
from omnireel.engines.studio.looks.graphic.tones import bytes_of, opened
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.masses import masses_of
from omnireel.engines.studio.picture.noise import leaning_noise, wrapping_noise
from omnireel.engines.studio.picture.palette import Palette, chroma_of, palette_among, palette_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    bgr_of,
    boxed,
    curved,
    merged,
    shrunk,
    size_of,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, Motion, working_size
from omnireel.media.frames import Frame

_SHEETS = 13
_ROUNDING = 5
"""Pixels of the working grid over which sheets vote for each other: what scissors can follow."""
_FLAT_MEMORY, _SHAPE_MEMORY = 0.8, 0.6
_THICKNESS = 0.014
"""From sheet to sheet, as a share of the grid's short side."""
_REACH = 0.055
"""Of the shadows, as a share of the grid's short side."""
_DARKNESS = 0.75
"""Of the shadows: 1 would take half the light."""
_GRAIN = 11.0
"""Levels by which fibres shade the sheets."""
_CHROMA = 34.0
_GAIN = (1.1, 1.8)
_DULL = (5.0, 14.0)
_STOCK_A = (2.0, 6.0, -6.0, 4.0)
_STOCK_B = (-16.0, -14.0, 6.0, 12.0)
_STOCK_LEVELS = (0.0, 35.0, 65.0, 100.0)
"""Tints of the grey sheets of a clip without colour, by lightness: navy, slate, sage, cream."""


@dataclass(frozen=True)
class _Laid:
    moment: Moment
    labels: Mask
    outlines: Mask
    """`(sheets, height, width)` on the grid: 255 where this sheet or a higher one lies."""
    shade: Mask


class Paper:
    """The cut-paper look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._curve = opened(samples)
        flats = [masses_of(self._opened(shrunk(frame, self._grid))).flat for frame in samples]
        self._palette = palette_among(_few_sheets(palette_of(flats, seed)))
        self._colours = _stock(self._palette)
        self._tile = spread_tile(_paper_tile(seed), size)
        self._spans = _spans_under(size[0], self._grid[0])
        self._flat: Frame | None = None
        self._labels: Mask | None = None
        self._height: Plane | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in cut paper."""
        laid = ahead((self.lay(moment) for moment in moments), threads=threads)
        return (each.moment.repainted(self.paste(each)) for each in laid)

    def lay(self, moment: Moment) -> _Laid:
        """Cut one frame's sheets. Frames must come in order."""
        motion = moment.motion
        flat = masses_of(self._opened(moment.small)).flat
        flat = self._flat = settled(flat, self._flat, motion, _FLAT_MEMORY)
        labels = self._cut(flat, motion)
        height = labels.astype(np.float32) * np.float32(min(self._grid) * _THICKNESS)
        height = self._height = remembered(height, self._height, motion, _SHAPE_MEMORY)
        outlines = np.stack([_outline(labels, sheet) for sheet in range(len(self._colours))])
        return _Laid(moment, labels, outlines, self._shaded(height))

    def paste(self, laid: _Laid) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        fibres = on_sheets(self._tile, laid.moment.motion.sheets, self._size)
        shade = stretched(laid.shade, self._size)
        planes = np.empty((3, *fibres.shape), np.uint8)
        stack_sheets(laid.labels, laid.outlines, self._colours, fibres, shade, *self._spans, planes)
        return merged(planes)

    def _opened(self, small: Frame) -> Frame:
        return cast("Frame", curved(small, self._curve))

    def _cut(self, flat: Frame, motion: Motion) -> Mask:
        """Which sheet is seen at each pixel, reluctant to change, with smooth outlines."""
        found = np.empty(flat.shape[:2], np.uint8)
        past = None if motion.cut else self._labels
        before = np.zeros_like(found) if past is None else past
        trust = np.zeros_like(motion.trust) if past is None else motion.trust
        classify(flat, self._palette.nearest, self._palette.near, before, motion.x, motion.y, trust, found)
        self._labels = found
        labels = np.empty_like(found)
        vote(found, np.zeros_like(found), _ROUNDING, labels)
        return labels

    def _shaded(self, height: Plane) -> Mask:
        """How much light reaches each point, 255 for all of it."""
        few = max(8, self._grid[0] // 2), max(8, self._grid[1] // 2)
        half = shrunk(height, few)
        reached = np.empty_like(half)
        cast_shadows(half * np.float32(0.5), np.float32(min(self._grid) * _REACH / 2), reached)
        return bytes_of(
            stretched(softened(reached, 0.8), size_of(height)) * np.float32(0.75) + np.float32(0.25), 255
        )


def _outline(labels: Mask, sheet: int) -> Mask:
    """Where a sheet or a higher one lies, blurred by so much that its edge can wander and show its core."""
    _, there = cv2.threshold(labels, sheet - 0.5, 255, cv2.THRESH_BINARY)
    return boxed(boxed(cast("Mask", there), 3), 5)


def _spans_under(width: int, cells: int) -> tuple[NDArray[np.uint32], Plane, NDArray[np.uint32]]:
    """Where pixels lie between `cells` of the grid, and where spans of it begin: see `stack_sheets`."""
    place = np.clip((np.arange(width) + 0.5) * cells / width - 0.5, 0, cells - 1)
    column = np.minimum(place.astype(np.uint32), np.uint32(cells - 2))
    knots = np.append(np.searchsorted(column, np.arange(0, cells - 1, SPAN)), width)
    return column, (place - column).astype(np.float32), knots.astype(np.uint32)


def _few_sheets(palette: Palette) -> Plane:
    """`(sheets, 3)` L*a*b*: the palette's colours merged two by two, the lowest sheet first: pale below, and
    dark or vivid on top."""
    colours = [(lab, 1) for lab in palette.lab]
    while len(colours) > _SHEETS:
        places = np.array([lab for lab, _ in colours])
        apart = np.linalg.norm((places[:, None] - places[None]) * np.array([0.9, 1.2, 1.2]), axis=2)
        np.fill_diagonal(apart, np.inf)
        one, other = sorted(divmod(int(apart.argmin()), len(colours)))
        (here, much), (there, more) = colours[one], colours.pop(other)
        colours[one] = (here * much + there * more) / (much + more), much + more
    lab = np.array([lab for lab, _ in colours], np.float32)
    return np.ascontiguousarray(lab[np.argsort(chroma_of(lab) * 0.55 - lab[:, 0], kind="stable")])


def _stock(palette: Palette) -> Plane:
    """The sheets' colours as coloured paper: clear, not glaring. `(n, 3)` blue, green, red."""
    lab = palette.lab
    chroma = chroma_of(lab)
    mean = float(chroma.mean())
    gain = float(np.clip(_CHROMA / (mean + 3), *_GAIN))
    grey = np.clip(1 - chroma / 10, 0, 1) * float(np.clip((_DULL[1] - mean) / (_DULL[1] - _DULL[0]), 0, 1))
    a = lab[:, 1] * gain + np.interp(lab[:, 0], _STOCK_LEVELS, _STOCK_A) * grey
    b = lab[:, 2] * gain + np.interp(lab[:, 0], _STOCK_LEVELS, _STOCK_B) * grey
    return bgr_of(np.stack([20 + lab[:, 0] * 0.78, a, b], axis=1).astype(np.float32))


def _paper_tile(seed: int) -> Mask:
    """A tile of fibres and grain, 128 in the middle, which shades sheets and makes their edges wander."""
    random = np.random.default_rng(seed)
    half = TILE // 2
    across, down = (leaning_noise(random, (half, half), grains) for grains in ((0.8, 9.0), (9.0, 0.8)))
    fibres = np.maximum(across - 0.8, 0) + np.maximum(down - 0.8, 0)
    grain = wrapping_noise(random, half, 1.0) * 0.8 + wrapping_noise(random, half, 5.0) * 0.6
    return np.tile(bytes_of((grain + fibres) * np.float32(_GRAIN) + np.float32(128)), (2, 2))
