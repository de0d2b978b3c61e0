"""A clip's range of light, decided once, so that dark and flat clips fill a look's few tones as well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.looks.painterly.levels import tone_curve
from omnireel.engines.studio.picture.raster import Mask, Plane, grey_of, shrunk
from omnireel.media.frames import Frame

_BLACK, _WHITE, _MIDDLE = 0.002, 0.004, 0.45


def lumas_of(samples: Sequence[Frame]) -> Mask:
    """Grey levels of all samples together, one long row."""
    return np.concatenate([grey_of(shrunk(frame, (96, 96))).ravel() for frame in samples])


def opened(samples: Sequence[Frame]) -> Mask:
    """A curve of 256 bytes that spreads the clip's tones and brings its middle near the middle."""
    return tone_curve(samples, black=_BLACK, white=_WHITE, middle=_MIDDLE)


def steps_between(tones: Mask, count: int) -> Plane:
    """`(count - 1,)` thresholds, 0 to 255, that share the clip's tones out among `count` steps."""
    even = np.linspace(0, 255, count + 1)[1:-1]
    shares = np.quantile(tones, np.linspace(0, 1, count + 1)[1:-1])
    # Half way: equal shares alone would cut a plain sky in two.
    thresholds: NDArray[np.float64] = (even + shares) / 2
    return thresholds.astype(np.float32)


def bytes_of(field: Plane, scale: float = 1.0) -> Mask:
    """A field times `scale`, as bytes; what lies outside is clipped."""
    return np.asarray(np.clip(field * np.float32(scale) + np.float32(0.5), 0, 255), np.uint8)
