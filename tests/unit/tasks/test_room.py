from __future__ import annotations

import pytest

from omnireel.tasks.room import Room


class Queue:
    """A queue that knows how often it was counted."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = waiting
        self.counted = 0

    def count(self) -> int:
        self.counted += 1
        return self.waiting


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


def test_a_queue_with_much_room_is_counted_once_a_second(clock: list[float]) -> None:
    queue = Queue()
    room = Room(queue.count, 10_000, now=lambda: clock[0])
    assert all(room.take() for _ in range(1000))
    assert queue.counted == 1
    clock[0] = 1.0
    assert room.take()
    assert queue.counted == 2


def test_many_processes_at_once_do_not_make_the_queue_longer_than_it_may_be(clock: list[float]) -> None:
    queue = Queue()
    rooms = [Room(queue.count, 1000, now=lambda: clock[0]) for _ in range(8)]
    admitted = 0
    for n in range(4000):
        # Nobody sees what the others admit until the next count.
        admitted += rooms[n % 8].take()
        queue.waiting = admitted
    assert admitted == 1000


def test_a_full_queue_refuses_until_there_is_room(clock: list[float]) -> None:
    queue = Queue(3)
    room = Room(queue.count, 3, now=lambda: clock[0])
    assert not room.take()
    queue.waiting = 2
    assert room.take()
    queue.waiting = 3
    assert not room.take()
