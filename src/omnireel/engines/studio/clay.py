"""Clay: the source remodelled in plasticine, lit from one side, prints riding on what moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.anchor import Sheet, offset_at
from omnireel.engines.studio.kernels_clay import (
    cast_shadows,
    classify,
    find_seams,
    keep_agreeing,
    lean_everywhere,
    light,
    mix,
    press,
    relax,
    vote,
)
from omnireel.engines.studio.masses import Masses, masses_of
from omnireel.engines.studio.palette import COLOURS, palette_of
from omnireel.engines.studio.pigment import pigments_of
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    curved,
    grey_of,
    shrunk,
    size_of,
    softened,
    stretched,
)
from omnireel.engines.studio.relief import relief_tile
from omnireel.engines.studio.tracker import Moment, Motion, working_size
from omnireel.media.frames import Frame

_BEVEL = 0.05
"""Radius of rounded edges, as a share of the working grid's short side."""
_COLOUR_MEMORY = np.float32(0.6)
_SHAPE_MEMORY = np.float32(0.82)
_EXPOSURE = 1.15
_MINIATURE = 0.2
"""Share of the canvas height, top and bottom each, that lies out of the miniature's focus."""


@dataclass(frozen=True)
class Sculpture:
    """One modelled and lit frame on the working grid, to be pressed out at full size."""

    moment: Moment
    labels: Mask
    lit: Frame


@dataclass(frozen=True)
class _Past:
    flat: Frame
    labels: Mask
    height: Plane


