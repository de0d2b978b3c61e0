"""The materials looks can be made up from: their colours, their texture, and how they take the light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np

from omnireel.engines.studio.looks.light.tones import colour, toned
from omnireel.engines.studio.picture.raster import Plane, bgr_of, lab_of


@dataclass(frozen=True)
class Material:
    """A material. Colours are written as people write them, red first, from its darkest to its brightest."""

    ramp: tuple[str, ...]
    pattern: str = "plain"
    scale: float = 1.0
    """Texels per pixel of a canvas of 720 rows."""
    grain: float = 0.3
    """How far the pattern moves the tone, 1 by all of it."""
    emboss: float = 0.5
    """How far the pattern catches the light."""
    gloss: float = 0.2
    mirror: float = 0.0
    """How much of its tone is what it mirrors, for metals and glass."""
    outline: float = 0.0
    """How much of its tone comes from edges that turn away, for what glows or lets light through there."""
    keep: float = 0.0
    """How much of the picture's own colours it takes on, as dyed or painted stuff does."""
    glow: float = 0.0
    contrast: float = 1.0
    """Of the light on it."""


_NUMBERS = 9
"""Of a material, in the order of its fields."""
PAINT = "paint"
"""What colours without a material are laid on with."""
_COLOURS = {
    "red": "d02020", "orange": "f08020", "yellow": "f0d020", "green": "20a040", "blue": "2050d0",
    "purple": "8030b0", "pink": "f080b0", "brown": "804820", "black": "181818", "white": "f8f8f8",
    "grey": "808080", "gray": "808080", "gold": "d0a030", "silver": "b8c0c8", "turquoise": "30c0b8",
    "teal": "107878", "cyan": "20c8e0", "magenta": "d020a0", "violet": "7040d0", "beige": "e0d0b0",
    "navy": "102050", "cream": "f8f0d8",
}  # fmt: skip


@cache
def materials() -> Mapping[str, Material]:
    """Every material by name."""
    lines = resources.files(__package__).joinpath("materials.txt").read_text("utf-8").splitlines()
    return dict(_line(line) for line in lines if not line.startswith("#"))


def _line(line: str) -> tuple[str, Material]:
    name, pattern, *rest = line.split()
    numbers, colours = rest[:_NUMBERS], rest[_NUMBERS:]
    return name, Material(tuple(colours), pattern, *map(float, numbers))


def ramp_of(material: Material, tint: str | None = None) -> Plane:
    """`(256, 3)` BGR, 0 to 255: a material's colours by tone, dyed when a colour is named."""
    stops = [_written(text) for text in material.ramp]
    levels = np.linspace(0, 1, 256, dtype=np.float32)
    ramp = toned(levels, [(place / (len(stops) - 1), stop) for place, stop in enumerate(stops)])
    dye = _COLOURS.get(tint or "")
    return (_dyed(ramp, dye) if dye else ramp) * np.float32(255)


def chosen(names: Sequence[str]) -> list[Material]:
    """The materials there are, at most two, in the order named."""
    known = materials()
    return [known[name] for name in names if name in known][:2]


def painted(colours: Sequence[str]) -> Material:
    """Paint of the named colours, from dark to light."""
    known = [_COLOURS[name] for name in colours if name in _COLOURS]
    by_light = sorted(known, key=lambda text: float(lab_of(_byte_row(text))[0, 0]))
    return replace(materials()[PAINT], ramp=("0a0a0c", *by_light, "fcfcfc"))


def _written(text: str) -> Plane:
    return colour(*(int(text[at : at + 2], 16) for at in (0, 2, 4)))


def _byte_row(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(_written(text)[None] * 255 + 0.5, np.uint8)


def _dyed(ramp: Plane, text: str) -> Plane:
    """The ramp with a colour's hue, strongest in its middle, a little towards its lightness."""
    lab = lab_of(np.asarray(ramp * 255 + 0.5, np.uint8))
    dye = lab_of(_byte_row(text))[0]
    middle = lab[:, 0] / 100
    body = np.float32(4) * middle * (1 - middle)
    lab[:, 0] += (dye[0] - 55) * np.float32(0.45) * body
    lab[:, 1:] = (
        lab[:, 1:] * np.float32(0.12) + dye[1:] * (np.float32(0.25) + np.float32(0.75) * body)[:, None]
    )
    return bgr_of(lab) / np.float32(255)
