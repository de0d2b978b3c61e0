"""Clay: the source remodelled in plasticine, lit from one side, prints riding on what moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.anchor import Sheet, canvas_offset
from omnireel.engines.studio.looks.clay.kernels import (
    agree,
    cast_shadows,
    classify,
    find_seams,
    find_shading,
    light,
    plump,
    recall,
    vote,
)
from omnireel.engines.studio.looks.clay.kernels_press import press
from omnireel.engines.studio.looks.clay.pigment import pigments_of
from omnireel.engines.studio.looks.clay.relief import relief_tile, sampled, spread_tile
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.kernels_masses import mix_into
from omnireel.engines.studio.picture.masses import Beads, Masses, beads_of, masses_of
from omnireel.engines.studio.picture.palette import palette_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    bordered,
    boxed,
    crossfaded,
    curved,
    difference,
    grey_of,
    merged,
    shrunk,
    size_of,
    softened,
    split,
    stretched,
    strongest,
)
from omnireel.engines.studio.picture.volume import inflated
from omnireel.engines.studio.pipeline import ahead, fanned
from omnireel.engines.studio.tracker import Moment, Motion, working_size
from omnireel.media.frames import Frame

_BEVEL = 0.05
"""Radius of rounded edges, as a share of the working grid's short side."""
_ROUNDING = 3
"""Pixels of the working grid over which colours vote for their neighbours."""
_COLOUR_MEMORY = np.float32(0.6)
_BEAD_RISE = 40
_PELLET = 0.34
"""Height of a bead, as a share of the bevel."""
_SHAPE_MEMORY = np.float32(0.82)
_MINIATURE = 0.2
"""Share of the canvas height, top and bottom each, that lies out of the miniature's focus."""


@dataclass(frozen=True)
class Sketch:
    """One frame simplified: its masses, and the beads that might be set into them."""

    moment: Moment
    masses: Masses
    beads: Beads


@dataclass(frozen=True)
class Sculpture:
    """One frame modelled on the working grid, to be lit and pressed out at full size."""

    moment: Moment
    labels: Mask
    height: Plane
    luma: Mask
    """Brightness of the simplified source, for the shading left inside each piece."""


@dataclass(frozen=True)
class _Past:
    seen: Mask
    """`(height, width, 4)`: flattened colours and beads, which move together."""
    labels: Mask
    height: Plane


@dataclass(frozen=True)
class _Easel:
    """Room for one frame at full size, reused: asking the system for it each time costs milliseconds."""

    lit: Mask
    planes: Mask

    @classmethod
    def of(cls, size: Size) -> _Easel:
        return cls(np.empty((4, size[1], size[0]), np.uint8), np.empty((3, size[1], size[0]), np.uint8))


