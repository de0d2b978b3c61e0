"""Oil: thick strokes that follow form, large where nothing happens and small where something does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.painterly.brushes import bristle_stamps
from omnireel.engines.studio.looks.painterly.grain import grain_of
from omnireel.engines.studio.looks.painterly.kernels_finish import light_relief
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay
from omnireel.engines.studio.looks.painterly.levels import colour_gain
from omnireel.engines.studio.looks.painterly.memory import settled
from omnireel.engines.studio.looks.painterly.strokes import Drift, Strokes, drift_of
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.raster import (
    Mask,
    Plane,
    Size,
    boxed,
    difference,
    grey_of,
    medianed,
    shrunk,
    stretched,
    strongest,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame

_VARNISH = Grade(contrast=0.32, gamma=(1.06, 1.17, 1.22), gain=(0.92, 0.99, 1.02))
_CHROMA, _MOST = 28.0, 1.7
"""Colourfulness a clip is brought towards, and the largest gain on the way."""
_COLOUR_MEMORY = 0.6
_REACH = 2
"""Pixels of the working grid over which colours are flattened before they are mixed."""
_GROUND_RELIEF = 70
_DEPTH = np.float32(1 / 46)


@dataclass(frozen=True)
class _Brush:
    """One size of brush, in pixels of a canvas whose short side is 720."""

    spacing: float
    long: float
    wide: float
    detail: tuple[float, float]
    """Levels of detail between which its strokes begin to be used, and all are."""
    most: float
    """Levels of detail from which smaller brushes cover all of its strokes, so that none are needed."""
    scale: int
    """How many working-grid pixels its colour is averaged over."""


_BRUSHES = (
    _Brush(spacing=25, long=36, wide=12, detail=(-2, -1), most=24, scale=7),
    _Brush(spacing=15, long=20, wide=6.0, detail=(4, 12), most=48, scale=3),
    _Brush(spacing=8.2, long=10.5, wide=3.1, detail=(11, 26), most=255, scale=1),
)
_CANVAS_SIDE = 720
_KEEP = 0.80
"""Share of its colour that a stroke keeps from frame to frame while it fits."""
_MISFIT = 34.0
"""Levels by which a stroke's colour may be wrong before it is painted anew."""
_TURN = np.float32(0.2)
_VARIETY = 13.0


class _Layer:
    """The strokes of one brush, with what each of them remembers."""

    def __init__(self, brush: _Brush, size: Size, seed: int) -> None:
        self._brush, self._size, self._unit = brush, size, min(size) / _CANVAS_SIDE
        self.strokes = Strokes(size, max(2.0, brush.spacing * self._unit), seed)
        count = len(self.strokes.place)
        self._colour, self._turn = np.zeros((count, 3), np.float32), np.zeros((count, 2), np.float32)

    def follow(self, drift: Drift, colours: Frame, grain: Plane, detail: Plane) -> Plane:
        """This frame's strokes for the kernel."""
        strokes, cut = self.strokes, drift.cut
        strokes.follow(drift)
        seen = strokes.under(boxed(colours, self._brush.scale) if self._brush.scale > 1 else colours).astype(
            np.float32
        )
        fits = self._remember(seen, cut=cut)
        low, high = self._brush.detail
        busy = strokes.under(detail)
        wanted = np.clip((busy - low) / (high - low), 0, 1) * (busy < self._brush.most)
        strokes.fade(np.asarray(wanted * fits, np.float32), at_once=cut)
        return self._rows(self._turned(strokes.under(grain), cut=cut))

    def _remember(self, seen: Plane, *, cut: bool) -> Plane:
        fresh = self.strokes.born | (self.strokes.opacity <= 0)
        if cut:
            fresh = np.ones_like(fresh)
        apart = np.abs(seen - self._colour).max(axis=1)
        self._colour = np.where(
            fresh[:, None], seen, self._colour + (seen - self._colour) * np.float32(1 - _KEEP)
        )
        return np.asarray((apart < _MISFIT) | fresh, np.float32)

    def _turned(self, grain: Plane, *, cut: bool) -> Plane:
        """Unit directions, from doubled angles that are smoothed in time."""
        fresh = self.strokes.born | cut
        self._turn = np.where(fresh[:, None], grain, self._turn + (grain - self._turn) * _TURN).astype(
            np.float32
        )
        wobble = (self.strokes.whim[:, 0] - np.float32(0.5)) * np.float32(0.55)
        angle = np.arctan2(self._turn[:, 1], self._turn[:, 0]) * np.float32(0.5) + wobble
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def _rows(self, direction: Plane) -> Plane:
        strokes, brush = self.strokes, self._brush
        whim = strokes.whim
        rows = np.empty((len(whim), 12), np.float32)
        rows[:, 0:2], rows[:, 2:4] = strokes.place, direction
        rows[:, 4] = brush.long * self._unit * (0.75 + 0.5 * whim[:, 1])
        rows[:, 5] = brush.wide * self._unit * (0.8 + 0.4 * whim[:, 2])
        rows[:, 6] = (whim[:, 3] - 0.5) * 0.9
        rows[:, 7] = strokes.opacity
        tint = (whim[:, [3, 1, 2]] - 0.5) * 6 + (whim[:, 0:1] - 0.5) * _VARIETY
        rows[:, 8:11] = np.clip(self._colour + tint, 0, 255)
        rows[:, 11] = np.floor(whim[:, 2] * 5.99)
        return rows[strokes.opacity > 0.01]


