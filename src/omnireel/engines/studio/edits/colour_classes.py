"""What belongs to a colour: classes of colours by name, fitted to what a clip really shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from omnireel.engines.studio.picture.palette import chroma_of
from omnireel.engines.studio.picture.raster import Mask, Plane, lab_of

CUBE = 64
"""Cells a side of a membership cube: the top six bits of blue, green and red."""
_HUE_RAMP = 12.0
"""Degrees over which membership falls to nothing at a class's edge."""
_MIDDLING, _DEEPEST = 55.0, 16.0
_FITTED_REACH = (13.0, 24.0)
"""Degrees: the narrowest and the widest a class is made for a hue that was found."""
_BINS = 72


@dataclass(frozen=True)
class ColourClass:
    """A range of colours in CIE L*C*h. `hue` is None for a class without one, such as white."""

    hue: float | None
    reach: float = 30.0
    """Degrees on either side of the hue."""
    chroma: tuple[float, float] = (14.0, 26.0)
    """Where membership begins and is whole; the other way round for a class of dull colours."""
    light: tuple[float, float] = (8.0, 97.0)


_DULL = (18.0, 10.0)
NAMED = {
    "red": ColourClass(28.0, 16.0, chroma=(18.0, 30.0)),
    "orange": ColourClass(64.0, 20.0, chroma=(34.0, 46.0)),
    "yellow": ColourClass(96.0, 20.0, chroma=(26.0, 40.0), light=(35.0, 99.0)),
    "gold": ColourClass(82.0, 20.0, chroma=(24.0, 38.0)),
    "green": ColourClass(137.0, 46.0, chroma=(10.0, 20.0)),
    "foliage": ColourClass(112.0, 38.0, chroma=(10.0, 20.0)),
    "teal": ColourClass(190.0, 30.0, chroma=(9.0, 18.0)),
    "blue": ColourClass(270.0, 42.0, chroma=(8.0, 18.0)),
    "purple": ColourClass(318.0, 26.0, chroma=(12.0, 24.0)),
    "pink": ColourClass(352.0, 30.0, chroma=(14.0, 26.0), light=(40.0, 99.0)),
    "brown": ColourClass(62.0, 30.0, chroma=(8.0, 15.0), light=(10.0, 58.0)),
    "black": ColourClass(None, chroma=_DULL, light=(0.0, 26.0)),
    "white": ColourClass(None, chroma=_DULL, light=(74.0, 101.0)),
    "grey": ColourClass(None, chroma=_DULL, light=(26.0, 76.0)),
    "silver": ColourClass(None, chroma=_DULL, light=(48.0, 92.0)),
}
"""Hues as measured on paint and cloth, not on primaries: a red car lies at 30 degrees, not at 40."""


def membership(colours: ColourClass, lab: Plane) -> Plane:
    """0 to 1: how far each of `(n, 3)` L*a*b* values belongs to a class."""
    begin, whole = colours.chroma
    # Chroma shrinks with the light: a red thing's shadow side is still red.
    shade = np.sqrt(_MIDDLING / np.clip(lab[:, 0], _DEEPEST, _MIDDLING))
    vivid = (chroma_of(lab) * shade - begin) / (whole - begin)
    low, high = colours.light
    lit = np.minimum((lab[:, 0] - low) / 5, (high - lab[:, 0]) / 5) + 0.5
    found = np.clip(vivid, 0, 1) * np.clip(lit, 0, 1)
    if colours.hue is not None:
        away = np.abs((hues_of(lab) - colours.hue + 180) % 360 - 180)
        found *= np.clip((colours.reach + _HUE_RAMP - away) / _HUE_RAMP, 0, 1)
    return np.asarray(found, np.float32)


def members_cube(colours: Sequence[ColourClass]) -> Mask:
    """`(64, 64, 64)` over the top six bits of blue, green, red: membership in any of the classes, of 255."""
    lab = _cells()
    found = np.max([membership(each, lab) for each in colours], axis=0)
    return np.asarray(found * 255 + 0.5, np.uint8).reshape(CUBE, CUBE, CUBE)


def fitted(colours: ColourClass, lab: Plane, weights: Plane) -> ColourClass:
    """The class narrowed to the hue that a clip shows most of within it."""
    if colours.hue is None:
        return colours
    inside = membership(colours, lab) * weights * chroma_of(lab)
    peak = _peak(hues_of(lab), inside)
    if peak is None:
        return colours
    away = (hues_of(lab) - peak + 180) % 360 - 180
    near = inside * (np.abs(away) < _FITTED_REACH[1])
    spread = float(np.sqrt((near * away**2).sum() / max(1e-6, float(near.sum()))))
    return replace(colours, hue=peak, reach=float(np.clip(1.7 * spread, *_FITTED_REACH)))


def strongest_hue(lab: Plane, weights: Plane) -> tuple[float, float] | None:
    """The hue that most weight lies around, and its share of all the weight; None without any weight."""
    hues = hues_of(lab)
    peak = _peak(hues, weights)
    if peak is None:
        return None
    near = np.abs((hues - peak + 180) % 360 - 180) < _FITTED_REACH[1]
    return peak, float(weights[near].sum() / weights.sum())


def hues_of(lab: Plane) -> Plane:
    """Hue angles, 0 to 360 degrees, of `(n, 3)` L*a*b* values."""
    return np.asarray(np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360, np.float32)


def _peak(hues: Plane, weights: Plane) -> float | None:
    count = np.bincount((hues / 360 * _BINS).astype(np.intp) % _BINS, weights, minlength=_BINS)
    if not count.sum() > 0:
        return None
    around = sum(np.roll(count, step) for step in (-2, -1, 0, 1, 2))
    return float((np.argmax(around) + 0.5) * 360 / _BINS)


def _cells() -> Plane:
    level = (np.arange(CUBE, dtype=np.float32) * 4 + 2).astype(np.uint8)
    return lab_of(np.stack(np.meshgrid(level, level, level, indexing="ij"), axis=-1).reshape(-1, 3))
