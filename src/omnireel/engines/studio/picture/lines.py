"""The lines somebody would draw: a difference of Gaussians, smoothed along the grain of the picture."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import cast

import cv2
import numpy as np

from omnireel.engines.studio.picture.kernels_lines import Taps, find_ways, mean_along
from omnireel.engines.studio.picture.orientation import structure_of, tangents_of
from omnireel.engines.studio.picture.raster import Mask, Plane, shrunk, size_of, softened, stretched

_WIDER = 1.6
"""Ratio of the two Gaussians: the nearest to a Laplacian."""
_BROAD, _SMALLEST = 1.6, 8
"""Half width of lines that half the pixels show as well, and the smallest side a picture may have then."""
_RESIZED = 0.19
"""Variance, in pixels of half size, that shrinking and enlarging again add to a Gaussian."""
_TURNS, _REACH = 32, 31
"""Ways that tangents are told apart by, and the half side of the table that does it."""
_GRAIN = 5
_FAINTEST, _BOLDEST = 1.2, 9.0
"""Levels of darkness against the surroundings from which a line is drawn, and where it is whole."""


def line_response(luma: Mask, tangents: Plane, *, sigma: float, steps: int = 3) -> Plane:
    """How much darker, in levels, each pixel is than its surroundings: over 0 on lines and dark edges.

    A flow-based difference of Gaussians (Kang et al., "Coherent Line Drawing", 2007): `sigma` is the half
    width of the lines; they are joined up over `steps` strides of two pixels either way along `tangents`. It
    may be blended from frame to frame, enlarged, and only then cut off by `drawn`, which keeps lines crisp.
    """
    return joined(line_contrast(luma, sigma), tangents, steps=steps)


def line_contrast(luma: Mask, sigma: float) -> Plane:
    """`line_response` before it is joined up. Broad lines are looked for at half size."""
    exact = luma.astype(np.float32)
    if sigma < _BROAD or min(luma.shape) < 2 * _SMALLEST:
        return _difference(exact, sigma, 0.0)
    size = size_of(luma)
    return stretched(_difference(shrunk(exact, (size[0] // 2, size[1] // 2)), sigma / 2, _RESIZED), size)


def _difference(exact: Plane, sigma: float, smooth: float) -> Plane:
    """Of two Gaussians, by way of each other. The variance `smooth` is there already."""
    narrow = softened(exact, math.sqrt(sigma * sigma - smooth))
    return cast("Plane", cv2.subtract(softened(narrow, sigma * math.sqrt(_WIDER * _WIDER - 1)), narrow))


def joined(contrast: Plane, tangents: Plane, *, steps: int = 3) -> Plane:
    """Line contrast, of one width or the stronger of several, smoothed along `tangents`, on any grid.

    Twice the mean over `steps` + 1 places, two pixels apart, makes a triangle of weights as long as its base;
    the second time it starts out from what was found around each corner, which makes it follow curves.
    """
    ways = np.empty(tangents.shape[:2], np.uint8)
    find_ways(tangents, _WAYS, ways)
    ways = cast("Mask", cv2.resize(ways, size_of(contrast), interpolation=cv2.INTER_NEAREST))
    rim, out = steps + 1, np.empty_like(contrast)
    taps = _taps(steps, contrast.shape[1] + 2 * rim)
    mean_along(_rimmed(contrast, rim), ways, taps, out)
    mean_along(_rimmed(out, rim), ways, taps, out)
    return out


def _rimmed(field: Plane, rim: int) -> Plane:
    return cast("Plane", cv2.copyMakeBorder(field, rim, rim, rim, rim, cv2.BORDER_REPLICATE))


@lru_cache(maxsize=8)
def _taps(steps: int, width: int) -> Taps:
    """`(_TURNS, steps + 1)`: from a pixel to the places averaged along each way, in rows of `width`."""
    away = np.arange(-steps, steps + 1, 2)
    angle = np.arange(_TURNS)[:, None] * (np.pi / _TURNS)
    taps = np.rint(np.sin(angle) * away) * width + np.rint(np.cos(angle) * away)
    return np.asarray(taps, np.int32)


def _way_table() -> Mask:
    """The way, of `_TURNS` over half a turn, of every unit vector: see `find_ways`."""
    span = np.arange(-_REACH, _REACH + 1)
    angle = np.arctan2(span[:, None], span[None]) * (_TURNS / np.pi)
    return np.asarray(np.rint(angle) % _TURNS, np.uint8)


_WAYS = _way_table()


def drawn(response: Plane, *, faintest: float = _FAINTEST, boldest: float = _BOLDEST) -> Plane:
    """A line response as strength, 0 to 1: nothing up to `faintest` levels, whole from `boldest` on."""
    ramp = np.clip((response - np.float32(faintest)) / np.float32(boldest - faintest), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def line_strength(luma: Mask, *, fine: float, coarse: float) -> Plane:
    """Lines of two half widths in pixels, `fine` and `coarse`, as one strength, 0 to 1."""
    tangents = tangents_of(structure_of(luma, _GRAIN))
    thin, thick = (line_response(luma, tangents, sigma=sigma) for sigma in (fine, coarse))
    return np.maximum(drawn(thin), drawn(thick))