class Clay:
    """The clay look for one clip. `samples` are a few of its frames at any size; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._lift = _shadow_lift(samples)
        flats = [masses_of(self._lifted(shrunk(frame, self._grid))).flat for frame in samples]
        self._palette = palette_of(flats, seed)
        self._pigments = pigments_of(self._palette)
        self._tile = relief_tile(seed)
        self._bevel = min(self._grid) * _BEVEL
        self._rim, self._curve = _rim(size), _film_curve()
        self._past: _Past | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in clay."""
        sculptures = (self.model(moment) for moment in moments)
        for sculpture in ahead(sculptures, threads=threads):
            yield sculpture.moment.repainted(self.paint(sculpture))

    def model(self, moment: Moment) -> Sculpture:
        """Shape and light one frame. Frames must come in order: each follows from the one before."""
        past = None if moment.motion.cut else self._past
        masses = masses_of(self._lifted(moment.small))
        flat, agreed = _settle(masses.flat, past, moment.motion)
        labels = self._labels(Masses(flat, masses.detail), past, moment.motion)
        seam = np.empty(labels.shape, np.float32)
        find_seams(labels, self._pigments.contrast, seam)
        height = self._height(labels, seam, grey_of(flat))
        if past is not None:
            kept = moment.motion.follow(past.height)
            height = height + (kept - height) * (agreed * moment.motion.trust * _SHAPE_MEMORY)
        self._past = _Past(flat, labels, height)
        return Sculpture(moment, labels, self._lit(height, labels, flat))

    def paint(self, sculpture: Sculpture) -> Frame:
        """One sculpture at full size. Does not depend on other frames."""
        out = np.empty((self._size[1], self._size[0], 3), np.uint8)
        press(
            sculpture.labels,
            self._pigments.bgr,
            stretched(sculpture.lit, self._size),
            self._lean(sculpture.moment.motion.sheets),
            self._rim,
            self._curve,
            out,
        )
        return _out_of_focus_bands(out)

    def _lean(self, sheets: Sequence[Sheet]) -> NDArray[np.int8]:
        """The relief of the texture sheets, each in its share, at every pixel."""
        leans = [self._lean_of(sheet) for sheet in sheets]
        if len(leans) == 1:
            return leans[0]
        parts = [lean * np.float32(sheet.weight) for lean, sheet in zip(leans, sheets, strict=True)]
        return np.asarray(np.sum(parts, axis=0), np.int8)

    def _lean_of(self, sheet: Sheet) -> NDArray[np.int8]:
        lean = np.empty((self._size[1], self._size[0]), np.int8)
        lean_everywhere(self._tile, np.float32(720 / min(self._size)), offset_at(sheet, self._size), lean)
        return lean

    def _lifted(self, small: Frame) -> Frame:
        return cast("Frame", curved(small, self._lift))

    def _labels(self, masses: Masses, past: _Past | None, motion: Motion) -> Mask:
        labels, voted = np.empty_like(masses.detail), np.empty_like(masses.detail)
        # Without a past there is nothing to be reluctant about: no trust anywhere.
        before = labels if past is None else past.labels
        trust = np.zeros_like(motion.trust) if past is None else motion.trust
        before = np.zeros_like(labels) if past is None else before
        classify(
            masses.flat, self._palette.nearest, self._palette.near, before, motion.x, motion.y, trust, labels
        )
        vote(labels, masses.detail, 3, COLOURS, voted)
        return voted

    def _height(self, labels: Mask, seam: Plane, luma: Mask) -> Plane:
        swell = _inflated(softened(seam, 0.8) * np.float32(1.2), self._bevel)
        root = np.sqrt(swell * np.float32(2 / self._bevel**2))
        pillow = root * np.sqrt(root) * np.float32(self._bevel * 0.85)
        rise = softened(cast("Plane", curved(labels, _table(self._pigments.rise))), self._bevel * 0.12)
        form = boxed(boxed(luma.astype(np.float32), _odd(self._bevel * 0.5)), _odd(self._bevel * 0.5))
        shape = softened(pillow, 1.6) + rise * (self._bevel * 0.55) + form * (self._bevel * 0.006)
        return cast("Plane", shape.astype(np.float32))

    def _lit(self, height: Plane, labels: Mask, flat: Frame) -> Frame:
        half = shrunk(height, (max(8, height.shape[1] // 2), max(8, height.shape[0] // 2)))
        few = shrunk(half, (max(8, half.shape[1] // 2), max(8, half.shape[0] // 2)))
        around = stretched(softened(few, max(0.8, self._bevel * 0.22)), size_of(height))
        reach = np.empty_like(half)
        cast_shadows(half * np.float32(0.5), np.float32(self._bevel / 2), reach)
        reach = stretched(reach, size_of(height))
        out = np.empty((*height.shape, 4), np.uint8)
        light(height, around, reach, self._tone(labels, grey_of(flat)), np.float32(self._bevel), out)
        return out

    def _tone(self, labels: Mask, luma: Mask) -> Plane:
        """What is left of the source's own shading inside each piece, as a factor around 1."""
        usual = cast("Plane", curved(labels, _table(self._pigments.luma)))
        apart = (luma.astype(np.float32) - usual) / (usual + np.float32(60))
        return softened(1 + np.clip(apart, -0.6, 0.6) * np.float32(0.9), 1.6)


def _settle(flat: Frame, past: _Past | None, motion: Motion) -> tuple[Frame, Plane]:
    """Steady the flattened colours with those of the frame before; and how far the two agree, 0 to 1."""
    agreed = np.zeros(flat.shape[:2], np.float32)
    if past is None:
        return flat, agreed
    out = np.empty_like(flat)
    keep_agreeing(flat, motion.follow(past.flat), motion.trust, _COLOUR_MEMORY, out, agreed)
    return out, agreed


def _inflated(seam: Plane, bevel: float) -> Plane:
    """Swell every piece between its seams, coarse to fine: quarter circles of radius `bevel` at deep seams.

    The screened Poisson equation (2 / bevel**2 + seam) u - laplacian(u) = 1 has u = bevel**2 / 2 in the
    middle of wide pieces, and sqrt(2 u) is a circle's profile across narrow ones.
    """
    levels = [seam]
    while len(levels) < 4 and min(levels[-1].shape) > 16:
        size = size_of(levels[-1])
        # A seam is a line: at half the size its pixels are half as many, so each counts double.
        levels.append(shrunk(levels[-1], (size[0] // 2, size[1] // 2)) * np.float32(2))
    swell = np.zeros_like(levels[-1])
    for depth, sweeps in zip(reversed(range(len(levels))), (24, 8, 5, 4), strict=False):
        if swell.shape != levels[depth].shape:
            swell = stretched(swell, size_of(levels[depth])) * np.float32(4)
        relax(swell, levels[depth], np.float32(2 / (bevel / 2**depth) ** 2), sweeps)
    return swell


def _out_of_focus_bands(frame: Frame) -> Frame:
    """Blur towards the top and bottom edges, in place: a small set seen through a close lens."""
    height, width = frame.shape[:2]
    band = int(height * _MINIATURE)
    ramp = np.clip(np.linspace(1.15, 0, band), 0, 1) * 255
    share = np.repeat(ramp.astype(np.uint8)[:, None], width, axis=1)
    for rows, part in ((slice(0, band), share), (slice(height - band, height), share[::-1])):
        few = shrunk(frame[rows], (max(1, width // 2), max(1, band // 2)))
        soft = stretched(boxed(few, _odd(min(height, width) / 200)), (width, band))
        mix(frame[rows].copy(), soft, part, frame[rows])
    return frame


def _shadow_lift(samples: Sequence[Frame]) -> Mask:
    """A curve that opens dark clips up, so that shapes in their shadows become pieces of their own."""
    luma = np.concatenate([grey_of(shrunk(frame, (64, 64))).ravel() for frame in samples])
    middle = float(np.clip(np.median(luma) / 255, 0.02, 0.9))
    gamma = float(np.clip(np.log(0.46) / np.log(middle), 0.62, 1.0))
    return np.asarray(255 * (np.arange(256) / 255) ** gamma + 0.5, np.uint8)


def _film_curve() -> Mask:
    """1,024 entries: a soft shoulder above white and a gentle S."""
    level = np.arange(1024) / 255
    shoulder = np.clip((1 - np.exp(-level * _EXPOSURE)) / (1 - np.exp(-_EXPOSURE)), 0, 1)
    curve = shoulder * 0.55 + shoulder**2 * (3 - 2 * shoulder) * 0.45
    return np.asarray(curve * 255 + 0.5, np.uint8)


def _rim(size: Size) -> Plane:
    """Darkening towards the edges: half of it by row, then half by column."""
    sides = []
    for length in (size[1], size[0]):
        away = np.linspace(-1, 1, length) ** 2
        sides.append(0.5 - 0.1 * np.clip(away - 0.2, 0, 1))
    return np.asarray(np.concatenate(sides), np.float32)


def _table(values: Plane) -> Plane:
    table = np.zeros(256, np.float32)
    table[: len(values)] = values
    return table


def _odd(length: float) -> int:
    return max(1, int(length) | 1)
