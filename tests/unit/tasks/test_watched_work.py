"""What a dispatcher tells of its work: that it lives, how its attempts went, whose log lines are whose."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from omnireel.clock import SystemClock
from omnireel.execution.base import Lost, Stage
from omnireel.models import Failed, TaskStatus
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.janitor import Janitor
from omnireel.tasks.running import Rhythm
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.workers import Crew, Workers
from omnireel.telemetry.instruments import Instruments
from omnireel.testing.fake_executor import FakeExecutor, FakeHandle
from omnireel.testing.task_store import a_task

QUICK = Rhythm(
    poll=0.01, claim=0.02, cancel=0.05, progress=0.05, heartbeat=0.1, retry=0.02, drain=0.1, stop=0.1
)
LATELY = timedelta(seconds=30)
MODEL = "kling/kling-video-o1"


class Works:
    """A dispatcher with instruments, in a thread of its own."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.store = SqlTaskStore(engine)
        self.workers = Workers(engine)
        self.instruments = Instruments()
        self.executor = FakeExecutor(folder, slots=2)
        self.blobs = LocalBlobs(folder / "files", base_url="http://x", secret=b"s", clock=SystemClock())
        self.stop = Event()
        dispatcher = Dispatcher(
            self.store,
            self.executor,
            self.blobs,
            worker="worker-1",
            rhythm=QUICK,
            workers=self.workers,
            instruments=self.instruments,
        )
        self.thread = Thread(target=dispatcher.run, args=(self.stop,))
        self.thread.start()

    def finish(self) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()

    def handle(self, number: int) -> FakeHandle:
        until(lambda: len(self.executor.handles) >= number)
        return self.executor.handles[number - 1]

    def number(self, name: str, **labels: str) -> float | None:
        return self.instruments.metrics.registry.get_sample_value(name, labels)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def works(engine: Engine, tmp_path: Path) -> Iterator[Works]:
    works = Works(engine, tmp_path)
    yield works
    works.finish()


def test_a_worker_is_on_the_roll_while_it_takes_tasks(works: Works) -> None:
    until(lambda: works.workers.crew(LATELY) == Crew(1, 2))
    works.store.add(a_task("t1"))
    works.handle(1)
    time.sleep(0.15)
    assert works.workers.crew(LATELY) == Crew(1, 2)
    until(lambda: works.number("omnireel_worker_busy_ratio") == 0.5)

    works.stop.set()
    until(lambda: works.workers.crew(LATELY) == Crew(0, 0))


def test_attempts_are_counted_by_how_they_ended(works: Works) -> None:
    works.store.add(a_task("t1"))
    works.handle(1).ending = Lost("gone")
    works.handle(2).stages = (
        Stage("render", 100.0, 107.0),
        Stage("painting", 101.0, 102.0, of="render"),
        Stage("invented by a child", 101.0, 102.0),
    )
    works.handle(2).ending = Failed("invalid_media", "no")
    until(lambda: works.store.get("team", "t1").status is TaskStatus.FAILED)
    works.store.add(a_task("t2"))
    works.handle(3).ending = Failed("whatever a child says", "no")
    until(lambda: works.store.get("team", "t2").status is TaskStatus.FAILED)
    works.finish()

    def ended(outcome: str, reason: str) -> float | None:
        return works.number("omnireel_attempts_ended_total", engine="studio", outcome=outcome, reason=reason)

    assert (ended("pending", ""), ended("failed", "invalid_media"), ended("failed", "other")) == (1, 1, 1)
    assert works.number("omnireel_attempts_repeated_total") == 1
    assert works.number("omnireel_queue_wait_seconds_count", model=MODEL) == 2
    assert works.number("omnireel_task_run_seconds_sum", model=MODEL, stage="render") == 7
    assert works.number("omnireel_task_run_seconds_sum", model=MODEL, stage="invented by a child") is None


def test_everything_said_about_an_attempt_says_whose_it_is(engine: Engine, tmp_path: Path) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        works = Works(engine, tmp_path)
        works.store.add(a_task("t1"))
        works.store.add(a_task("t2"))
        # Both run before one ends: its second attempt would be the second handle otherwise.
        second = works.handle(2)
        works.handle(1).ending = Lost("gone")
        second.make()
        until(lambda: works.store.get("team", "t2").status is TaskStatus.SUCCESS)
        works.finish()

    def said(event: str) -> list[Any]:
        return [line for line in lines if line["event"] == event]

    (lost,) = said("attempt lost")
    assert (lost["task"], lost["attempt"], lost["team"], lost["request_id"]) == ("t1", 1, "team", "req-1")
    assert {line["task"] for line in said("attempt ended")} >= {"t1", "t2"}
    assert "task" not in said("dispatcher stopped")[0]


def test_the_janitor_counts_what_is_stored(engine: Engine, tmp_path: Path) -> None:
    instruments = Instruments()
    blobs = LocalBlobs(tmp_path / "files", base_url="http://x", secret=b"s", clock=SystemClock())
    (tmp_path / "made").write_bytes(b"x" * 1000)
    blobs.put("results/t1/token/t1.mp4", tmp_path / "made")
    blobs.put("inputs/a", tmp_path / "made")
    janitor = Janitor(
        SqlTaskStore(engine),
        MediaFiles(engine, SystemClock()),
        blobs,
        clock=SystemClock(),
        sweep_scratch=lambda: 0,
        metrics=instruments.metrics,
    )

    janitor.sweep()

    of = instruments.metrics.registry.get_sample_value
    stored = [of("omnireel_blob_bytes", {"kind": kind}) for kind in ("results", "inputs", "uploads")]
    assert stored == [1000, 1000, 0]
