"""The nearest that is made here to a `size` and a number of `seconds`, and what is said when it is not the
same. What is too far away is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from omnireel.catalog.fields import is_whole
from omnireel.catalog.wording import listed, shown
from omnireel.errors import InvalidFormat, OutOfRange
from omnireel.media.canvas import canvas
from omnireel.models import AspectRatio, Mode

OTHER_SHAPE = 1.12
"""How many times as wide for its height a picture may be as what was asked."""
OTHER_SCALE = 1.6
"""How many times as long its sides may be, or as short."""
OTHER_SECONDS = 2

_SIZE = re.compile(r"([0-9]{1,5})[xX]([0-9]{1,5})", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class Canvas:
    """What a clip's size follows from."""

    mode: Mode
    aspect_ratio: AspectRatio
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """`1280x720`."""
        width, height = canvas(self.mode, self.aspect_ratio)
        return f"{width}x{height}"


CANVASES = tuple(Canvas(mode, shape) for mode, shape in product(Mode, AspectRatio))


def nearest_canvas(size: object) -> Canvas:
    """The canvas of the shape, then of the size, nearest to `1024x1792`. Raises InvalidFormat, OutOfRange."""
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if found is None or not (int(found[1]) and int(found[2])):
        raise InvalidFormat(
            f"parameter 'size' must be a width and a height, such as '1280x720'{shown(size)}", field="size"
        )
    width, height = int(found[1]), int(found[2])
    nearest = min(CANVASES, key=lambda canvas: _distance(canvas, width, height))
    shape, scale = _distance(nearest, width, height)
    if shape > math.log(OTHER_SHAPE) or scale > math.log(OTHER_SCALE):
        sizes = listed([canvas.size for canvas in CANVASES])
        raise OutOfRange(f"parameter 'size' must be near to {sizes}{shown(size)}", field="size")
    if nearest.size == f"{width}x{height}":
        return nearest
    note = f"'size' {width}x{height} was taken as {nearest.size}, the nearest that is made here"
    return Canvas(nearest.mode, nearest.aspect_ratio, (note,))


def _distance(canvas: Canvas, width: int, height: int) -> tuple[float, float]:
    """How far the shape and the length of the sides are from these; logarithms of ratios."""
    wide, high = map(int, canvas.size.split("x"))
    shape = abs(math.log(wide / high) - math.log(width / height))
    # Rounded, so that of one shape the nearer size wins.
    return round(shape, 2), abs(math.log(wide * high) - math.log(width * height)) / 2


def nearest_seconds(seconds: object, durations: Sequence[int]) -> tuple[int, tuple[str, ...]]:
    """The duration nearest to a number of seconds, which may come as text, and notes on it.

    Raises InvalidFormat or OutOfRange.
    """
    asked = _whole(seconds)
    nearest = min(durations, key=lambda duration: (abs(duration - asked), duration))
    if abs(nearest - asked) > OTHER_SECONDS:
        legal = f"{_told(durations)}, or at most {OTHER_SECONDS} off"
        raise OutOfRange(f"parameter 'seconds' must be {legal}{shown(asked)}", field="seconds")
    if nearest == asked:
        return nearest, ()
    return nearest, (f"'seconds' {asked} was taken as {nearest}: this model makes {_told(durations)}",)


def _whole(seconds: object) -> int:
    if isinstance(seconds, str) and _WHOLE.fullmatch(seconds):
        return int(seconds)
    if is_whole(seconds):
        return int(seconds)
    raise InvalidFormat(
        f"parameter 'seconds' must be a whole number, as text or not{shown(seconds)}", field="seconds"
    )


def _told(durations: Sequence[int]) -> str:
    whole = len(durations) > 2 and list(durations) == list(range(durations[0], durations[-1] + 1))
    return f"{durations[0]} to {durations[-1]}" if whole else listed(durations)
