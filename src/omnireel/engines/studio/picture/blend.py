"""Two frames mixed pixel by pixel."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.kernels_masses import mix_bytes
from omnireel.engines.studio.picture.raster import Mask, thrice
from omnireel.media.frames import Frame


def blended(one: Frame, other: Frame, share: Mask) -> Frame:
    """`other` where `share`, `(height, width)`, is 255, `one` where it is 0. Both must be contiguous.

    They may be frames or planes.
    """
    out = np.empty_like(one)
    shares = share if one.ndim == 2 else thrice(share)
    mix_bytes(one.reshape(-1), other.reshape(-1), shares.reshape(-1), out.reshape(-1))
    return out
