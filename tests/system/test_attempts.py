"""The dispatcher over real child processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import av
import psutil
import pytest
from tests.chaos.places import FAKE

from omnireel.clock import SystemClock
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.models import Failed, Succeeded, Task, TaskStatus, VideoRequest
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.database import open_database
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.running import Rhythm
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask

pytestmark = pytest.mark.system


class Shop:
    """A dispatcher in a thread, attempts in child processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Not ours: a database server started for other tests of this process.
        self.others = set(psutil.Process().children())
        self.engine = open_database(folder / "omnireel.db")
        self.store = SqlTaskStore(self.engine, lease=timedelta(seconds=10))
        self.blobs = LocalBlobs(folder / "files", base_url="http://x", secret=b"s", clock=SystemClock())
        self.executor = LocalExecutor(
            folder / "scratch",
            self.blobs,
            slots=2,
            cache=folder / "cache",
            limits=LocalLimits(stop_grace_seconds=0.3),
            engines=[FAKE],
        )
        self.stop = Event()
        rhythm = Rhythm(progress=0.05, heartbeat=1, retry=0.05, drain=0.2, stop=5)
        dispatcher = Dispatcher(self.store, self.executor, self.blobs, worker="shop", rhythm=rhythm)
        self.thread = Thread(target=dispatcher.run, args=(self.stop,))
        self.thread.start()

    def submit(self, prompt: str) -> None:
        request = VideoRequest("kling/kling-video-o1", prompt)
        self.store.add(NewTask("t1", "team", request, FAKE, 7))

    def until(self, *statuses: TaskStatus, progress: float = 0.0) -> Task:
        deadline = time.monotonic() + 60
        while True:
            task = self.store.get("team", "t1")
            if task.status in statuses and task.progress.value >= progress:
                return task
            assert time.monotonic() < deadline, f"still {task.status}"
            time.sleep(0.02)

    def close(self) -> None:
        self.stop.set()
        self.thread.join(30)
        self.executor.close()
        self.engine.dispose()
        assert set(psutil.Process().children()) <= self.others
        assert list((self.folder / "scratch").iterdir()) == []


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.close()


def test_a_clip_made_by_a_child_can_be_played_from_storage(shop: Shop) -> None:
    shop.submit("a pond fake:frames=24 fake:warn")
    outcome = shop.until(TaskStatus.SUCCESS, TaskStatus.FAILED).outcome
    assert isinstance(outcome, Succeeded)
    assert outcome.warnings
    clip, poster = outcome.resources
    with av.open(str(shop.blobs.path(clip.key))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 24
    assert shop.blobs.path(poster.key).read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("manner", ["fake:seconds=30 fake:steps=300", "fake:deaf"])
def test_a_cancel_reaches_the_child_whether_it_listens_or_not(shop: Shop, manner: str) -> None:
    shop.submit(f"a pond {manner}")
    shop.until(TaskStatus.PROCESSING, progress=0.01)
    shop.store.cancel("team", "t1")
    began = time.monotonic()
    assert shop.until(TaskStatus.CANCELED).attempt == 1
    # Not a matter of speed: without the kill a deaf child would go on for an hour.
    assert time.monotonic() - began < 30


def test_a_task_that_crashes_its_child_each_time_is_given_up(shop: Shop) -> None:
    shop.submit("a pond fake:crash")
    task = shop.until(TaskStatus.FAILED)
    assert isinstance(task.outcome, Failed)
    assert (task.outcome.type, task.outcome.retryable, task.attempt) == ("worker_lost", True, 3)


def test_a_drain_gives_back_what_a_child_could_not_finish(shop: Shop) -> None:
    shop.submit("a pond fake:seconds=60 fake:steps=600")
    shop.until(TaskStatus.PROCESSING, progress=0.001)
    shop.stop.set()
    assert shop.until(TaskStatus.PENDING).attempt == 0
