"""Laying things into one frame."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from omnireel.engines.studio.scenery import kernels
from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.sprite import Sprite

Matrix = npt.NDArray[np.float64]
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
        glow: bool = False,
        soft: int = 0,
        below: float | None = None,
    ) -> None:
        """Draw a sprite with its anchor at (x, y). `scale` is frame pixels per finest sprite pixel; `lean`
        turns
        it, radians clockwise; `shear` pushes the top sideways; `soft` draws a coarser, blurrier level;
        `below`
        is a row under which nothing is drawn (a waterline)."""
        level = min(sprite.level_for(scale * max(stretch)) + soft, len(sprite.levels) - 1)
        picture = sprite.levels[level]
        rows, columns = picture.shape[:2]
        px = scale * sprite.width / columns * stretch[0] * (-1 if flip else 1)
        py = scale * sprite.height / rows * stretch[1]
        forward = _forward(px, py, lean, shear)
        origin = np.array([x, y]) - forward @ np.array([columns * anchor[0], rows * anchor[1]])
        bounds = _bounds(forward, origin, columns, rows, self.frame.shape, below)
        determinant = forward[0, 0] * forward[1, 1] - forward[0, 1] * forward[1, 0]
        if bounds is None or abs(determinant) < 1e-9:
            return
        inverse = np.linalg.inv(forward)
        shift = -inverse @ origin
        kernels.blit(
            self.frame,
            self.ids,
            picture,
            _scalars(
                *(inverse[0, 0], inverse[0, 1], shift[0], inverse[1, 0], inverse[1, 1], shift[1]),
                *bounds,
                *tint,
                opacity,
                haze,
                *haze_colour,
                kernels.KEEP_IDS if glow or mark < 0 else mark,
                0.0 if glow else 1.0,
            ),
        )

    def strip(
        self,
        band: Bytes,
        *,
        left: float,
        step: float,
        top: float,
        tint: Colour = WHITE,
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
            p = _scalars(left, step, top, *rows, *tint, opacity, *haze, *haze_colour)
            kernels.strip(self.frame, self.ids, band, p)

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


def _forward(px: float, py: float, lean: float, shear: float) -> Matrix:
    c, s = math.cos(lean), math.sin(lean)
    return np.array([[c * px, -s * py - shear * py], [s * px, c * py]])


def _bounds(
    forward: Matrix,
    origin: Matrix,
    columns: int,
    rows: int,
    shape: tuple[int, ...],
    below: float | None,
) -> tuple[int, int, int, int] | None:
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]]) @ forward.T + origin
    left, top = max(0, math.floor(corners[:, 0].min())), max(0, math.floor(corners[:, 1].min()))
    right, bottom = (
        min(shape[1], math.ceil(corners[:, 0].max())),
        min(shape[0], math.ceil(corners[:, 1].max())),
    )
    if below is not None:
        bottom = min(bottom, math.floor(below))
    return (left, top, right, bottom) if right > left and bottom > top else None


def _scalars(*values: float) -> Floats:
    return np.array(values, np.float32)


def glow_of(radius: float, colour: Colour, *, power: float = 2.0, flat: float = 1.0) -> Bytes:
    """A round light that fades to nothing at its radius; `flat` below 1 squashes it."""
    columns, rows = max(4, round(2 * radius)), max(4, round(2 * radius * flat))
    v, u = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    fall = np.clip(1 - np.hypot(u, v), 0, 1) ** power
    glow: Bytes = np.clip(fall[..., None] * np.array(colour, np.float32), 0, 255).astype(np.uint8)
    return glow
