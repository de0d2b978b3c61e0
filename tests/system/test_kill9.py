"""kill -9 of everything, at named places and at random: nothing lost, nothing doubled, nothing broken."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text
from tests.media_files import make_image
from tests.system.nursery import LEASE, Places

from omnireel.models import Succeeded, TaskStatus, VideoRequest
from omnireel.tasks.database import open_database
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask

pytestmark = [pytest.mark.system, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
WORKER_POINTS = (
    "after_claim",
    "after_start",
    "before_publish",
    "mid_blob_put",
    "before_blob_rename",
    "after_blob_put",
    "mid_publish",
    "after_publish",
    "before_finish",
    "after_finish",
)
SUBMIT_POINTS = (
    "mid_blob_put",
    "before_blob_rename",
    "after_blob_put",
    "before_submit_commit",
    "after_submit_commit",
)

# The database itself keeps count of endings; any write to a task that has ended counts as one more.
ENDINGS = (
    "CREATE TABLE ending (task_id TEXT)",
    """CREATE TRIGGER one_ending AFTER UPDATE ON task WHEN NEW.status IN ('success', 'failed', 'canceled')
       BEGIN INSERT INTO ending VALUES (NEW.task_id); END""",
)


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.005)


class Nursery:
    """Starts processes of ours quickly and knows how they ended."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.nursery", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._living: set[int] = set()

    def start(self, role: str, crash_point: str = "") -> int:
        pid = self._ask(["start", role, crash_point])
        self._living.add(pid)
        return pid

    def wait(self, pid: int) -> int:
        """The exit code; kills what has not ended after half a minute."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            deadline = time.monotonic() + 30
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                time.sleep(0.005)
            if process.status() != psutil.STATUS_ZOMBIE:
                os.kill(pid, signal.SIGABRT)
        self._living.discard(pid)
        return self._ask(["wait", pid])

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        assert self.wait(pid) == -signal.SIGKILL

    def end(self, pid: int) -> None:
        """Ask it to stop, and see that it does."""
        os.kill(pid, signal.SIGTERM)
        assert self.wait(pid) == 0

    def close(self) -> None:
        for pid in list(self._living):
            os.kill(pid, signal.SIGKILL)
            self.wait(pid)
        self._process.communicate(timeout=30)

    def _ask(self, question: list[object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class World:
    """A database, files and scratch space that processes come and go in."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder)
        self.engine: Engine = open_database(self.places.database)
        self.store: SqlTaskStore = self.places.store()
        make_image(self.places.picture)
        self.nursery = Nursery(folder)
        with self.engine.begin() as connection:
            for statement in ENDINGS:
                connection.execute(text(statement))

    def submit(self, count: int) -> None:
        for _ in range(count):
            number = self.count("SELECT count(*) FROM task")
            request = VideoRequest("kling/kling-video-o1", "a pond fake:frames=2")
            self.store.add(NewTask(f"task-t2v-{number}", "team", request, "fake", 7))

    def count(self, query: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def publishing(self) -> bool:
        return any(self.places.root.glob("files/.incoming/*"))

    def writable(self) -> bool:
        """Whether nobody holds the write lock."""
        connection = sqlite3.connect(self.places.database, timeout=0.2, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True

    def live(self) -> int:
        return self.count("SELECT count(*) FROM task WHERE completed_at IS NULL")

    def finish_everything(self) -> None:
        """Let an undisturbed worker do what is left."""
        worker = self.nursery.start("quick_worker")
        until(lambda: self.live() == 0, "all tasks to end", 90)
        self.nursery.end(worker)

    def judge(self) -> int:
        """Check everything that was promised; how many tasks there were."""
        ids = self.ids()
        receipts = self.places.receipts
        acked = receipts.read_text().split() if receipts.exists() else []
        assert set(acked) <= set(ids), "acknowledged and lost"
        assert self.endings() == Counter(ids), "ended more or less than once"
        kept = {key for task_id in ids for key in self.check_result(task_id)}
        self.places.janitor(self.store, timedelta(0)).sweep()
        assert {info.key for info in self.places.blobs().list("")} == kept
        assert list((self.places.root / "files" / ".incoming").iterdir()) == []
        assert list(self.places.scratch.iterdir()) == [], "scratch folders nobody owns"
        with self.engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        return len(ids)

    def ids(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.execute(text("SELECT task_id FROM task")).scalars())

    def endings(self) -> Counter[str]:
        with self.engine.connect() as connection:
            return Counter(connection.execute(text("SELECT task_id FROM ending")).scalars())

    def check_result(self, task_id: str) -> list[str]:
        """The keys of a task's files, each there and whole."""
        task = self.store.get("team", task_id)
        assert task.status is TaskStatus.SUCCESS, task.outcome
        assert isinstance(task.outcome, Succeeded)
        assert len(task.outcome.resources) == 2
        for file in task.outcome.resources:
            content = self.places.blobs().path(file.key).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
        return [file.key for file in task.outcome.resources]

    def close(self) -> None:
        self.nursery.close()
        self.engine.dispose()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_workers_killed_at_every_named_point_lose_double_and_break_nothing(world: World) -> None:
    rounds = 9
    for n in range(rounds):
        for point in WORKER_POINTS:
            world.submit(2)
            worker = world.nursery.start("quick_worker", f"{point}:{1 + n % 3}")
            _await_death(world, worker)
            assert world.nursery.wait(worker) == -signal.SIGKILL
    world.finish_everything()
    assert world.judge() >= 2 * rounds * len(WORKER_POINTS)


def test_submitters_killed_at_every_named_point_lose_no_receipt(world: World) -> None:
    for n in range(1, 9):
        for point in SUBMIT_POINTS:
            submitter = world.nursery.start("submitter", f"{point}:{1 + n % 3}")
            assert world.nursery.wait(submitter) == -signal.SIGKILL
    assert world.places.receipts.read_text().split()
    world.finish_everything()
    world.judge()


def test_random_kills_of_children_workers_and_submitters_lose_nothing(world: World) -> None:
    dice = random.Random(20)
    roles = ["child_worker", "child_worker", "submitter"]
    pids = [world.nursery.start(role) for role in roles]
    kills: Counter[str] = Counter()
    for _ in range(40):
        if _kill_a_child(pids[:2], dice):
            kills["child"] += 1
        time.sleep(dice.uniform(0.0, 0.5))
        victim = dice.randrange(len(pids))
        world.nursery.kill(pids[victim])
        kills[roles[victim]] += 1
        pids[victim] = world.nursery.start(roles[victim])
    world.nursery.kill(pids[2])
    for pid in pids[:2]:
        world.nursery.end(pid)
    world.finish_everything()
    assert kills.total() >= 70
    assert min(kills["child_worker"], kills["submitter"]) >= 5
    assert world.judge() > 20
    assert _left_behind(world) == []


def test_a_worker_stopped_past_its_lease_has_its_result_refused(world: World) -> None:
    for n in range(4):
        world.submit(1)
        stalled = world.nursery.start("slow_worker")
        until(lambda: world.count("SELECT count(*) FROM task WHERE status = 'processing'") == 1, "claim")
        assert _freeze(world, stalled, tries=50)
        time.sleep(1.2 * LEASE.total_seconds())
        world.finish_everything()
        before = world.store.get("team", world.ids()[n])
        assert before.attempt == 2
        _thaw(world, stalled)
        assert world.store.get("team", world.ids()[n]) == before
    world.judge()


def test_a_worker_stopped_while_publishing_leaves_the_newer_result_alone(world: World) -> None:
    refused = 0
    for n in range(25):
        world.submit(1)
        stalled = world.nursery.start("big_worker")
        # The moment may be missed; then this round does not count.
        until(lambda: world.publishing() or world.live() == 0, "a clip on its way into storage")
        frozen = _freeze(world, stalled, tries=1)
        time.sleep(1.2 * LEASE.total_seconds())
        world.finish_everything()
        before = world.store.get("team", world.ids()[n])
        refused += frozen and before.attempt == 2
        _thaw(world, stalled)
        assert world.store.get("team", world.ids()[n]) == before
        if refused == 3:
            break
    assert refused == 3
    world.judge()


def test_a_janitor_killed_between_files_and_row_is_finished_by_the_next(world: World) -> None:
    world.submit(4)
    world.finish_everything()
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE task SET expires_at = 1"))
    for _ in range(3):
        assert world.nursery.wait(world.nursery.start("janitor", "mid_janitor")) == -signal.SIGKILL
    assert world.count("SELECT count(*) FROM task") == 4
    assert world.nursery.wait(world.nursery.start("janitor")) == 0
    assert world.ids() == []
    assert list(world.places.blobs().list("")) == []


def _freeze(world: World, pid: int, *, tries: int) -> bool:
    """Stop a worker, but not inside a write: frozen there it would hold the database's only write lock."""
    for _ in range(tries):
        os.kill(pid, signal.SIGSTOP)
        if world.writable():
            return True
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.01)
    return False


def _thaw(world: World, pid: int) -> None:
    """Let a worker go on, long enough to do what it should not, and end it."""
    os.kill(pid, signal.SIGCONT)
    time.sleep(LEASE.total_seconds())
    world.nursery.end(pid)


def _await_death(world: World, pid: int) -> None:
    """Give a worker tasks until it has passed its crash point."""
    deadline = time.monotonic() + 30
    while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        if world.store.waiting() == 0:
            world.submit(1)
        time.sleep(0.02)


def _kill_a_child(workers: list[int], dice: random.Random) -> bool:
    """Kill a child process of a worker, somewhere in its work. False when none was to be had."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        children = [child for pid in workers for child in psutil.Process(pid).children(recursive=True)]
        if children:
            time.sleep(dice.uniform(0.0, 0.3))
            with suppress(psutil.NoSuchProcess):
                dice.choice(children).kill()
                return True
        time.sleep(0.01)
    return False


def _left_behind(world: World) -> list[psutil.Process]:
    """Children of attempts that are still there although their workers are not."""
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd().startswith(str(world.places.scratch)):
                left.append(process)
    return left
