"""The tones of a clip, measured once, so that no frame is exposed differently from its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnireel.engines.studio.picture.palette import chroma_of
from omnireel.engines.studio.picture.raster import Mask, grey_of, lab_of, shrunk
from omnireel.media.frames import Frame

_LEAST_RANGE = 70.0
"""Grey levels between black and white of a clip; a flatter one is not stretched further."""
_SAMPLE = (96, 96)
_GREY = 2.0
_LEAST_GAIN = 1.08


def tone_curve(samples: Sequence[Frame], *, black: float, white: float, middle: float) -> Mask:
    """A table of 256 bytes that spreads the clip's tones.

    The darkest share `black` of its pixels becomes 0, the lightest share `white` becomes 255, and its median
    comes to lie at `middle`, 0 to 1, as far as a gamma between 0.45 and 2.2 brings it there.
    """
    luma = np.concatenate([grey_of(shrunk(frame, _SAMPLE)).ravel() for frame in samples])
    low, mid, high = (float(level) for level in np.quantile(luma, (black, 0.5, 1 - white)))
    if high - low < _LEAST_RANGE:
        spare = (_LEAST_RANGE - (high - low)) / 2
        low, high = max(0.0, low - spare), min(255.0, high + spare)
    share = np.clip((mid - low) / (high - low), 0.05, 0.95)
    gamma = np.clip(np.log(middle) / np.log(share), 0.45, 2.2)
    spread = np.clip((np.arange(256) - low) / (high - low), 0, 1) ** gamma
    return np.asarray(spread * 255 + 0.5, np.uint8)


def colour_gain(samples: Sequence[Frame], *, chroma: float, most: float) -> float:
    """A saturation, up to `most`, that brings the clip's mean colourfulness towards `chroma` (L*a*b* units).

    A grey clip stays grey: there is nothing to strengthen but noise.
    """
    lab = np.concatenate([lab_of(shrunk(frame, _SAMPLE).reshape(-1, 3)) for frame in samples])
    mean = float(chroma_of(lab).mean())
    return float(np.clip(chroma / max(mean, 1.0), _LEAST_GAIN, most)) if mean > _GREY else 1.0
