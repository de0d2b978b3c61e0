"""A clip's range of light, decided once, so that dark and flat clips fill a look's few tones as well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Mask, Plane, grey_of, shrunk
from omnireel.media.frames import Frame

_ENDS = (0.01, 0.99)
"""Shares of the clip's pixels that become about the darkest and the lightest."""
_STRETCH = 0.75
"""How far the range is drawn out towards all of black to white."""
_LEAST_RANGE = 70.0
"""Grey levels; a flatter clip is stretched as if it had this many, or its noise would be painted."""
_MIDDLE = 0.45
_GAMMA = (0.55, 1.15)


def lumas_of(samples: Sequence[Frame]) -> Mask:
    """Grey levels of all samples together, one long row."""
    return np.concatenate([grey_of(shrunk(frame, (96, 96))).ravel() for frame in samples])


def opened(samples: Sequence[Frame]) -> Mask:
    """A curve of 256 bytes that spreads the clip's tones and brings its middle near the middle."""
    lumas = lumas_of(samples)
    low, high = (float(value) for value in np.quantile(lumas, _ENDS))
    spare = max(0.0, _LEAST_RANGE - (high - low)) / 2
    low, high = max(0.0, low - spare) * _STRETCH, 255 - (255 - min(255.0, high + spare)) * _STRETCH
    level = np.clip((np.arange(256) - low) / (high - low), 0, 1)
    middle = float(np.clip((np.median(lumas) - low) / (high - low), 0.03, 0.95))
    gamma = float(np.clip(np.log(_MIDDLE) / np.log(middle), *_GAMMA))
    return np.asarray(255 * level**gamma + 0.5, np.uint8)


def steps_between(tones: Mask, count: int) -> Plane:
    """`(count - 1,)` thresholds, 0 to 255, that share the clip's tones out among `count` steps."""
    even = np.linspace(0, 255, count + 1)[1:-1]
    shares = np.quantile(tones, np.linspace(0, 1, count + 1)[1:-1])
    # Half way: equal shares alone would cut a plain sky in two.
    thresholds: NDArray[np.float64] = (even + shares) / 2
    return thresholds.astype(np.float32)
