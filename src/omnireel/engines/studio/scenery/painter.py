"""Laying things into one frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from omnireel.engines.studio.scenery import kernels_paste
from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Pixels
from omnireel.engines.studio.scenery.sprite import Sprite

WHITE = (1.0, 1.0, 1.0)
BLACK = (0.0, 0.0, 0.0)


class Painter:
    """One frame in the making, with a mask that says which cast member each pixel belongs to."""

    def __init__(self, width: int, height: int) -> None:
        self.frame: Bytes = np.zeros((height, width, 3), np.uint8)
        self.ids: Bytes = np.zeros((height, width), np.uint8)

    def sprite(
        self,
        sprite: Sprite,
        x: float,
        y: float,
        scale: float,
        *,
        anchor: tuple[float, float] = (0.5, 1.0),
        stretch: tuple[float, float] = (1.0, 1.0),
        lean: float = 0.0,
        shear: float = 0.0,
        flip: bool = False,
        tint: Colour = WHITE,
        opacity: float = 1.0,
        haze: float = 0.0,
        haze_colour: Colour = BLACK,
        mark: int = 0,
        soft: int = 0,
        below: float | None = None,
    ) -> None:
        """Draw a sprite with its anchor at (x, y). `scale` is frame pixels per finest sprite pixel; `lean`
        turns it, radians clockwise; `shear` pushes the top sideways; `soft` draws a coarser, blurrier level;
        `below`
        is a row under which nothing is drawn (a waterline)."""
        level = min(sprite.level_for(scale * max(stretch)) + soft, len(sprite.levels) - 1)
        picture = sprite.levels[level]
        rows, columns = picture.shape[:2]
        px = scale * sprite.width / columns * stretch[0] * (-1 if flip else 1)
        py = scale * sprite.height / rows * stretch[1]
        laid = _Laid.at(x, y, (px, py), (columns, rows), anchor, lean, shear)
        bounds = laid.bounds(columns, rows, self.frame.shape, below)
        if bounds is None or abs(laid.determinant) < 1e-9:
            return
        shown_as = kernels_paste.KEEP_IDS if mark < 0 else float(mark)
        p = np.array((*laid.inverse(), *bounds, *tint, opacity, haze, *haze_colour, shown_as))
        kernels_paste.blit(self.frame, self.ids, packed(picture), p)

    def strip(
        self,
        band: Bytes,
        *,
        left: float,
        step: float,
        top: float,
        opacity: float = 1.0,
        haze: tuple[float, float] = (0.0, 0.0),
        haze_colour: Colour = BLACK,
        end: float | None = None,
    ) -> None:
        """Draw a sideways-repeating band: `left` is its column at the frame's left edge, `step` band pixels
        per
        frame pixel, `top` its first row, `end` a row to stop at."""
        height = self.frame.shape[0]
        last = top + band.shape[0] / step
        rows = max(0, math.floor(top)), min(height, math.ceil(last if end is None else min(last, end)))
        if rows[1] > rows[0] and opacity > 0:
            p = np.array((left, step, top, *rows, opacity, *haze, *haze_colour))
            kernels_paste.strip(self.frame, self.ids, packed(band), p)

    def light(self, glow: Bytes, x: float, y: float, gain: float = 1.0) -> None:
        """Add a picture of light centred on (x, y)."""
        rows, columns = glow.shape[:2]
        left, top = round(x - columns / 2), round(y - rows / 2)
        a, b = max(0, left), max(0, top)
        c, d = min(self.frame.shape[1], left + columns), min(self.frame.shape[0], top + rows)
        if c > a and d > b and gain > 0.01:
            part = glow[b - top : d - top, a - left : c - left]
            lit = cv2.addWeighted(self.frame[b:d, a:c], 1.0, part, float(gain), 0)
            self.frame[b:d, a:c] = lit


@dataclass(frozen=True, slots=True)
class _Laid:
    """Where a picture lies on the frame: column a·u + b·v + x, row c·u + d·v + y for its pixel (u, v)."""

    a: float
    b: float
    c: float
    d: float
    x: float
    y: float

    @classmethod
    def at(
        cls,
        x: float,
        y: float,
        size: tuple[float, float],
        shape: tuple[int, int],
        anchor: tuple[float, float],
        lean: float,
        shear: float,
    ) -> _Laid:
        """Its anchor at (x, y), each of its pixels `size`."""
        turn, side = math.cos(lean), math.sin(lean)
        a, b = turn * size[0], -(side + shear) * size[1]
        c, d = side * size[0], turn * size[1]
        u, v = shape[0] * anchor[0], shape[1] * anchor[1]
        return cls(a, b, c, d, x - a * u - b * v, y - c * u - d * v)

    @property
    def determinant(self) -> float:
        return self.a * self.d - self.b * self.c

    def inverse(self) -> tuple[float, ...]:
        """The picture's column and row for a place on the frame, as two rows of a matrix."""
        scale = 1 / self.determinant
        a, b, c, d = self.d * scale, -self.b * scale, -self.c * scale, self.a * scale
        return a, b, -a * self.x - b * self.y, c, d, -c * self.x - d * self.y

    def bounds(
        self, columns: int, rows: int, shape: tuple[int, ...], below: float | None
    ) -> tuple[int, int, int, int] | None:
        """Left, top, right and bottom of the part within a frame and above row `below`; None if there is
        none."""
        across, over = (self.a * columns, self.b * rows), (self.c * columns, self.d * rows)
        left = max(0, math.floor(self.x + sum(min(0.0, side) for side in across)))
        right = min(shape[1], math.ceil(self.x + sum(max(0.0, side) for side in across)))
        top = max(0, math.floor(self.y + sum(min(0.0, side) for side in over)))
        bottom = min(shape[0], math.ceil(self.y + sum(max(0.0, side) for side in over)))
        bottom = bottom if below is None else min(bottom, math.floor(below))
        return (left, top, right, bottom) if right > left and bottom > top else None


def packed(picture: Bytes) -> Pixels:
    """A BGRA picture as one number for each pixel, over the same memory."""
    return picture.view(np.uint32)[..., 0]


def glow_of(radius: float, colour: Colour, *, power: float = 2.0, flat: float = 1.0) -> Bytes:
    """A round light that fades to nothing at its radius; `flat` below 1 squashes it. Not to be written to."""
    return _glow(max(4, round(2 * radius)), max(4, round(2 * radius * flat)), colour, power)


@lru_cache(maxsize=8)
def _glow(columns: int, rows: int, colour: Colour, power: float) -> Bytes:
    # Lamps that travel are asked for again in every frame, at nearly the same size.
    v, u = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    fall = np.clip(1 - np.hypot(u, v), 0, 1) ** power
    glow: Bytes = np.clip(fall[..., None] * np.array(colour, np.float32), 0, 255).astype(np.uint8)
    return glow
