"""Pictures of characters: the upper half block shows two pixels, one above the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from omnireel.cli.preview.terminal import Colours
from omnireel.media.frames import Frame

UPPER = "▀"
SHADES = " ░▒▓█"
RESET = "\x1b[0m"


def blocks(picture: Frame, colours: Colours) -> str:
    """A BGR picture of even height: a character for every two pixels of a column."""
    if colours is Colours.NONE:
        return _shades(picture)
    lines = []
    for upper, lower in zip(picture[::2], picture[1::2], strict=True):
        before, line = "", ""
        for over, under in zip(upper, lower, strict=True):
            style = f"\x1b[{_code(38, over, colours)};{_code(48, under, colours)}m"
            # Said again only where it changes: a third of the bytes.
            line += (style if style != before else "") + UPPER
            before = style
        lines.append(line + RESET)
    return "\n".join(lines) + "\n"


def _code(ground: int, pixel: NDArray[np.uint8], colours: Colours) -> str:
    blue, green, red = (int(value) for value in pixel)
    if colours is Colours.TRUE:
        return f"{ground};2;{red};{green};{blue}"
    # The 6 x 6 x 6 cube of xterm's 256 colours; its levels are 0, 95, 135, … 255.
    levels = (0 if value < 48 else 1 if value < 115 else (value - 35) // 40 for value in (red, green, blue))
    r, g, b = levels
    return f"{ground};5;{16 + 36 * r + 6 * g + b}"


def _shades(picture: Frame) -> str:
    grey = picture.astype(np.float32) @ np.array([0.114, 0.587, 0.299], np.float32)
    halves = (grey[::2] + grey[1::2]) / 2
    places = np.minimum((halves / 256 * len(SHADES)).astype(int), len(SHADES) - 1)
    return "\n".join("".join(SHADES[place] for place in row) for row in places) + "\n"
