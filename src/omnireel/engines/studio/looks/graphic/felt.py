"""Needle felt: soft padded shapes of dyed wool, with loose fibres across every edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.clay.kernels import classify, find_seams, vote
from omnireel.engines.studio.looks.clay.relief import TILE, spread_tile
from omnireel.engines.studio.looks.graphic.fibres import on_sheets
from omnireel.engines.studio.looks.graphic.tones import bytes_of, opened
from omnireel.engines.studio.looks.painterly.levels import colour_gain
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.masses import masses_of
from omnireel.engines.studio.picture.palette import palette_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    bgr_of,
    curved,
    fetched,
    grey_of,
    pixel_grid,
    shrunk,
    size_of,
    softened,
    stretched,
)
from omnireel.engines.studio.picture.volume import inflated
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, Motion, working_size
from omnireel.media.frames import Frame

_ROUNDING = 3
_FLAT_MEMORY, _HEIGHT_MEMORY = 0.7, 0.8
_BEVEL = 0.06
"""Radius of padded edges, as a share of the grid's short side."""
_SEAM = (10.0, 40.0)
"""Lab distance of two colours at which a furrow between them begins, and is deepest."""
_FUZZ = 4.2
"""Pixels of the grid by which fibres carry colour across an edge."""
_LOCKS, _FIBRES = 100, 70
_STEPS, _STRIDE, _CURL = 9, 4.0, 0.45
_PATCH = 512
"""Texels after which the fibres repeat."""
_HAIR = 0.4
"""How much lighter or darker a fibre is than the wool around it."""
_CHROMA, _MOST = 30.0, 2.0
_SHADING = 0.55
"""How much of the source's own light and shade is left within one colour of wool."""


@dataclass(frozen=True)
class _Padded:
    moment: Moment
    wool: Frame
    light: Mask
    """128 is plain."""


class Felt:
    """The needle-felt look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._curve = opened(samples)
        flats = [masses_of(self._opened(shrunk(frame, self._grid))).flat for frame in samples]
        self._palette = palette_of(flats, seed)
        self._dyes = _dyed(self._palette.lab, colour_gain(samples, chroma=_CHROMA, most=_MOST))
        self._contrast = _contrast(self._palette.lab)
        self._lumas = _luma_of(self._palette.lab)
        hair = _hair_tile(seed)
        self._hair = spread_tile(hair, size)
        # The same wool turned about serves as the way fibres lean: nothing else has their size and shape.
        self._lean = spread_tile(np.ascontiguousarray(hair.T), self._grid)
        self._side_lean = spread_tile(np.ascontiguousarray(hair[::-1]), self._grid)
        self._flat: Frame | None = None
        self._labels: Mask | None = None
        self._height: Plane | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in wool."""
        padded = ahead((self.pad(moment) for moment in moments), threads=threads)
        return (each.moment.repainted(self.comb(each)) for each in padded)

    def pad(self, moment: Moment) -> _Padded:
        """Shape one frame. Frames must come in order."""
        motion = moment.motion
        masses = masses_of(self._opened(moment.small))
        flat = self._flat = settled(masses.flat, self._flat, motion, _FLAT_MEMORY)
        labels = self._sorted(flat, masses.detail, motion)
        seam = np.empty(labels.shape, np.float32)
        find_seams(labels, self._contrast, seam)
        bevel = min(self._grid) * _BEVEL
        height = np.sqrt(inflated(softened(seam, 1.0), bevel) * np.float32(2))
        height = self._height = remembered(height, self._height, motion, _HEIGHT_MEMORY)
        tone = self._tone(labels, grey_of(flat))
        wool = self._fuzzy(np.take(self._dyes, labels, axis=0), moment)
        return _Padded(moment, wool, bytes_of(_daylight(height, bevel) * tone, 128))

    def comb(self, padded: _Padded) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        hair = on_sheets(self._hair, padded.moment.motion.sheets, self._size)
        shade = cv2.multiply(stretched(padded.light, self._size), hair, scale=1 / 128)
        wool = stretched(padded.wool, self._size)
        return cast("Frame", cv2.multiply(wool, cv2.merge([shade] * 3), scale=1 / 128))

    def _opened(self, small: Frame) -> Frame:
        return cast("Frame", curved(small, self._curve))

    def _sorted(self, flat: Frame, detail: Mask, motion: Motion) -> Mask:
        """The wool of each pixel, reluctant to change, with rounded outlines."""
        found = np.empty(flat.shape[:2], np.uint8)
        past = None if motion.cut else self._labels
        before = np.zeros_like(found) if past is None else past
        trust = np.zeros_like(motion.trust) if past is None else motion.trust
        classify(flat, self._palette.nearest, self._palette.near, before, motion.x, motion.y, trust, found)
        self._labels = found
        labels = np.empty_like(found)
        vote(found, detail, _ROUNDING, labels)
        return labels

    def _fuzzy(self, wool: Frame, moment: Moment) -> Frame:
        """Colours carried a little way along the fibres, so that no edge is sharp."""
        sheets = moment.motion.sheets
        lean = (on_sheets(tile, sheets, self._grid) for tile in (self._lean, self._side_lean))
        x, y = ((each.astype(np.float32) - 128) * np.float32(_FUZZ / (128 * _HAIR)) for each in lean)
        grid = pixel_grid(self._grid)
        return fetched(wool, grid[..., 0] + x, grid[..., 1] + y)

    def _tone(self, labels: Mask, luma: Mask) -> Plane:
        usual = np.take(self._lumas, labels)
        apart = np.clip((luma.astype(np.float32) - usual) / (usual + np.float32(60)), -0.6, 0.6)
        return softened(1 + apart * np.float32(_SHADING), 2.0)


