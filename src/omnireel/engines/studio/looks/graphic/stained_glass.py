"""Stained glass: jewel-coloured panes in lead, with the light behind them."""

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
    carried_on,
    shifted,
    steadied_edges,
)
from omnireel.engines.studio.looks.graphic.tones import bytes_of, opened
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.masses import masses_of
from omnireel.engines.studio.picture.palette import chroma_of
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    bgr_of,
    boxed,
    curved,
    grey_of,
    lab_of,
    shrunk,
    size_of,
    smoothly_stretched,
    softened,
    stretched,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_SPACING = 0.062
"""From pane to pane, as a share of the grid's short side."""
_STRICTNESS = 1 / 1600
_LEAD = 0.0042
"""Half width of the lead, as a share of the grid's short side."""
_FLAT_MEMORY, _LEAD_MEMORY = 0.7, 0.5
_FINE_MEMORY = 0.85
_TRACED = (10.0, 60.0, 0.72)
"""Levels darker than the surroundings from which something is painted, levels more until black, the most."""
_CHROMA = 46.0
_GAIN = (1.4, 2.8)
_DULL = (8.0, 24.0)
"""Mean chroma of a clip under which greys become coloured glass, and from which they stay as they are."""
_GLASS_LEVELS = (0.0, 18.0, 36.0, 54.0, 72.0, 88.0, 100.0)
_GLASS_A = (12.0, 22.0, 44.0, -22.0, 2.0, 6.0, 0.0)
_GLASS_B = (-34.0, -52.0, 14.0, -16.0, 46.0, 40.0, 12.0)
"""Hues for greys by lightness: cobalt, ruby, teal, amber, straw."""
_UNEVEN = (5.0, 6.0)
"""Lightness and hue by which panes of one colour differ."""
_LEAD_DARK, _LEAD_SHINE = 30, 7.0 / SIXTEENTHS
_ONE = 160.0
"""What counts as all of the light, in bytes that have to hold more."""
_BOWL = bytes_of(
    np.float32(0.80) + np.minimum(np.arange(256, dtype=np.float32) * np.float32(0.24 / 112), 0.24), _ONE
)
"""Light by the way to the lead: panes are a little thinner in their middle."""
_PAINTED = bytes_of(
    1 - np.clip((np.arange(256, dtype=np.float32) - _TRACED[0]) / _TRACED[1], 0, _TRACED[2]), 255
)
_GLOW = 0.35


@dataclass(frozen=True)
class _Window:
    moment: Moment
    glass: Frame
    lead: Mask
    """Pixels of the grid to the nearest edge, in sixteenths."""
    shine: Mask


