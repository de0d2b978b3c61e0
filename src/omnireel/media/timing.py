"""A constant frame rate for any video, found from its time stamps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

_STANDARD = tuple(
    Fraction(*rate)
    for rate in (
        (12, 1),
        (12_500, 1_000),
        (15, 1),
        (20, 1),
        (24_000, 1_001),
        (24, 1),
        (25, 1),
        (30_000, 1_001),
        (30, 1),
        (48, 1),
        (50, 1),
        (60_000, 1_001),
        (60, 1),
        (120, 1),
    )
)
_EVEN_SHARE = 0.9
_NOMINAL_TOLERANCE = Fraction(1, 100)
_STANDARD_TOLERANCE = Fraction(3, 1000)
_FINEST = 10_000
_SLOWEST = Fraction(1, 100)


@dataclass(frozen=True)
class Timing:
    """A video's length as `frames` at the constant rate `fps`; the first is shown at `start` seconds.

    `pictures` is how many there are before any is repeated or left out.
    """

    start: Fraction
    fps: Fraction
    frames: int
    pictures: int


def measure(stamps: Sequence[int], last: int, time_base: Fraction) -> Timing:
    """The timing of frames shown at `stamps` ticks, sorted; `last` is the last one's length, 0 if unknown.

    The rate is that of the usual step between frames where nearly all steps are equal; else the standard rate
    close to the average (WebM counts whole milliseconds, so 24 fps steps by 41 and 42); else a whole number.
    """
    steps = Counter(after - before for before, after in pairwise(stamps) if after > before)
    step, count = steps.most_common(1)[0] if steps else (max(last, 1), 1)
    end = stamps[-1] + (last if last > 0 else step)
    average = len(stamps) / ((end - stamps[0]) * time_base)
    nominal = 1 / (step * time_base)
    even = count >= _EVEN_SHARE * max(1, len(stamps) - 1) and _near(nominal, average, _NOMINAL_TOLERANCE)
    start = _phase(stamps, step) if even else stamps[0]
    fps = max(_SLOWEST, nominal.limit_denominator(_FINEST)) if even else _standard(average)
    return Timing(start * time_base, fps, max(1, round((end - start) * time_base * fps)), len(stamps))


def _phase(stamps: Sequence[int], step: int) -> int:
    """Where the clock starts that most frames keep to; recorders often hold the first one too long."""
    usual = sorted(stamp - index * step for index, stamp in enumerate(stamps))[len(stamps) // 2]
    return usual if abs(usual - stamps[0]) < step else stamps[0]


def _standard(average: Fraction) -> Fraction:
    nearest = min(_STANDARD, key=lambda rate: abs(rate - average))
    return nearest if _near(nearest, average, _STANDARD_TOLERANCE) else Fraction(max(1, round(average)))


def _near(one: Fraction, other: Fraction, tolerance: Fraction) -> bool:
    return abs(one - other) <= tolerance * other
