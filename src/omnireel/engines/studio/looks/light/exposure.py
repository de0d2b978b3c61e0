"""One frame at full size from its colours, a cube and the light on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.light.cube import Cube
from omnireel.engines.studio.looks.light.kernels import expose, read_cube
from omnireel.engines.studio.picture.raster import Mask, Size, merged, stretched
from omnireel.media.frames import Frame

_CORNER = 0.15
"""Share of the squared distance from the middle that a rim leaves alone."""
_WHOLE = 32768


@dataclass(frozen=True)
class Rim:
    """Darkening towards the corners, by row and by column; 32768 together is none."""

    rows: NDArray[np.uint32]
    columns: NDArray[np.uint32]


def rim_of(size: Size, depth: float) -> Rim:
    """A rim as much darker as `depth`, 0 to 0.5, in each direction."""
    return Rim(_darkening(size[1], depth), _darkening(size[0], depth))


def planes_of(frame: Frame) -> Mask:
    """`(3, height, width)`: blue, green, red."""
    planes = np.empty((3, *frame.shape[:2]), np.uint8)
    cv2.split(frame, list(planes))
    return planes


def exposed(planes: Mask, cube: Cube, rim: Rim, passed: Mask, added: Mask, grain: Mask) -> Frame:
    """Planes of colour through a cube, in a light, with grain; see `kernels.expose`."""
    out = np.empty_like(planes)
    expose(planes, cube, passed, added, grain, rim.rows, rim.columns, out)
    return merged(out)


def all_light(width: int) -> tuple[Mask, Mask]:
    """Light that passes everywhere and is added nowhere, as one row for all."""
    return np.full((3, 1, width), 128, np.uint8), np.zeros((3, 1, width), np.uint8)


def no_grain(width: int) -> Mask:
    """One row for all."""
    return np.full((1, width), 128, np.uint8)


def enlarged_light(light: Mask, size: Size) -> Mask:
    """`(3, height, width)` light of the working grid on the canvas."""
    out = np.empty((3, size[1], size[0]), np.uint8)
    for plane, whole in zip(light, out, strict=True):
        stretched(plane, size, cast("Mask", whole))
    return out


def read(frame: Frame, cube: Cube) -> Mask:
    """`(3, height, width)`: the bytes a cube holds for every colour of a frame."""
    planes = planes_of(frame)
    out = np.empty_like(planes)
    read_cube(planes, cube, out)
    return out


def _darkening(length: int, depth: float) -> NDArray[np.uint32]:
    away = np.linspace(-1, 1, length) ** 2
    kept = 0.5 - depth * np.clip(away - _CORNER, 0, 1)
    return np.asarray(np.round(kept * _WHOLE), np.uint32)