@dataclass(frozen=True)
class _Painting:
    moment: Moment
    ground: Frame
    strokes: tuple[Plane, ...]


class Oil:
    """The oil look for one clip. `samples` are a few of its frames; `size` is the canvas."""

    def __init__(self, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size, self._grid = size, working_size(size)
        self._layers = [_Layer(brush, size, seed + k) for k, brush in enumerate(_BRUSHES)]
        self._stamps = [_stamps(brush, size, seed + k) for k, brush in enumerate(_BRUSHES)]
        gain = colour_gain(samples, chroma=_CHROMA, most=_MOST)
        self._rich = Laboratory(
            Grade(contrast=0.36, saturation=gain, gamma=(1.0, 1.08, 1.12), gain=(0.92, 0.99, 1.02))
        )
        self._weave = _weave(size, seed)
        self._flat: Frame | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in oil."""
        plans = ahead((self.plan(moment) for moment in moments), threads=threads)
        return (plan.moment.repainted(self.paint(plan)) for plan in plans)

    def plan(self, moment: Moment) -> _Painting:
        """Decide the strokes of one frame. Frames must come in order."""
        flat = calmed(medianed(moment.small, 3), _REACH)
        self._flat = settled(flat, self._flat, moment.motion, _COLOUR_MEMORY)
        rich = self._rich.develop(self._flat)
        detail = _detail(self._flat)
        grain = grain_of(grey_of(self._flat))
        drift = drift_of(moment.motion, self._size)
        strokes = tuple(layer.follow(drift, rich, grain, detail) for layer in self._layers)
        return _Painting(moment, rich, strokes)

    def paint(self, painting: _Painting) -> Frame:
        """One painting at full size. Does not depend on other frames."""
        level = np.full(painting.ground.shape[:2], _GROUND_RELIEF, np.uint8)
        canvas = stretched(cast("Mask", cv2.merge([painting.ground, level])), self._size)
        for strokes, stamps in zip(painting.strokes, self._stamps, strict=True):
            lay(strokes, stamps, canvas)
        out = np.empty((*canvas.shape[:2], 3), np.uint8)
        light_relief(canvas, self._weave, _DEPTH, out)
        return out


def _detail(flat: Frame) -> Plane:
    few = shrunk(flat, (max(8, flat.shape[1] // 2), max(8, flat.shape[0] // 2)))
    gap = strongest(difference(few, boxed(few, 9))).astype(np.float32)
    return boxed(gap, 5)


def _stamps(brush: _Brush, size: Size, seed: int) -> Mask:
    unit = min(size) / _CANVAS_SIDE
    texels = max(8, int(brush.long * unit * 3)), max(6, int(brush.wide * unit * 3))
    return bristle_stamps(np.random.default_rng([seed, 1]), texels, max(2.5, 3.2 * unit))


def _weave(size: Size, seed: int) -> Mask:
    """Linen under the paint, fixed to the screen."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    threads = np.sin(x * np.float32(2 * np.pi / 4.3)) * np.sin(y * np.float32(2 * np.pi / 4.1))
    return np.asarray(128 + 5 * threads, np.uint8)
