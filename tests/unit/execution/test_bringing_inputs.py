"""Stored inputs may lie far away: whoever polls does not wait for them, and who stops is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from tests.media_files import make_image

from omnireel.clock import SystemClock
from omnireel.errors import StorageAway
from omnireel.execution.base import Lost, Made
from omnireel.execution.local import LocalExecutor
from omnireel.models import MediaKind, MediaRef, Stopped
from omnireel.storage.local import LocalBlobs
from omnireel.testing.executor import BLOB, FAKE, attempt, ending_of

IMAGE = MediaRef(MediaKind.IMAGE, f"blob:{BLOB}")


class FarAway(LocalBlobs):
    """Blobs that are long on their way, and may not arrive."""

    arrive = Event()
    fault: Exception | None = None

    def get(self, key: str, target: Path) -> None:
        assert self.arrive.wait(60)
        if self.fault is not None:
            raise self.fault
        super().get(key, target)


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[FarAway]:
    blobs = FarAway(tmp_path / "blobs", base_url="http://x", secret=b"s", clock=SystemClock())
    blobs.put(BLOB, make_image(tmp_path / "picture.png"))
    blobs.arrive = Event()
    yield blobs
    blobs.arrive.set()


@pytest.fixture
def executor(blobs: FarAway, tmp_path: Path) -> Iterator[LocalExecutor]:
    executor = LocalExecutor(
        tmp_path / "scratch", blobs, slots=1, cache=tmp_path / "cache", engines=[FAKE], sandbox_mode="off"
    )
    yield executor
    executor.close()


def test_an_attempt_waits_for_its_inputs_and_whoever_polls_does_not(
    executor: LocalExecutor, blobs: FarAway
) -> None:
    handle = executor.start(attempt("a cat fake:read", images=(IMAGE,)))
    assert [handle.poll() for _ in range(3)] == [None] * 3
    assert (handle.pid, executor.capacity()) == (None, 0)
    blobs.arrive.set()
    assert isinstance(ending_of(handle), Made)
    handle.close()


def test_a_stop_while_inputs_are_on_their_way_is_heeded_at_once(executor: LocalExecutor) -> None:
    handle = executor.start(attempt(images=(IMAGE,)))
    handle.stop()
    assert handle.poll() == Stopped()
    handle.close()
    assert executor.capacity() == 1


def test_a_kill_while_inputs_are_on_their_way_leaves_no_child_and_no_folder(
    executor: LocalExecutor, blobs: FarAway, tmp_path: Path
) -> None:
    handle = executor.start(attempt(images=(IMAGE,)))
    handle.kill()
    assert handle.poll() == Lost("the attempt was killed")
    handle.close()
    blobs.arrive.set()
    executor.close()
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("fault", [StorageAway("no such bucket"), OSError("disk full")])
def test_inputs_that_cannot_be_read_lose_the_attempt_which_is_made_again(
    executor: LocalExecutor, blobs: FarAway, fault: Exception
) -> None:
    blobs.fault = fault
    blobs.arrive.set()
    handle = executor.start(attempt(images=(IMAGE,)))
    assert ending_of(handle) == Lost(f"the inputs could not be read from storage ({type(fault).__name__})")
    handle.close()
