"""Where strokes should point."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.orientation import structure_of
from omnireel.engines.studio.picture.raster import Mask, Plane, Raster, boxed, shrunk, size_of, stretched

_NEAR = 3
_SOFT, _FAR = 3, 15
_FAR_SHARE = np.float32(0.35)
_FAINT = 24.0
"""Squared slope under which a place has no direction of its own."""


def halved_structure(luma: Mask) -> Plane:
    """`(height / 2, width / 2, 3)`: the structure tensor of a picture at half its size."""
    return structure_of(_halved(luma), _NEAR)


def grain_of(luma: Mask) -> Plane:
    """`(height / 2, width / 2, 2)`: cosine and sine of twice the angle along the form, short where unsure.

    Edges lend their direction to the flat areas around them.
    """
    return grain_from(halved_structure(luma))


def grain_from(structure: Plane) -> Plane:
    """`grain_of` a picture whose structure tensor is at hand. Wide means need few pixels."""
    few = boxed(_halved(structure), _SOFT)
    few += boxed(boxed(few, _FAR), _FAR) * _FAR_SHARE
    along, cross = few[..., 1] - few[..., 0], few[..., 2] * np.float32(-2)
    length = np.sqrt(along * along + cross * cross) + np.float32(1e-3)
    sure = 1 / (length + np.float32(_FAINT))
    return stretched(np.stack([along * sure, cross * sure], axis=-1), size_of(structure))


def _halved(raster: Raster) -> Raster:
    width, height = size_of(raster)
    return shrunk(raster, (max(8, width // 2), max(8, height // 2)))
