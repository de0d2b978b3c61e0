from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from omnireel.engines.studio.pipeline import ahead, beside, fanned


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


@pytest.mark.parametrize("threads", [1, 2, 4, 64])
def test_fanned_results_come_in_the_order_of_the_items_whichever_is_done_first(threads: int) -> None:
    def slow_at_first(number: int) -> int:
        time.sleep(0.02 if number % 4 == 0 else 0)
        return number * number

    assert list(fanned(range(40), slow_at_first, threads=threads)) == [n * n for n in range(40)]


def test_fanned_work_is_done_by_several_threads_at_once() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def meet(number: int) -> int:
        meeting.wait()
        return number

    assert list(fanned(range(6), meet, threads=4)) == list(range(6))


@pytest.mark.parametrize("threads", [2, 4])
@pytest.mark.parametrize("fault", ["items", "work"])
def test_an_error_in_a_fan_comes_after_the_results_before_it(threads: int, fault: str) -> None:
    def broken() -> Iterator[int]:
        yield from range(3)
        if fault == "items":
            raise OSError("no more")
        yield 3

    def work(number: int) -> int:
        if number == 3:
            raise OSError("no more")
        return number

    taken: list[int] = []
    with pytest.raises(OSError, match="no more"):
        taken.extend(fanned(broken(), work, threads=threads))
    assert taken == [0, 1, 2]


@pytest.mark.parametrize("threads", [2, 4])
def test_closing_a_fan_closes_its_source_and_leaves_no_threads(threads: int) -> None:
    before = living_threads()
    made: list[int] = []
    closed: list[bool] = []
    results = fanned(counted(made, closed), lambda number: number, threads=threads)
    next(results)
    results.close()
    assert closed == [True]
    assert len(made) <= 4
    assert living_threads() == before


def test_work_beside_a_block_is_over_when_the_block_is_and_its_error_is_not_lost() -> None:
    done: list[int] = []
    with beside(lambda: done.append(threading.get_ident()), threads=2):
        pass
    assert len(done) == 1
    assert done[0] != threading.get_ident()
    with pytest.raises(ZeroDivisionError), beside(lambda: 1 // 0, threads=2):
        pass
