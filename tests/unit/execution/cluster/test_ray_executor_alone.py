"""The executor while there is no cluster, and what fits into one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from omnireel.errors import Unavailable
from omnireel.execution.base import Lost
from omnireel.execution.cluster.executor import RayExecutor
from omnireel.execution.cluster.fit import fitting
from omnireel.execution.cluster.messages import Room, Shape, Terms
from omnireel.testing.executor import attempt

TERMS = Terms("no.such:node", {}, "0")


def executor(folder: Path, *, most: int = 4, waiting: int = 0) -> RayExecutor:
    return RayExecutor(folder, TERMS, shape_of=lambda _: Shape(), usual=Shape(), most=most, waiting=waiting)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed; pip install 'omnireel[ray]'")
    # A port on which nobody listens.
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")


def test_without_a_cluster_there_is_no_room_and_nothing_waits(tmp_path: Path) -> None:
    lonely = executor(tmp_path)
    began = time.monotonic()
    assert lonely.capacity() == 0
    lonely.close()
    assert time.monotonic() - began < 30


def test_room_is_what_the_cluster_holds_and_at_most_what_may_be(tmp_path: Path) -> None:
    for most, waiting, places, expected in [(4, 0, 3, 3), (2, 0, 3, 2), (4, 2, 1, 3), (4, 9, 1, 4)]:
        lonely = executor(tmp_path, most=most, waiting=waiting)
        lonely._hear(Room(places))
        assert lonely.capacity() == expected
        lonely.close()


def test_attempts_are_lost_with_the_bridge(tmp_path: Path) -> None:
    lonely = executor(tmp_path)
    until(lambda: lonely.bridge is not None)
    lonely._hear(Room(2))
    handle = lonely.start(attempt())
    assert lonely.capacity() == 1
    assert handle.poll() is None
    assert lonely.bridge is not None
    os.kill(lonely.bridge, signal.SIGKILL)
    until(lambda: handle.poll() is not None)
    assert handle.poll() == Lost("the connection to the cluster ended (signal 9)")
    assert lonely.capacity() == 0
    handle.close()
    lonely.close()


def test_nothing_starts_beyond_the_most_there_may_be(tmp_path: Path) -> None:
    lonely = executor(tmp_path, most=1)
    until(lambda: lonely.bridge is not None)
    handle = lonely.start(attempt())
    with pytest.raises(Unavailable):
        lonely.start(attempt())
    lonely.close()
    assert not handle.scratch.exists()


def test_a_shape_fits_as_often_as_its_scarcest_part() -> None:
    gib = 1024.0**3
    shape = Shape(cpus=2.0, gpus=1.0, memory=4 * 1024**3)
    assert fitting(shape, {"CPU": 8.0, "GPU": 2.0, "memory": 64 * gib}) == 2
    assert fitting(shape, {"CPU": 8.0, "GPU": 2.0, "memory": 4 * gib}) == 1
    assert fitting(shape, {"CPU": 8.0, "memory": 64 * gib}) == 0
    assert fitting(Shape(cpus=0.5, memory=0), {"CPU": 1.0}) == 2
