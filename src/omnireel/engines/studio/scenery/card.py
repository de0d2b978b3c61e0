"""A painted card that repeats sideways: what distant scenery is cut from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from omnireel.engines.studio.scenery import kernels_sprite
from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.light import Light

Points = Sequence[tuple[float, float]]
_FINE = 4
"""Binary places of sub-pixel precision in outlines."""


def dyed(colour: Colour, light: Light, strength: float = 1.0) -> Colour:
    """A paint's colour under the shot's light."""
    blue, green, red = (
        min(255.0, value * (1 + (tint - 1) * strength) * light.gloom)
        for value, tint in zip(colour, light.tint, strict=True)
    )
    return blue, green, red


def banded(colour: Floats, alpha: npt.NDArray[np.floating[Any]]) -> Bytes:
    """Premultiplied BGRA from paint (height, width, 3) or of one colour, and how much it covers, 0 to 1."""
    band = np.empty((*alpha.shape, 4), np.uint8)
    band[..., :3] = np.clip(colour, 0, 255) * alpha[..., None]
    band[..., 3] = alpha * 255
    kernels_sprite.limit(band)
    return band


class Card:
    """Premultiplied BGRA in the making: paint laid over nothing. Shapes that leave one side come back on the
    other."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.colour: Bytes = np.zeros((height, width, 3), np.uint8)
        self.alpha: Bytes = np.zeros((height, width), np.uint8)

    def shape(self, points: Points, colour: Colour) -> None:
        """Fill a closed outline."""
        outline = np.array(points, np.float32)
        for shift in self._shifts(float(outline[:, 0].min()), float(outline[:, 0].max())):
            fixed = ((outline + np.array((shift, 0), np.float32)) * 2**_FINE).astype(np.int32)
            cv2.fillPoly(self.colour, [fixed], colour, cv2.LINE_AA, _FINE)
            cv2.fillPoly(self.alpha, [fixed], 255.0, cv2.LINE_AA, _FINE)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def line(self, a: tuple[float, float], b: tuple[float, float], colour: Colour, thick: int) -> None:
        for shift in self._shifts(min(a[0], b[0]), max(a[0], b[0])):
            ends = [(int((x + shift) * 2**_FINE), int(y * 2**_FINE)) for x, y in (a, b)]
            cv2.line(self.colour, ends[0], ends[1], colour, thick, cv2.LINE_AA, _FINE)
            cv2.line(self.alpha, ends[0], ends[1], 255.0, thick, cv2.LINE_AA, _FINE)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        for shift in self._shifts(x - radius, x + radius):
            centre = (int((x + shift) * 2**_FINE), int(y * 2**_FINE))
            cv2.circle(self.colour, centre, int(radius * 2**_FINE), colour, -1, cv2.LINE_AA, _FINE)
            cv2.circle(self.alpha, centre, int(radius * 2**_FINE), 255.0, -1, cv2.LINE_AA, _FINE)

    def paste(self, straight: Bytes, x: float, foot: float, height: float) -> None:
        """A BGRA picture standing at (x, foot), scaled to `height`."""
        rows = max(2, round(height))
        columns = max(2, round(straight.shape[1] * height / straight.shape[0]))
        picture = cv2.resize(straight, (columns, rows), interpolation=cv2.INTER_AREA)
        top, left = round(foot) - rows, round(x - columns / 2)
        first, last = max(0, top), min(self.height, top + rows)
        if last <= first:
            return
        part = np.ascontiguousarray(picture[first - top : last - top].astype(np.uint8, copy=False))
        kernels_sprite.paste(self.colour[first:last], self.alpha[first:last], part, left)

    def shade(self, factor: Floats) -> None:
        """Multiply the paint by a field broadcastable to (height, width)."""
        wide = factor[..., None] if factor.ndim == 2 else factor
        self.colour[:] = np.clip(self.colour * wide, 0, 255).astype(np.uint8)

    def band(self, *, soften: int = 0) -> Bytes:
        """Premultiplied BGRA, optionally out of focus."""
        whole = np.dstack([self.colour, self.alpha])
        kernels_sprite.limit(whole)
        if soften > 1:
            wrapped = cv2.copyMakeBorder(whole, 0, 0, soften, soften, cv2.BORDER_WRAP)
            whole = cv2.blur(cv2.blur(wrapped, (soften, soften)), (soften, soften))[:, soften:-soften].astype(
                np.uint8
            )
        return np.ascontiguousarray(whole)

    def _shifts(self, left: float, right: float) -> list[int]:
        return [
            shift
            for shift in (-self.width, 0, self.width)
            if right + shift >= 0 and left + shift < self.width
        ]
