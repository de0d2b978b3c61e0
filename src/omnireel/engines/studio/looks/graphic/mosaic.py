"""A mosaic: small glazed stones in mortar, in courses that follow the outlines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.graphic.cells import (
    SIXTEENTHS,
    CellPlan,
    Cells,
    Cutter,
    shifted,
    steadied_edges,
)
from omnireel.engines.studio.looks.graphic.tones import bytes_of, opened
from omnireel.engines.studio.looks.painterly.levels import colour_gain
from omnireel.engines.studio.looks.painterly.memory import settled
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.orientation import structure_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    bgr_of,
    boxed,
    curved,
    fetched,
    grey_of,
    lab_of,
    medianed,
    shrunk,
    size_of,
    smoothly_stretched,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, Motion, working_size
from omnireel.media.frames import Frame

_SPACING = 0.027
"""From stone to stone, as a share of the grid's short side."""
_STRICTNESS = 1 / 5000
_SQUARE = 0.85
_FLAT_MEMORY, _TURN_MEMORY, _JOINT_MEMORY = 0.7, 0.9, 0.5
_GRAIN = 0.05
"""Over what share of the short side courses of stones run the same way."""
_JOINT = 0.75
"""Half width of the joints in pixels of the grid."""
_MORTAR = (96, 108, 116)
_CHROMA, _MOST = 26.0, 1.9
_UNEVEN = (4.5, 3.0)
"""Lightness and hue by which stones of one colour differ."""
_TILT = 0.10
"""How much more or less light a stone reflects because it is not set quite flat."""
_DOME = np.minimum(np.arange(256), 3 * SIXTEENTHS).astype(np.uint8)
"""Heights of a stone, in sixteenths of a pixel, by the way to its edge; a sixteenth's slope is a level."""


@dataclass(frozen=True)
class _Set:
    moment: Moment
    stones: Frame
    joints: Mask
    """Pixels of the grid to the nearest joint, in sixteenths."""


class Mosaic:
    """The mosaic look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._curve = opened(samples)
        self._gain = colour_gain(samples, chroma=_CHROMA, most=_MOST)
        spacing = max(4.0, min(self._grid) * _SPACING)
        self._cutter = Cutter(self._grid, CellPlan(spacing, _STRICTNESS, _SQUARE, even=True), seed)
        self._odd = np.random.default_rng(seed).uniform(-1, 1, (4096, 4)).astype(np.float32)
        self._ramp = _joint_ramp()
        self._mortar = np.full((size[1], size[0], 3), _MORTAR, np.uint8)
        self._flat: Frame | None = None
        self._tensor: Plane | None = None
        self._near: Mask | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in stones."""
        laid = ahead((self.lay(moment) for moment in moments), threads=threads)
        return (each.moment.repainted(self.polish(each)) for each in laid)

    def lay(self, moment: Moment) -> _Set:
        """Lay one frame's stones. Frames must come in order."""
        motion = moment.motion
        flat = calmed(medianed(cast("Frame", curved(moment.small, self._curve))))
        flat = self._flat = settled(flat, self._flat, motion, _FLAT_MEMORY)
        tensor = self._tensor = _carried(_coarse_structure(flat), self._tensor, motion)
        cells = self._cutter.cut(flat, motion, turn=_turned(tensor, self._grid))
        near = self._near = steadied_edges(cells, self._near, motion, _JOINT_MEMORY)
        smooth = softened(near, 0.7)
        return _Set(moment, self._glazed(cells, smooth), smooth)

    def polish(self, laid: _Set) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        joints = curved(smoothly_stretched(laid.joints, self._size), self._ramp)
        return blended(stretched(laid.stones, self._size), self._mortar, cast("Mask", joints))

    def _glazed(self, cells: Cells, near: Mask) -> Frame:
        """The stones, each a little domed and set at its own tilt, on the working grid."""
        stones = np.take(self._stones(cells.colours, cells.names), cells.labels, axis=0)
        dome = curved(near, _DOME)
        beyond = shifted(dome, 1)
        bright = np.minimum(cast("Mask", cv2.subtract(dome, beyond)), np.uint8(34))
        dark = np.minimum(cast("Mask", cv2.subtract(beyond, dome)), np.uint8(26))
        lit = cv2.subtract(cv2.add(stones, cv2.merge([bright] * 3)), cv2.merge([dark] * 3))
        return cast("Frame", lit)

    def _stones(self, colours: Plane, names: NDArray[np.int64]) -> Mask:
        lab = lab_of(np.clip(colours, 0, 255).astype(np.uint8))
        odd = self._odd[names % len(self._odd)]
        lab[:, 0] = 8 + lab[:, 0] * 0.88 + odd[:, 0] * _UNEVEN[0]
        lab[:, 1:] = lab[:, 1:] * np.float32(self._gain) + odd[:, 1:3] * np.float32(_UNEVEN[1])
        return bytes_of(bgr_of(lab) * (1 + odd[:, 3:] * np.float32(_TILT)))


def _coarse_structure(flat: Frame) -> Plane:
    """The structure tensor on a quarter of the grid: stones keep their course past small things."""
    few = shrunk(grey_of(flat), _quarter(size_of(flat)))
    return boxed(structure_of(few, max(3, round(min(few.shape) * _GRAIN))), 5)


def _carried(tensor: Plane, past: Plane | None, motion: Motion) -> Plane:
    """What is remembered of the tensor, moved to where its things are now."""
    if past is None or motion.cut:
        return tensor
    quarter, size = size_of(tensor), size_of(motion.x)
    x, y = (
        (shrunk(plane, quarter) + np.float32(0.5)) * np.float32(few / many) - np.float32(0.5)
        for plane, few, many in zip((motion.x, motion.y), quarter, size, strict=True)
    )
    before = fetched(past, x, y)
    share = shrunk(motion.trust, quarter)[..., None] * np.float32(_TURN_MEMORY)
    return np.asarray(tensor + (before - tensor) * share, np.float32)


def _turned(tensor: Plane, size: Size) -> Plane:
    """`(2, height, width)`: cosine and sine of twice the angle of the picture's grain."""
    gap, cross = tensor[..., 0] - tensor[..., 1], tensor[..., 2] * np.float32(2)
    length = np.hypot(gap, cross) + np.float32(1e-6)
    return np.stack([stretched(np.asarray(part / length, np.float32), size) for part in (gap, cross)])


def _quarter(size: Size) -> Size:
    return max(4, size[0] // 4), max(4, size[1] // 4)


def _joint_ramp() -> Mask:
    away = np.arange(256) / SIXTEENTHS
    return np.asarray(np.clip((_JOINT + 0.4 - away) / 0.8, 0, 1) * 255, np.uint8)
