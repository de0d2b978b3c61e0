"""Where on the sheet of texture each pixel lies, so that prints and dents ride on what moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.picture.raster import Plane, Size, boxed, fetched

_FADE = 20
_TOO_STRETCHED = 0.30
"""Mean texture stretch, in pixels per pixel, from which a fresh sheet is faded in."""
_SMOOTHING = 9


@dataclass(frozen=True)
class Sheet:
    """Texture coordinates: pixel (x, y) shows texel (x, y) + offset. `weight` of all sheets adds up to 1."""

    offset: Plane
    """`(height, width, 2)` on the flow's grid, in pixels of that grid."""
    weight: float


class Anchor:
    """Carries texture coordinates along the flow.

    Advected coordinates stretch without end, so a second, unstretched sheet is faded in over 20 frames
    whenever the first has become too distorted (Neyret, "Advected Textures", 2003).
    """

    def __init__(self, size: Size) -> None:
        self._blank = np.zeros((size[1], size[0], 2), np.float32)
        self.restart()

    def restart(self) -> None:
        """Forget all motion: after a cut."""
        self._old, self._fresh, self._age = self._blank, None, 0

    def carry(self, flow: Plane, x: Plane, y: Plane) -> None:
        """Follow one frame: `flow` leads from each pixel back to `x`, `y` in the frame before."""
        self._old = _carried(self._old, flow, x, y)
        if self._fresh is not None:
            self._follow_fade(_carried(self._fresh, flow, x, y))
        elif _stretch(self._old) > _TOO_STRETCHED:
            self._fresh, self._age = self._blank, 0

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """One sheet, or two while a fresh one fades in."""
        if self._fresh is None:
            return (Sheet(self._old, 1.0),)
        share = self._age / _FADE
        return Sheet(self._old, 1.0 - share), Sheet(self._fresh, share)

    _old: Plane
    _fresh: Plane | None
    _age: int

    def _follow_fade(self, fresh: Plane) -> None:
        self._fresh, self._age = fresh, self._age + 1
        if self._age >= _FADE:
            self._old, self._fresh = fresh, None


def canvas_offset(sheet: Sheet, size: Size) -> Plane:
    """A sheet's offsets on the flow's grid, in pixels of a canvas of `size`."""
    return sheet.offset * np.float32(size[0] / sheet.offset.shape[1])


def _carried(offset: Plane, flow: Plane, x: Plane, y: Plane) -> Plane:
    return boxed(fetched(offset, x, y) + flow, _SMOOTHING)


def _stretch(offset: Plane) -> float:
    coarse = offset[::4, ::4]
    across, down = np.diff(coarse, axis=1), np.diff(coarse, axis=0)
    return float(np.abs(across).mean() + np.abs(down).mean()) / 4
