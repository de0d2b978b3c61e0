"""A constant rate for any row of time stamps."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnireel.media.timing import Timing, measure

MILLISECONDS = Fraction(1, 1000)


@pytest.mark.parametrize(
    "rate",
    [
        Fraction(24000, 1001),
        *map(Fraction, (12, 15, 24, 25)),
        Fraction(30000, 1001),
        *map(Fraction, (30, 50)),
        Fraction(60000, 1001),
        Fraction(60),
    ],
)
@pytest.mark.parametrize("seconds", [3, 10])
def test_whole_milliseconds_do_not_hide_a_standard_rate(rate: Fraction, seconds: int) -> None:
    count = round(seconds * rate)
    stamps = [round(i / rate * 1000) for i in range(count)]

    timing = measure(stamps, round(1000 / rate), MILLISECONDS)

    assert (timing.fps, timing.frames) == (rate, count)


def test_an_even_row_keeps_its_exact_rate() -> None:
    timing = measure(range(0, 90 * 1001, 1001), 961, Fraction(1, 30_000))

    assert timing == Timing(Fraction(0), Fraction(30_000, 1001), 90, 90)


def test_a_first_frame_held_too_long_does_not_shift_the_others() -> None:
    stamps = [0, *(21 + 42 * i for i in range(1, 72))]

    timing = measure(stamps, 42, MILLISECONDS)

    assert (timing.start, timing.frames) == (Fraction(21, 1000), 72)


def test_a_dropped_frame_leaves_its_place_open() -> None:
    stamps = [40 * i for i in range(75) if i != 20]

    timing = measure(stamps, 40, MILLISECONDS)

    assert timing == Timing(Fraction(0), Fraction(25), 75, 74)


def test_a_wandering_rate_becomes_a_whole_number_and_keeps_its_length() -> None:
    stamps = [0]
    for i in range(99):
        stamps.append(stamps[-1] + (31, 36, 41, 47)[i % 4])

    timing = measure(stamps, 40, MILLISECONDS)

    assert timing.fps == 26
    assert float(timing.frames / timing.fps) == pytest.approx((stamps[-1] + 40) / 1000, abs=0.02)


@given(
    stamps=st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=50).map(sorted),
    last=st.integers(-5, 2**33),
    clock=st.integers(1, 2**32 - 1),
)
def test_any_row_of_stamps_has_a_positive_rate_and_length(stamps: list[int], last: int, clock: int) -> None:
    timing = measure(stamps, last, Fraction(1, clock))

    assert timing.fps > 0
    assert timing.frames >= 1