class StainedGlass:
    """The stained-glass look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._curve = opened(samples)
        side = min(self._grid)
        self._cutter = Cutter(self._grid, CellPlan(max(5.0, side * _SPACING), _STRICTNESS, rounding=1), seed)
        smalls = [shrunk(frame, (96, 96)) for frame in samples]
        self._mean = float(chroma_of(lab_of(np.concatenate(smalls).reshape(-1, 3))).mean())
        self._jitter = np.random.default_rng(seed).uniform(-1, 1, (1024, 3)).astype(np.float32)
        self._ramp = _lead_ramp(max(1.0, side * _LEAD))
        self._light = _back_light(self._grid)
        self._flat: Frame | None = None
        self._near: Mask | None = None
        self._fineness: Plane | None = None
        self._traced: Mask | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment as a window."""
        windows = ahead((self.glaze(moment) for moment in moments), threads=threads)
        return (window.moment.repainted(self.assemble(window)) for window in windows)

    def glaze(self, moment: Moment) -> _Window:
        """Cut and colour one frame's panes. Frames must come in order."""
        motion = moment.motion
        small = cast("Frame", curved(moment.small, self._curve))
        masses = masses_of(small)
        flat = self._flat = settled(masses.flat, self._flat, motion, _FLAT_MEMORY)
        fineness = self._fineness = remembered(_fineness(masses.detail), self._fineness, motion, _FINE_MEMORY)
        cells = self._cutter.cut(flat, motion, fineness=fineness)
        near = self._near = steadied_edges(cells, self._near, motion, _LEAD_MEMORY)
        smooth = softened(near, 1.2)
        traced = self._traced = carried_on(_traced(grey_of(small)), self._traced, motion, _LEAD_MEMORY)
        slope = cv2.addWeighted(smooth, _LEAD_SHINE, shifted(smooth, 2), -_LEAD_SHINE, _LEAD_DARK)
        return _Window(moment, self._glass(cells, traced, smooth), smooth, cast("Mask", slope))

    def assemble(self, window: _Window) -> Frame:
        """One frame at full size. Does not depend on other frames."""
        glass = stretched(window.glass, self._size)
        lead = cast("Mask", curved(smoothly_stretched(window.lead, self._size), self._ramp))
        shine = stretched(window.shine, self._size)
        return blended(glass, cast("Frame", cv2.merge([shine] * 3)), lead)

    def _glass(self, cells: Cells, traced: Mask, near: Mask) -> Frame:
        """The panes with light behind them, on the working grid."""
        panes = np.take(bytes_of(self._jewels(cells.colours, cells.names)), cells.labels, axis=0)
        light = cv2.multiply(self._light, cast("Mask", curved(near, _BOWL)), scale=1 / _ONE)
        light = cv2.multiply(light, traced, scale=1 / 255)
        return _glowing(cast("Frame", cv2.multiply(panes, cv2.merge([light] * 3), scale=1 / _ONE)))

    def _jewels(self, colours: Plane, names: NDArray[np.int64]) -> Plane:
        """Cells' colours as glass: deep and full of colour, no two panes quite alike."""
        lab = lab_of(np.clip(colours, 0, 255).astype(np.uint8))
        gain = float(np.clip(_CHROMA / (self._mean + 4), *_GAIN))
        dull = float(np.clip((_DULL[1] - self._mean) / (_DULL[1] - _DULL[0]), 0, 1))
        grey = np.clip(1 - chroma_of(lab) / 14, 0, 1) * dull
        a = lab[:, 1] * gain + np.interp(lab[:, 0], _GLASS_LEVELS, _GLASS_A) * grey
        b = lab[:, 2] * gain + np.interp(lab[:, 0], _GLASS_LEVELS, _GLASS_B) * grey
        odd = self._jitter[names % len(self._jitter)] * np.array(
            [_UNEVEN[0], _UNEVEN[1], _UNEVEN[1]], np.float32
        )
        glass = np.stack([15 + lab[:, 0] * 0.75, a, b], axis=1).astype(np.float32) + odd
        return bgr_of(glass)


def _fineness(detail: Mask) -> Plane:
    """Smaller panes where there is detail: 0.66 to 1.15, changing slowly over the picture."""
    width, height = size_of(detail)
    few = shrunk(detail, (max(4, width // 8), max(4, height // 8))).astype(np.float32)
    busy = boxed(boxed(few, max(1, height // 60 | 1)), max(1, height // 60 | 1))
    return stretched(np.clip(np.float32(1.15) - busy * np.float32(1 / 130), 0.66, 1.15), (width, height))


def _traced(luma: Mask) -> Mask:
    """What is painted on the glass in black, 255 as clear: eyes, mouths, whatever is small and dark."""
    around = boxed(luma, max(3, min(luma.shape) // 20 | 1))
    return cast("Mask", curved(cast("Mask", cv2.subtract(around, softened(luma, 1.0))), _PAINTED))


def _lead_ramp(half: float) -> Mask:
    """Share of lead by the distance to the edge in sixteenths of a pixel."""
    away = np.arange(256) / SIXTEENTHS
    return np.asarray(np.clip((half + 0.45 - away) / 0.9, 0, 1) * 255, np.uint8)


def _back_light(grid: Size) -> Mask:
    """A sun behind the upper middle of the window."""
    x, y = np.linspace(-1, 1, grid[0], dtype=np.float32), np.linspace(-1, 1, grid[1], dtype=np.float32)
    away = x[None] ** 2 * np.float32(0.6) + (y[:, None] + np.float32(0.3)) ** 2 * np.float32(0.7)
    return bytes_of(np.asarray(0.84 + 0.42 * np.exp(-away), np.float32), _ONE)


def _glowing(glass: Frame) -> Frame:
    """Light scattered in the glass around its brightest panes."""
    height, width = glass.shape[:2]
    few = shrunk(glass, (max(4, width // 8), max(4, height // 8)))
    bright = np.maximum(few, np.uint8(110)) - np.uint8(110)
    glow = boxed(boxed(bright, max(1, height // 70 | 1)), max(1, height // 70 | 1))
    return cast("Frame", cv2.addWeighted(glass, 1, stretched(glow, (width, height)), _GLOW, 0))
