"""OpenCV's picture operations with types: what goes in comes out, uint8 as uint8, float32 as float32."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.kernels_raster import average_nines

Plane: TypeAlias = NDArray[np.float32]
"""One float32 value (or a few) per pixel: `(height, width)` or `(height, width, n)`."""
Mask: TypeAlias = NDArray[np.uint8]
"""One byte per pixel: a label, or a share with 255 as whole."""
Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""
Raster = TypeVar("Raster", bound=NDArray[Any])


def size_of(raster: NDArray[Any]) -> Size:
    return raster.shape[1], raster.shape[0]


def shrunk(raster: Raster, size: Size) -> Raster:
    """Averaged down to `size`."""
    if (
        raster.dtype == np.uint8
        and raster.shape == (size[1] * 3, size[0] * 3, 3)
        and raster.flags.c_contiguous
    ):
        # What a 1080p frame needs; the same bytes in a quarter of the time.
        thirds = np.empty((size[1], size[0], 3), np.uint8)
        average_nines(raster, thirds)
        return cast("Raster", thirds)
    return cast("Raster", cv2.resize(raster, size, interpolation=cv2.INTER_AREA))


def stretched(raster: Raster, size: Size, target: Raster | None = None) -> Raster:
    """Bilinear, up or down to `size`; into `target` when there is one."""
    return cast("Raster", cv2.resize(raster, size, target, interpolation=cv2.INTER_LINEAR))


def smoothly_stretched(raster: Raster, size: Size) -> Raster:
    """Bicubic, up to `size`."""
    return cast("Raster", cv2.resize(raster, size, interpolation=cv2.INTER_CUBIC))


def boxed(raster: Raster, side: int) -> Raster:
    """The mean over a square of `side` pixels."""
    return cast("Raster", cv2.blur(raster, (side, side)))


def bordered(raster: Raster, width: int) -> Raster:
    """With a border of `width` pixels all around it that repeats the outermost ones."""
    return cast("Raster", cv2.copyMakeBorder(raster, width, width, width, width, cv2.BORDER_REPLICATE))


def softened(raster: Raster, sigma: float) -> Raster:
    """Gaussian blur; keep `sigma` under about 4 pixels, the cost grows with it."""
    return cast("Raster", cv2.GaussianBlur(raster, (0, 0), sigma))


def length_of(across: Plane, down: Plane) -> Plane:
    """The length of each vector. OpenCV's own rounds by where in memory the planes happen to lie."""
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def medianed(raster: Raster, side: int = 5) -> Raster:
    """The median over a square of `side` pixels."""
    return cast("Raster", cv2.medianBlur(raster, side))


def difference(one: Raster, other: Raster) -> Raster:
    return cast("Raster", cv2.absdiff(one, other))


def grey_of(frame: NDArray[np.uint8]) -> Mask:
    """Luma of a BGR frame."""
    return cast("Mask", cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))


def strongest(frame: NDArray[np.uint8]) -> Mask:
    """The largest of the three channels at each pixel."""
    blue, green, red = cv2.split(frame)
    return cast("Mask", cv2.max(cv2.max(blue, green), red))


def curved(raster: NDArray[np.uint8], curve: NDArray[Any]) -> NDArray[Any]:
    """Each byte replaced through a table of 256 values."""
    return cast("NDArray[Any]", cv2.LUT(raster, curve))


def fetched(raster: Raster, x: Plane, y: Plane) -> Raster:
    """Bilinear samples at pixel positions `x`, `y`; beyond the border the border repeats."""
    border = cv2.BORDER_REPLICATE
    if raster.ndim == 3 and raster.shape[2] == 3 and raster.dtype == np.uint8:
        # Four bytes at a time are fetched in half the time of three.
        four = cv2.remap(cv2.cvtColor(raster, cv2.COLOR_BGR2BGRA), x, y, cv2.INTER_LINEAR, borderMode=border)
        return cast("Raster", cv2.cvtColor(four, cv2.COLOR_BGRA2BGR))
    moved = cv2.remap(raster, x, y, cv2.INTER_LINEAR, borderMode=border)
    return cast("Raster", moved)


def lab_of(bgr: NDArray[np.uint8]) -> Plane:
    """CIE L*a*b* (L 0 to 100) of `(n, 3)` BGR bytes."""
    return cast("Plane", cv2.cvtColor(bgr[None].astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[0])


def bgr_of(lab: Plane) -> Plane:
    """BGR, 0 to 255 as float32, of `(n, 3)` L*a*b* values; colours outside the gamut are clipped."""
    bgr = cv2.cvtColor(lab[None].astype(np.float32), cv2.COLOR_LAB2BGR)[0]
    return cast("Plane", np.clip(bgr, 0, 1).astype(np.float32) * np.float32(255))


def merged(planes: Iterable[Mask]) -> NDArray[np.uint8]:
    """`(height, width, n)` bytes from n planes: a BGR frame from three."""
    return cast("NDArray[np.uint8]", cv2.merge(list(planes)))


def thrice(plane: Mask) -> NDArray[np.uint8]:
    """`(height, width, 3)`: the same plane for every channel."""
    return cast("NDArray[np.uint8]", cv2.merge([plane, plane, plane]))


def split(raster: NDArray[np.uint8]) -> list[Mask]:
    """The planes of `(height, width, n)` bytes."""
    return [cast("Mask", plane) for plane in cv2.split(raster)]


def crossfaded(one: Raster, other: Raster, share: float) -> Raster:
    """`other` in its share, 0 to 1, over `one`."""
    return cast("Raster", cv2.addWeighted(one, 1 - share, other, share, 0))


@lru_cache(maxsize=8)
def pixel_grid(size: Size) -> Plane:
    """`(height, width, 2)`: every pixel's own x and y. Shared; do not write to it."""
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    grid = np.stack([x, y], axis=-1)
    grid.flags.writeable = False
    return grid


def wrapped_at(raster: Raster, place: Plane) -> Raster:
    """Bilinear samples at `(height, width, 2)` positions; beyond one border follows the opposite one."""
    none = cast("Plane", None)
    moved = cv2.remap(raster, place, none, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return cast("Raster", moved)
