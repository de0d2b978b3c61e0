"""A thing in another colour, or the only thing that keeps its colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, log, sin

import numpy as np

from omnireel.engines.studio.edits.kernels_dye import dye
from omnireel.engines.studio.edits.sky_mask import SkyMask
from omnireel.engines.studio.edits.thing_mask import ThingMask, members_of
from omnireel.engines.studio.picture.raster import Mask, Plane, size_of, stretched
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

DYES: dict[str, tuple[int, int, int]] = {
    "red": (38, 30, 205), "orange": (20, 120, 240), "yellow": (35, 205, 240), "gold": (40, 165, 215),
    "green": (55, 150, 45), "teal": (150, 150, 30), "blue": (200, 85, 30), "purple": (165, 45, 120),
    "pink": (170, 105, 240), "brown": (40, 75, 120), "black": (34, 32, 32), "white": (228, 230, 230),
    "grey": (128, 128, 128), "silver": (188, 184, 180),
}  # fmt: skip
"""Blue, green, red of each colour in middling light."""
_DULL = 14.0
"""Distance of blue and red from luma below which a colour has no hue."""
_TOWARDS = 0.72
"""How far lightness goes towards the new colour's; the rest stays the thing's own."""
_OWN_HUES = 0.45
"""How much of a thing's own play of hues is turned along; the rest becomes the one new hue."""
_SATURATIONS = (0.45, 1.9)


@dataclass(frozen=True)
class Dye:
    """How colours change: a curve for luma, and three ways to new values of blue and red minus luma."""

    tone: Plane
    """`(256,)`."""
    turn: Plane
    """`(2, 2)`: a matrix over the old ones."""
    pull: Plane
    """`(2,)`: added for each unit of their length, which makes one hue of many."""
    tint: Plane
    """`(256, 2)`: added by luma, which gives colour to what has none."""


_NO_PULL = np.zeros(2, np.float32)
_NO_TINT = np.zeros((256, 2), np.float32)
GREY = Dye(np.arange(256, dtype=np.float32), np.zeros((2, 2), np.float32), _NO_PULL, _NO_TINT)
"""Takes all colour out."""


class Recolour:
    """Dyes what a mask follows and keeps its shading; with `inverse`, everything else.

    The place comes from a mask on the working grid, smoothed along the flow; the edge from each full-size
    pixel's own colour.
    """

    def __init__(self, mask: ThingMask | SkyMask, change: Dye, *, inverse: bool = False) -> None:
        self._mask, self._change, self._inverse = mask, change, inverse

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment with the thing dyed."""
        placed = ((moment, self._mask.see(moment)) for moment in moments)
        for moment, gate in ahead(placed, threads=threads):
            yield moment.repainted(self._dyed(moment.frame, gate))

    def _dyed(self, frame: Frame, gate: Mask) -> Frame:
        wide = stretched(gate, size_of(frame))
        return dyed(frame, wide, self._mask.members, self._change, inverse=self._inverse)


class Desaturate:
    """All colour taken out."""

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in greys."""
        members = np.full((64, 64, 64), 255, np.uint8)
        for moment in moments:
            gate = np.full(moment.frame.shape[:2], 255, np.uint8)
            yield moment.repainted(dyed(moment.frame, gate, members, GREY))


def dyed(frame: Frame, gate: Mask, members: Mask, change: Dye, *, inverse: bool = False) -> Frame:
    """The frame with what belongs to `members`, inside `gate`, changed."""
    return dye(frame, gate, members, change.tone, change.turn, change.pull, change.tint, inverse=inverse)


def dye_for(members: Mask, wanted: str, samples: Sequence[Frame], *, own_hues: bool = True) -> Dye:
    """The change that turns what the samples show of some colours, a cube of them, into a named one.

    With `own_hues` a little of their play of hues stays.
    """
    old_luma, old = _mean_colour(members, samples)
    new_luma, new = _split(np.array(DYES[wanted], np.float32))
    bend = _bend(old_luma, new_luma)
    tone = np.asarray(255 * (np.arange(256) / 255) ** bend, np.float32)
    plain = np.eye(2, dtype=np.float32)
    if hypot(*new) < _DULL:
        return Dye(tone, plain * np.float32(0.06), _NO_PULL, _NO_TINT)
    if hypot(*old) < _DULL:
        return Dye(tone, plain * np.float32(0.2), _NO_PULL, _tint(new, new_luma)[tone.astype(int)])
    own = np.float32(_OWN_HUES if own_hues else 0.0)
    return Dye(tone, _turn(old, new) * own, _pull(old, new) * (1 - own), _NO_TINT)


def _mean_colour(members: Mask, samples: Sequence[Frame]) -> tuple[float, tuple[float, float]]:
    pixels = np.concatenate([frame.reshape(-1, 3) for frame in samples]).astype(np.float32)
    shares = np.concatenate([members_of(frame, members).reshape(-1) for frame in samples]).astype(np.float64)
    mean = (pixels * shares[:, None]).sum(axis=0) / max(1.0, shares.sum())
    return _split(mean.astype(np.float32))


def _split(colour: Plane) -> tuple[float, tuple[float, float]]:
    """Luma, and blue and red minus it."""
    luma = float(colour @ np.array((0.114, 0.587, 0.299), np.float32))
    return luma, (float(colour[0]) - luma, float(colour[2]) - luma)


def _bend(old: float, new: float) -> float:
    """The power that takes one luma most of the way to another and leaves black and white where they are."""
    old, new = min(max(old, 12.0), 243.0), min(max(new, 12.0), 243.0)
    wanted = old + (new - old) * _TOWARDS
    return log(wanted / 255) / log(old / 255)


def _turn(old: tuple[float, float], new: tuple[float, float]) -> Plane:
    angle = atan2(new[1], new[0]) - atan2(old[1], old[0])
    scale = min(max(hypot(*new) / hypot(*old), _SATURATIONS[0]), _SATURATIONS[1])
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]], np.float32)
    return turn * np.float32(scale)


def _pull(old: tuple[float, float], new: tuple[float, float]) -> Plane:
    scale = min(max(hypot(*new) / hypot(*old), _SATURATIONS[0]), _SATURATIONS[1])
    return np.array(new, np.float32) * np.float32(scale / hypot(*new))


def _tint(colour: tuple[float, float], luma: float) -> Plane:
    """What a dye adds by luma: nothing to black, little to highlights."""
    level = np.arange(256, dtype=np.float32)
    amount = level / np.float32(max(luma, 1.0)) * (1 - (level / 255) ** 4)
    amount = np.minimum(amount, np.float32(1.6))
    return np.asarray(amount[:, None] * np.array(colour, np.float32), np.float32)