class _Lens:
    """A close lens upon a small set: towards the top and bottom edges of a picture it loses focus."""

    def __init__(self, size: Size) -> None:
        width, height = size
        band = int(height * _MINIATURE)
        ramp = (np.clip(np.linspace(1.15, 0, band), 0, 1) * 255).astype(np.uint8)
        share = np.repeat(ramp[:, None], width * 3, axis=1)
        self._bands = (slice(0, band), share), (slice(height - band, height), share[::-1].copy())
        self._part = max(2, min(size) // 360)
        self._blur = _odd(min(size) / (100 * self._part))

    def defocus(self, frame: Frame) -> None:
        """Blur the bands of a frame, in place."""
        for rows, share in self._bands:
            sharp = frame[rows]
            few = shrunk(sharp, (max(1, sharp.shape[1] // self._part), max(1, sharp.shape[0] // self._part)))
            soft = stretched(boxed(few, self._blur), size_of(sharp))
            mix_into(sharp.reshape(-1), soft.reshape(-1), share.reshape(-1))


class Clay:
    """The clay look for one clip. `samples` are a few of its frames at any size; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._lift = _shadow_lift(samples)
        smalls = [cast("Frame", curved(shrunk(frame, self._grid), self._lift)) for frame in samples]
        self._palette = palette_of([masses_of(small).flat for small in smalls], seed)
        self._pigments = pigments_of(self._palette)
        self._usual = _table(self._pigments.luma).astype(np.uint8)
        self._sheet = spread_tile(relief_tile(seed), size)
        self._bevel = min(self._grid) * _BEVEL
        self._rims = _rim(size[1]), _rim(size[0])
        self._cells = _cells_under(size[0], self._grid[0])
        self._past: _Past | None = None
        self._lens = _Lens(size)
        self._easels: deque[_Easel] = deque()

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in clay."""
        sketches = ahead(fanned(moments, self.sketch, threads=threads), threads=threads)
        sculptures = ahead((self.model(sketch) for sketch in sketches), threads=threads)
        return fanned(sculptures, self._repainted, threads=threads)

    def sketch(self, moment: Moment) -> Sketch:
        """Simplify one frame. Does not depend on other frames."""
        small = cast("Frame", curved(moment.small, self._lift))
        return Sketch(moment, masses_of(small), beads_of(small))

    def model(self, sketch: Sketch) -> Sculpture:
        """Shape one frame. Frames must come in order: each follows from the one before."""
        motion, masses = sketch.moment.motion, sketch.masses
        past = None if motion.cut else self._past
        before = None if past is None else motion.follow(past.seen)
        beads = _lasting(sketch.beads.where, before)
        flat, agreed = _settle(blended(masses.flat, sketch.beads.picture, beads), before, motion)
        found = self._classified(flat, past, motion)
        labels = np.empty_like(found)
        vote(found, np.maximum(masses.detail, beads), _ROUNDING, labels)
        luma = grey_of(flat)
        height = self._height(labels, luma, beads)
        if past is not None:
            recall(height, motion.follow(past.height), agreed, motion.trust, _SHAPE_MEMORY)
        # The labels before the vote: voted ones would be rounded again every frame and melt.
        self._past = _Past(merged([*split(flat), beads]), found, height)
        return Sculpture(sketch.moment, labels, height, luma)

    def paint(self, sculpture: Sculpture) -> Frame:
        """One sculpture at full size. Does not depend on other frames."""
        easel = self._easels.pop() if self._easels else _Easel.of(self._size)
        for plane, target in zip(self._lit(sculpture), easel.lit, strict=True):
            stretched(plane, self._size, target)
        lean = _lean(self._sheet, sculpture.moment.motion.sheets, self._size)
        lit, (place, weights) = easel.lit, self._cells
        press(
            bordered(sculpture.labels, 1),
            self._pigments.bgr,
            lit[:3],
            lit[3],
            lean,
            *self._rims,
            place,
            weights,
            easel.planes,
        )
        painted = merged(easel.planes)
        self._easels.append(easel)
        self._lens.defocus(painted)
        return painted

    def _repainted(self, sculpture: Sculpture) -> Moment:
        return sculpture.moment.repainted(self.paint(sculpture))

    def _classified(self, flat: Frame, past: _Past | None, motion: Motion) -> Mask:
        """The palette colour of each pixel, reluctant to change from frame to frame."""
        found = np.empty(flat.shape[:2], np.uint8)
        before = np.zeros_like(found) if past is None else past.labels
        trust = np.zeros_like(motion.trust) if past is None else motion.trust
        classify(flat, self._palette.nearest, self._palette.near, before, motion.x, motion.y, trust, found)
        return found

    def _height(self, labels: Mask, luma: Mask, beads: Mask) -> Plane:
        seam = np.empty(labels.shape, np.float32)
        find_seams(labels, self._pigments.contrast, seam)
        swell = inflated(softened(seam, 0.8) * np.float32(1.2), self._bevel)
        pillow = np.empty_like(swell)
        plump(swell, beads, np.float32(self._bevel), np.float32(self._bevel * _PELLET), pillow)
        few = shrunk(luma.astype(np.float32), (max(8, luma.shape[1] // 2), max(8, luma.shape[0] // 2)))
        form = boxed(boxed(few, _odd(self._bevel * 0.25)), _odd(self._bevel * 0.25))
        rise = shrunk(cast("Plane", curved(labels, _table(self._pigments.rise))), size_of(few))
        broad = softened(rise, self._bevel * 0.06) * np.float32(self._bevel * 0.55)
        broad += form * np.float32(self._bevel * 0.006)
        height: Plane = softened(pillow, 1.6) + stretched(broad, size_of(labels))
        return height

    def _lit(self, sculpture: Sculpture) -> Mask:
        """`(4, height, width)` on the working grid: light on blue, green and red, then sheen."""
        height = sculpture.height
        half = shrunk(height, (max(8, height.shape[1] // 2), max(8, height.shape[0] // 2)))
        few = shrunk(half, (max(8, half.shape[1] // 2), max(8, half.shape[0] // 2)))
        around = stretched(softened(few, max(0.8, self._bevel * 0.22)), size_of(height))
        reach = np.empty_like(half)
        cast_shadows(half * np.float32(0.5), np.float32(self._bevel / 2), reach)
        reach = stretched(reach, size_of(height))
        out = np.empty((4, *height.shape), np.uint8)
        tone = self._tone(sculpture.labels, sculpture.luma)
        light(height, around, reach, tone, np.float32(self._bevel), out)
        return out

    def _tone(self, labels: Mask, luma: Mask) -> Plane:
        """What is left of the source's own shading inside each piece, as a factor around 1."""
        half = max(8, luma.shape[1] // 2), max(8, luma.shape[0] // 2)
        usual = shrunk(cast("Mask", curved(labels, self._usual)), half)
        shade = np.empty(usual.shape, np.float32)
        find_shading(shrunk(luma, half), usual, shade)
        return stretched(softened(shade, 0.9), size_of(luma))


def _lasting(beads: Mask, before: Mask | None) -> Mask:
    """Beads that were there before; new ones rise over several frames, so that glitter never does."""
    if before is None:
        return beads
    known = np.minimum(before[..., 3], np.uint8(255 - _BEAD_RISE))
    return np.minimum(beads, known + np.uint8(_BEAD_RISE))


def _settle(flat: Frame, before: Mask | None, motion: Motion) -> tuple[Frame, Plane]:
    """Steady the flattened colours with those of the frame before; and how far the two agree, 0 to 1."""
    agreed = np.zeros(flat.shape[:2], np.float32)
    if before is None:
        return flat, agreed
    share = np.empty(flat.shape[:2], np.uint8)
    past = cast("Frame", cv2.cvtColor(before, cv2.COLOR_BGRA2BGR))
    agree(strongest(difference(flat, past)), motion.trust, _COLOUR_MEMORY * np.float32(255), agreed, share)
    return blended(flat, past, share), agreed


def _shadow_lift(samples: Sequence[Frame]) -> Mask:
    """A curve that opens dark clips up, so that shapes in their shadows become pieces of their own."""
    luma = np.concatenate([grey_of(shrunk(frame, (64, 64))).ravel() for frame in samples])
    middle = float(np.clip(np.median(luma) / 255, 0.02, 0.9))
    gamma = float(np.clip(np.log(0.46) / np.log(middle), 0.62, 1.0))
    return np.asarray(255 * (np.arange(256) / 255) ** gamma + 0.5, np.uint8)


def _rim(length: int) -> Plane:
    """Darkening towards both ends of one side of the canvas; two sides add up to 1 in the middle."""
    away = np.linspace(-1, 1, length) ** 2
    return np.asarray(0.5 - 0.1 * np.clip(away - 0.2, 0, 1), np.float32)


def _cells_under(width: int, cells: int) -> tuple[NDArray[np.uint32], Plane]:
    """The pixels in `width` that each of `cells` label cells covers, and their weights: see `press`."""
    at = (np.arange(width) + 0.5) * cells / width - 0.5
    middle = np.clip(np.floor(at + 0.5), 0, cells - 1)
    knots = np.searchsorted(middle, np.arange(cells + 1))
    before, after = 0.5 - (at - middle), 0.5 + (at - middle)
    weights = np.stack([before**2 / 2, 0.75 - (at - middle) ** 2, after**2 / 2])
    place = knots[:-1] + np.arange(np.diff(knots).max())[:, None]
    place = np.where(place < knots[1:], place, width)
    wx = np.pad(weights, ((0, 0), (0, 1)))[:, place].transpose(1, 0, 2)
    return place.astype(np.uint32), np.ascontiguousarray(wx, np.float32)


def _lean(sheet_of_relief: Mask, sheets: Sequence[Sheet], size: Size) -> Mask:
    """The relief of the texture sheets, each in its share, at every pixel."""
    leans = [sampled(sheet_of_relief, canvas_offset(sheet, size), size) for sheet in sheets]
    if len(leans) == 1:
        return leans[0]
    return crossfaded(leans[0], leans[1], sheets[1].weight)


def _table(values: Plane) -> Plane:
    table = np.zeros(256, np.float32)
    table[: len(values)] = values
    return table


def _odd(length: float) -> int:
    return max(1, int(length) | 1)
