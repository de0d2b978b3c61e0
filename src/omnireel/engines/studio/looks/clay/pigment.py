"""A clip's palette remade in plasticine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.picture.palette import Palette, chroma_of
from omnireel.engines.studio.picture.raster import Plane, bgr_of

_CHROMA = 38.0
"""The mean colourfulness a modelled clip is brought towards."""
_GAIN = (1.3, 2.6)
_TINT_LEVELS = (0.0, 20.0, 38.0, 56.0, 76.0, 100.0)
_TINT_A = (10.0, 13.0, 20.0, 22.0, 7.0, 1.0)
_TINT_B = (-9.0, -6.0, 4.0, 24.0, 28.0, 10.0)
"""Hues lent to greys by lightness: plum in the dark, brick and terracotta in the middle, straw, cream."""
_DULL = (30.0, 14.0)
"""Mean colourfulness from which greys begin to be lent hues, and at which they get them in full."""
_LIGHTNESS = 52.0
"""Spread of lightness (L*) that a dull clip's pieces are opened to; twice its own at most."""
_SEAM = (8.0, 36.0)
"""Lab distance of two colours at which a seam between them begins to sink, and is deepest."""


@dataclass(frozen=True)
class Pigments:
    """What each colour of a palette becomes. First axis: the palette's colours."""

    bgr: Plane
    """`(n, 3)`, 0 to 255."""
    luma: Plane
    """`(n,)`: brightness of the original colour, 0 to 255."""
    contrast: Plane
    """`(n, n)`, 0 to 1: how deep the seam between two colours is."""
    rise: Plane
    """`(n,)`, 0 to 1: how far pieces of the colour stand out. Vivid and light ones lie on top."""


def pigments_of(palette: Palette) -> Pigments:
    lab = palette.lab
    luma = bgr_of(lab) @ np.array([0.114, 0.587, 0.299], np.float32)
    rich = _enriched(lab)
    contrast = np.maximum(_contrast(lab), _contrast(rich))
    return Pigments(bgr_of(rich), luma.astype(np.float32), contrast, _rise(lab))


def _enriched(lab: Plane) -> Plane:
    """More colour, the more the duller the clip; greys of a dull clip get hues; blacks are lifted."""
    chroma = chroma_of(lab)
    mean = float(chroma.mean())
    dull = float(np.clip((_DULL[0] - mean) / (_DULL[0] - _DULL[1]), 0, 1))
    light = _opened(lab[:, 0], dull)
    gain = float(np.clip(_CHROMA / (mean + 4), *_GAIN))
    grey = np.clip(1 - chroma / 16, 0, 1) * dull
    a = lab[:, 1] * gain + np.interp(light, _TINT_LEVELS, _TINT_A) * grey
    b = lab[:, 2] * gain + np.interp(light, _TINT_LEVELS, _TINT_B) * grey
    tamed = _tamed(np.hypot(a, b).astype(np.float32))
    return np.stack([14 + light * 0.79, a * tamed, b * tamed], axis=1).astype(np.float32)


def _opened(light: Plane, dull: float) -> Plane:
    """Lightness spread out where a dull clip is flat as well: mist gets clear pieces, too."""
    low, high = np.percentile(light, (10, 90))
    stretch = float(np.clip(_LIGHTNESS / max(high - low, 1.0), 1, 2)) - 1
    centre = (low + high) / 2
    opened: Plane = np.clip(light + (light - centre) * stretch * dull, 0, 100)
    return opened


def _tamed(chroma: Plane) -> Plane:
    """A factor that bends chroma over 66 towards what plasticine can show."""
    bent = (66 + (chroma - 66) * 0.45) / np.maximum(chroma, 1)
    return np.asarray(np.where(chroma > 66, bent, 1), np.float32)


def _contrast(lab: Plane) -> Plane:
    apart = (lab[:, None] - lab[None]) * np.array([0.9, 1.2, 1.2], np.float32)
    distance = np.sqrt((apart**2).sum(axis=2))
    return np.asarray(np.clip((distance - _SEAM[0]) / (_SEAM[1] - _SEAM[0]), 0, 1), np.float32)


def _rise(lab: Plane) -> Plane:
    chroma = chroma_of(lab)
    order = chroma / (chroma.max() + 10) + lab[:, 0] / 160
    return np.asarray((order - order.min()) / (np.ptp(order) + 1e-3), np.float32)
