"""Sixel pictures (DEC STD 070, chapter 9): bands of six rows, a colour at a time, runs shortened."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from omnireel.media.frames import Frame

COLOURS = 255
BAND = 6


def sixel(picture: Frame) -> str:
    """A BGR picture as a sixel sequence, with at most COLOURS colours."""
    image = Image.fromarray(np.ascontiguousarray(picture[..., ::-1])).quantize(COLOURS)
    places = np.asarray(image, np.uint8)
    height, width = places.shape
    # Opaque background, square pixels, the size in pixels.
    parts = ["\x1bP0;1q", f'"1;1;{width};{height}', _palette(image, int(places.max()) + 1)]
    parts += [_band(places[top : top + BAND]) for top in range(0, height, BAND)]
    return "".join(parts) + "\x1b\\\n"


def _palette(image: Image.Image, count: int) -> str:
    values = (image.getpalette() or [])[: 3 * count]
    colours = [values[start : start + 3] for start in range(0, len(values), 3)]
    # Percent, the format's own measure.
    return "".join(
        f"#{place};2;" + ";".join(str(round(value * 100 / 255)) for value in colour)
        for place, colour in enumerate(colours)
    )


def _band(rows: NDArray[np.uint8]) -> str:
    weights = (1 << np.arange(len(rows), dtype=np.uint8))[:, None]
    lines = []
    for colour in np.unique(rows):
        bits = ((rows == colour) * weights).sum(axis=0)
        lines.append(f"#{colour}" + "".join(_run(int(value), len(list(run))) for value, run in groupby(bits)))
    return "$".join(lines) + "-"


def _run(bits: int, length: int) -> str:
    letter = chr(63 + bits)
    return f"!{length}{letter}" if length > 3 else letter * length
