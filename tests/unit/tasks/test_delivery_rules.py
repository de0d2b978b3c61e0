"""W1: what follows from an answer, and when the next attempt is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from omnireel.tasks.delivery import (
    JITTER,
    SCHEDULE,
    Again,
    AttemptFault,
    DeliveryStatus,
    Result,
    fault_of,
    seconds_asked,
    verdict,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = 86_400.0


def after(status: int, tries: int = 1, *, retry_after: float = 0.0, chance: float = 0.5) -> object:
    return verdict(Result(fault_of(status), 0.1, status, retry_after), tries, chance)


def test_the_schedule_is_ten_attempts_over_75_hours_35_minutes_and_5_seconds() -> None:
    assert len(SCHEDULE) == 10
    assert sum(SCHEDULE) == 75 * 3600 + 35 * 60 + 5
    assert SCHEDULE[0] == 0


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_any_2xx_ends_it(status: int) -> None:
    assert after(status) is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 413, 422, 451])
def test_other_4xx_are_not_tried_again(status: int) -> None:
    assert after(status) is DeliveryStatus.REJECTED


def test_410_switches_off() -> None:
    assert after(410) is DeliveryStatus.DISABLED


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599, 301, 302, 308, 101, 600, 999])
def test_everything_else_is_tried_again_until_the_last_attempt(status: int) -> None:
    for tries in range(1, 10):
        assert after(status, tries) == Again(SCHEDULE[tries])
    assert after(status, 10) is DeliveryStatus.DEAD


def test_a_receiver_that_cannot_be_reached_is_tried_again() -> None:
    assert verdict(Result(AttemptFault.UNREACHABLE, 15.0), 1, 0.5) == Again(5)


@pytest.mark.parametrize("tries", range(1, 10))
def test_the_jitter_is_a_tenth_at_most(tries: int) -> None:
    shortest, longest = after(500, tries, chance=0.0), after(500, tries, chance=1.0)
    assert isinstance(shortest, Again)
    assert isinstance(longest, Again)
    assert shortest.seconds == pytest.approx(SCHEDULE[tries] * (1 - JITTER))
    assert longest.seconds == pytest.approx(SCHEDULE[tries] * (1 + JITTER))


@pytest.mark.parametrize(
    ("asked", "seconds"), [(1.0, 5.0), (60.0, 60.0), (DAY, DAY), (10 * DAY, DAY), (float(10**60), DAY)]
)
def test_retry_after_makes_it_later_and_never_earlier_and_a_day_at_most(asked: float, seconds: float) -> None:
    assert after(503, 1, retry_after=asked) == Again(seconds)
    assert after(429, 1, retry_after=asked) == Again(seconds)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("soon", 0.0),
        ("\u0661", 0.0),
        ("9" * 5000, float("9" * 64)),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 99 Mar 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float) -> None:
    assert seconds_asked(header, NOW) == seconds
