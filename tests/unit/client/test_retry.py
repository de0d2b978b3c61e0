from __future__ import annotations

import pytest

from omnireel.client._retry import LONGEST_PAUSE, pause


def test_pauses_double_up_to_a_cap() -> None:
    assert [pause(failures, None, 1.0) for failures in range(1, 9)] == [0.25, 0.5, 1, 2, 4, 8, 8, 8]
    assert pause(10_000, None, 1.0) == LONGEST_PAUSE


def test_jitter_takes_off_up_to_half() -> None:
    assert pause(3, None, 0.0) == pytest.approx(0.5)


def test_the_server_may_ask_for_a_longer_pause_but_not_a_shorter_one() -> None:
    assert pause(1, 30.0, 0.5) == 30.0
    assert pause(6, 0.0, 1.0) == LONGEST_PAUSE
