"""A camera inside the source's frame: which part of it a frame of the clip shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.edits.camera_track import Steps
from omnireel.engines.studio.picture.raster import Plane, Size, size_of
from omnireel.media.frames import Frame

_ENLARGED = 0.87
"""Source pixels per canvas pixel below which the finer, dearer interpolation shows."""


@dataclass(frozen=True)
class View:
    """A part of the source. `x`, `y` are its middle, as shares of the source; `width` is 1 for the largest
    part of the canvas's shape."""

    x: float
    y: float
    width: float

    def inside(self, largest: tuple[float, float]) -> View:
        """The same view moved inside the source; `largest` is the share of it a width of 1 spans."""
        half_x, half_y = largest[0] * self.width / 2, largest[1] * self.width / 2
        x = min(max(self.x, half_x), 1 - half_x)
        y = min(max(self.y, half_y), 1 - half_y)
        return View(x, y, self.width)


def largest_part(source: Size, canvas: Size) -> tuple[float, float]:
    """The shares of the source's width and height that the largest part of the canvas's shape takes."""
    scale = max(canvas[0] / source[0], canvas[1] / source[1])
    return min(1.0, canvas[0] / scale / source[0]), min(1.0, canvas[1] / scale / source[1])


def seen(frame: Frame, view: View, canvas: Size, correction: Steps | None = None) -> Frame:
    """The canvas as the view shows it. `correction` is a steadying step of the frame, see `steady`."""
    size = size_of(frame)
    share = largest_part(size, canvas)
    scale = view.width * share[0] * size[0] / canvas[0]
    matrix = np.array(
        [
            [scale, 0, view.x * size[0] - scale * canvas[0] / 2],
            [0, scale, view.y * size[1] - scale * canvas[1] / 2],
            [0, 0, 1],
        ]
    )
    if correction is not None:
        matrix = _undone(correction, size) @ matrix
    flags = (cv2.INTER_CUBIC if scale < _ENLARGED else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    mapped = cast("Plane", matrix[:2].astype(np.float32))
    moved = cv2.warpAffine(frame, mapped, canvas, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cast("Frame", moved)


def _undone(step: Steps, size: Size) -> Steps:
    """Where the pixels of a corrected frame come from."""
    right, down = step[0] * size[0], step[1] * size[0]
    shrink, turn = float(np.exp(-step[2])), -float(step[3])
    cos, sin = shrink * np.cos(turn), shrink * np.sin(turn)
    x, y = size[0] / 2, size[1] / 2
    return np.array(
        [
            [cos, -sin, x - cos * (x + right) + sin * (y + down)],
            [sin, cos, y - sin * (x + right) - cos * (y + down)],
            [0, 0, 1],
        ]
    )
