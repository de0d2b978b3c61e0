"""Oil: thick strokes that follow form, large where nothing happens and small where something does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.looks.grade import Grade, Laboratory
from omnireel.engines.studio.looks.painterly.brushes import bristle_stamps
from omnireel.engines.studio.looks.painterly.drawing import guide_of
from omnireel.engines.studio.looks.painterly.grain import grain_of
from omnireel.engines.studio.looks.painterly.headings import Headings
from omnireel.engines.studio.looks.painterly.kernels_carrying import recall
from omnireel.engines.studio.looks.painterly.kernels_finish import light_relief
from omnireel.engines.studio.looks.painterly.kernels_strokes import lay
from omnireel.engines.studio.looks.painterly.levels import colour_gain
from omnireel.engines.studio.looks.painterly.memory import settled
from omnireel.engines.studio.looks.painterly.stamps import TurnedStamps, turned, varied_shapes
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
    softened,
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
_DEPTH = np.float32(1 / 38)
_ROUND = 0.75
"""Pixels by which ridges are rounded: thick paint flows a little, and hard ones cost bits and glitter."""


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
_LEARNING = np.float32(0.20)
"""How much of what is seen goes into a stroke's colour each frame while it fits."""
_MISFIT = np.float32(34)
"""Levels by which a stroke's colour may be wrong before it is painted anew."""
_LOOSE = 0.275
"""Radians by which strokes differ from their neighbours."""
_INVISIBLE = np.float32(0.01)
_VARIETY = np.float32(13)
_KINDS = 10
"""Different strokes of one brush."""


class _Layer:
    """The strokes of one brush, with what each of them remembers."""

    def __init__(self, brush: _Brush, size: Size, seed: int) -> None:
        self._brush, self._size, self._unit = brush, size, min(size) / _CANVAS_SIDE
        self.strokes = Strokes(size, max(2.0, brush.spacing * self._unit), seed)
        count = len(self.strokes.place)
        self._colour, self._headings = np.zeros((count, 3), np.float32), Headings(count, _LOOSE)

    def follow(self, drift: Drift, colours: Frame, guide: Plane) -> Plane:
        """This frame's strokes for `lay`. `guide`, `(h, w, 3)`, is the grain and the level of detail."""
        strokes, brush = self.strokes, self._brush
        strokes.follow(drift)
        fits = self._remember(boxed(colours, brush.scale) if brush.scale > 1 else colours, cut=drift.cut)
        under = strokes.under(guide)
        busy, (low, high) = under[:, 2], brush.detail
        wanted = np.clip((busy - np.float32(low)) / np.float32(high - low), 0, 1) * (busy < brush.most)
        strokes.fade(np.asarray(wanted * fits, np.float32), at_once=drift.cut)
        self._headings.turn(under, strokes.born | drift.cut)
        return self._rows()

    def _remember(self, colours: Frame, *, cut: bool) -> Plane:
        strokes, fits = self.strokes, np.empty(len(self._colour), np.float32)
        fresh = strokes.born | (strokes.opacity <= 0) | cut
        recall(self._colour, strokes.under(colours), fresh, _LEARNING, _MISFIT, fits)
        return fits

    def _rows(self) -> Plane:
        strokes = self.strokes
        shown = strokes.opacity > _INVISIBLE
        self._headings.face(strokes.whim, shown)
        seen = np.flatnonzero(shown)
        whim = strokes.whim.take(seen, axis=0)
        rows = np.empty((len(seen), 8), np.float32)
        rows[:, :2] = strokes.place.take(seen, axis=0)
        rows[:, 2] = self._headings.facing.take(seen)
        rows[:, 3], rows[:, 4] = whim[:, 2] * np.float32(_KINDS - 0.01), strokes.opacity.take(seen)
        own = whim - np.float32(0.5)
        tint = own[:, 1:] * np.float32(6) + own[:, :1] * _VARIETY
        rows[:, 5:8] = np.clip(self._colour.take(seen, axis=0) + tint, 0, 255)
        return rows


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
        guide = guide_of(grain_of(grey_of(self._flat)), _detail(self._flat))
        drift = drift_of(moment.motion, self._size)
        strokes = tuple(layer.follow(drift, rich, guide) for layer in self._layers)
        return _Painting(moment, rich, strokes)

    def paint(self, painting: _Painting) -> Frame:
        """One painting at full size. Does not depend on other frames."""
        level = np.full(painting.ground.shape[:2], _GROUND_RELIEF, np.uint8)
        canvas = stretched(cast("Mask", cv2.merge([painting.ground, level])), self._size)
        for strokes, stamps in zip(painting.strokes, self._stamps, strict=True):
            lay(strokes, stamps, canvas)
        words = canvas.view(np.dtype("<u4"))[..., 0]
        relief = softened(cast("Mask", cv2.extractChannel(canvas, 3)), _ROUND)
        light_relief(words, relief, self._weave, _DEPTH)
        return cast("Frame", cv2.cvtColor(canvas, cv2.COLOR_BGRA2BGR))


def _detail(flat: Frame) -> Plane:
    few = shrunk(flat, (max(8, flat.shape[1] // 2), max(8, flat.shape[0] // 2)))
    gap = strongest(difference(few, boxed(few, 9))).astype(np.float32)
    return boxed(gap, 5)


def _stamps(brush: _Brush, size: Size, seed: int) -> TurnedStamps:
    random, unit = np.random.default_rng([seed, 1]), min(size) / _CANVAS_SIDE
    long, wide = brush.long * unit, brush.wide * unit
    texels = max(8, int(long * 3)), max(6, int(wide * 3))
    stamps = bristle_stamps(random, _KINDS, texels, max(2.9, 3.7 * unit))
    shapes = varied_shapes(random, _KINDS, (long * 0.75, long * 1.25), (wide * 0.8, wide * 1.2), bend=0.45)
    return turned(stamps, shapes)


def _weave(size: Size, seed: int) -> Mask:
    """Linen under the paint, fixed to the screen."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    threads = np.sin(x * np.float32(2 * np.pi / 4.3)) * np.sin(y * np.float32(2 * np.pi / 4.1))
    return np.asarray(128 + 5 * threads, np.uint8)