def _daylight(height: Plane, bevel: float) -> Plane:
    """Soft light from the upper left on padded wool, which has no gloss: a factor around 1."""
    soft = softened(height, 2.0)
    slope = (soft - np.roll(soft, (2, 2), (0, 1))) * np.float32(0.5)
    few = shrunk(soft, (max(4, soft.shape[1] // 4), max(4, soft.shape[0] // 4)))
    around = stretched(softened(few, 2.0), size_of(soft))
    hollow = np.clip((around - soft) / np.float32(bevel), -0.2, 0.6)
    light = 1.05 + np.clip(slope * np.float32(0.38), -0.24, 0.2) - hollow * np.float32(0.45)
    return np.asarray(light, np.float32)


def _dyed(lab: Plane, gain: float) -> Mask:
    """`(n, 3)` bytes: wool is never black nor glaring."""
    dyes = lab * np.array([0.74, gain, gain], np.float32) + np.array([17, 0, 0], np.float32)
    return bytes_of(bgr_of(dyes))


def _luma_of(lab: Plane) -> Plane:
    return np.asarray(bgr_of(lab) @ np.array([0.114, 0.587, 0.299], np.float32), np.float32)


def _contrast(lab: Plane) -> Plane:
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    return np.asarray(np.clip((apart - _SEAM[0]) / (_SEAM[1] - _SEAM[0]), 0, 1), np.float32)


def _hair_tile(seed: int) -> Mask:
    """A tile that wraps, 128 in the middle: thousands of curled fibres, lighter and darker ones crossing."""
    random = np.random.default_rng(seed)
    tile = np.full((_PATCH, _PATCH), 128, np.uint8)
    shifts = [(x, y) for x in (0, -_PATCH, _PATCH) for y in (0, -_PATCH, _PATCH)]
    for _ in range(_LOCKS):
        shade = int(128 * (1 + random.uniform(-_HAIR, _HAIR)))
        lock = _lock(random)
        for shift in shifts:
            places = np.rint((lock + np.array(shift)) * 16).astype(np.int32)
            cv2.polylines(tile, list(places), isClosed=False, color=shade, lineType=cv2.LINE_AA, shift=4)
    return np.tile(tile, (TILE // _PATCH, TILE // _PATCH))


def _lock(random: np.random.Generator) -> NDArray[np.float64]:
    """`(fibres, steps, 2)`: where fibres of one shade lie, each curled its own way."""
    curl = random.normal(0, _CURL / 2, (_FIBRES, 1)) + random.normal(0, _CURL / 2, (_FIBRES, _STEPS))
    angle = random.uniform(0, 2 * np.pi, (_FIBRES, 1)) + np.cumsum(curl, axis=1)
    path = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=-1) * _STRIDE, axis=1)
    start: NDArray[np.float64] = random.uniform(0, _PATCH, (_FIBRES, 1, 2))
    return start + path
