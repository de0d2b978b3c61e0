from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from omnireel.engines.studio.pipeline import ahead


def living_threads() -> int:
    return threading.active_count()


def counted(made: list[int], closed: list[bool]) -> Iterator[int]:
    try:
        for number in range(10_000):
            made.append(number)
            yield number
    finally:
        closed.append(True)


@pytest.mark.parametrize("threads", [1, 2])
def test_items_arrive_all_and_in_order(threads: int) -> None:
    assert list(ahead(range(500), threads=threads)) == list(range(500))


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_of_the_maker_reaches_the_taker_after_the_items_before_it(threads: int) -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    taken: list[int] = []
    with pytest.raises(OSError, match="the disk is gone"):
        taken.extend(ahead(broken(), threads=threads))
    assert taken == [1, 2]


def test_the_maker_stays_only_a_few_items_ahead() -> None:
    made: list[int] = []
    items = ahead(counted(made, []), threads=2, depth=3)
    next(items)
    time.sleep(0.2)
    assert len(made) <= 6
    items.close()


def test_closing_stops_the_maker_and_closes_its_source() -> None:
    before = living_threads()
    made: list[int] = []
    closed: list[bool] = []
    items = ahead(counted(made, closed), threads=2)
    next(items)
    items.close()
    assert closed == [True]
    assert living_threads() == before
