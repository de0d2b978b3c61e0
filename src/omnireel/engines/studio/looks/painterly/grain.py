"""Where strokes should point."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.orientation import structure_of
from omnireel.engines.studio.picture.raster import Mask, Plane, boxed, shrunk, size_of

_NEAR, _FAR = 5, 31
_FAR_SHARE = np.float32(0.35)
_FAINT = 24.0
"""Squared slope under which a place has no direction of its own."""


def grain_of(luma: Mask) -> Plane:
    """`(height / 2, width / 2, 2)`: cosine and sine of twice the angle along the form, short where unsure.

    Edges lend their direction to the flat areas around them.
    """
    size = size_of(luma)
    tensor = structure_of(shrunk(luma, (max(8, size[0] // 2), max(8, size[1] // 2))), _NEAR)
    tensor = tensor + boxed(boxed(tensor, _FAR), _FAR) * _FAR_SHARE
    along, cross = tensor[..., 1] - tensor[..., 0], tensor[..., 2] * np.float32(-2)
    length = np.sqrt(along * along + cross * cross) + np.float32(1e-3)
    sure = length / (length + np.float32(_FAINT)) / length
    return np.stack([along * sure, cross * sure], axis=-1)
