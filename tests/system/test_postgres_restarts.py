"""PostgreSQL killed and restarted under everything: nothing lost, nothing doubled, nobody waits for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine
from tests.postgres_server import PASSWORD, PostgresServer
from tests.service.house import O1, open_house

from omnireel.api.checks import writable
from omnireel.clock import SystemClock
from omnireel.models import Progress, TaskStatus
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.bell import SharedBell
from omnireel.tasks.database import connect, open_database
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.running import Rhythm
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import Hold
from omnireel.testing.fake_executor import FakeExecutor
from omnireel.testing.task_store import a_success, a_task

pytestmark = [pytest.mark.system, pytest.mark.slow]

FOR_EVER = 120.0


@pytest.fixture
def engine(durable_postgres: PostgresServer) -> Iterator[Engine]:
    url = durable_postgres.new_database()
    engine = open_database(url)
    yield engine
    engine.dispose()
    durable_postgres.drop(url)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + FOR_EVER
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.01)


def until_longer(work: Sized) -> None:
    before = len(work)
    until(lambda: len(work) > before + 3, "work to go on")


@contextmanager
def together(jobs: list[Callable[[Event], None]]) -> Iterator[None]:
    """Run jobs on threads until the block is left; what one of them raises fails the test."""
    stop, faults = Event(), list[BaseException]()

    def run(job: Callable[[Event], None]) -> None:
        try:
            job(stop)
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(FOR_EVER)
    assert faults == []
    assert not any(thread.is_alive() for thread in threads)


def test_what_may_run_twice_does_not_notice_a_restart(
    durable_postgres: PostgresServer, engine: Engine
) -> None:
    store = SqlTaskStore(engine, lease=timedelta(minutes=5), patience=FOR_EVER)
    finished, number = list[bool](), iter(range(10**9))

    def whole_life(stop: Event) -> None:
        while not stop.is_set():
            name = f"t{next(number)}"
            store.add(a_task(name))
            claim = store.claim("worker")
            assert claim is not None
            assert claim.task_id == name
            assert store.renew(claim, Progress(0.5), "") is Hold.KEPT
            finished.append(store.finish(claim, a_success()))
            assert store.get("team", name).attempt == 1

    with together([whole_life]):
        for _ in range(4):
            until_longer(finished)
            durable_postgres.kill()
            durable_postgres.start()
    assert all(finished)
    assert store.waiting() == 0


class Workshop:
    """A dispatcher on a thread, with attempts that end when the test says so."""

    def __init__(self, engine: Engine, folder: Path, worker: str) -> None:
        folder.mkdir()
        self.executor = FakeExecutor(folder, slots=1)
        self.stop = Event()
        blobs = LocalBlobs(folder / "files", base_url="http://x", secret=b"s", clock=SystemClock())
        self._bell = SharedBell(engine)
        dispatcher = Dispatcher(
            SqlTaskStore(engine, lease=timedelta(seconds=6), patience=0.0),
            self.executor,
            blobs,
            worker=worker,
            rhythm=Rhythm(poll=0.01, claim=0.05, cancel=0.05, heartbeat=1.0, drain=0.1, stop=0.1),
            bell=self._bell,
        )
        self._threads = [
            Thread(target=dispatcher.run, args=(self.stop,)),
            Thread(target=self._bell.listen, args=(self.stop,)),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(FOR_EVER)
            assert not thread.is_alive()


def test_a_running_attempt_outlives_an_outage_and_the_dispatcher_goes_on(
    durable_postgres: PostgresServer, engine: Engine, tmp_path: Path
) -> None:
    store = SqlTaskStore(engine, ring=SharedBell(engine).ring, patience=FOR_EVER)
    store.add(a_task("t1"))
    first = Workshop(engine, tmp_path / "first", "first")
    until(lambda: len(first.executor.handles) == 1, "the attempt to start")
    second = Workshop(engine, tmp_path / "second", "second")
    durable_postgres.kill()
    time.sleep(1.5)
    assert not first.executor.handles[0].closed
    durable_postgres.start()
    first.executor.handles[0].make()
    until(lambda: store.get("team", "t1").status is TaskStatus.SUCCESS, "the attempt to be written down")
    assert store.get("team", "t1").attempt == 1
    assert second.executor.handles == []
    store.add(a_task("t2"))
    until(lambda: len(first.executor.handles + second.executor.handles) == 2, "the next task to start")
    first.close()
    second.close()


def test_an_attempt_that_ended_while_the_database_was_away_is_written_down_afterwards(
    durable_postgres: PostgresServer, engine: Engine, tmp_path: Path
) -> None:
    store = SqlTaskStore(engine, patience=FOR_EVER)
    store.add(a_task("t1"))
    workshop = Workshop(engine, tmp_path / "only", "only")
    until(lambda: len(workshop.executor.handles) == 1, "the attempt to start")
    durable_postgres.stop()
    workshop.executor.handles[0].make()
    time.sleep(0.5)
    durable_postgres.start()
    until(lambda: store.get("team", "t1").status is TaskStatus.SUCCESS, "the attempt to be written down")
    assert store.get("team", "t1").attempt == 1
    workshop.close()


def test_callers_are_told_to_come_back_while_the_database_is_away(
    durable_postgres: PostgresServer, tmp_path: Path
) -> None:
    url = durable_postgres.new_database()
    looked_at = connect(url)
    checks = {"database": writable(looked_at)}
    with open_house(tmp_path, database_url=url, checks=checks) as house:
        task_id, client = house.submit(), house.client()
        durable_postgres.kill()
        refused = [
            client.post(O1, json={"prompt": "a cat"}),
            client.get(f"/api/v1/tasks/{task_id}"),
            client.get("/readyz"),
        ]
        durable_postgres.start()
        found = client.get(f"/api/v1/tasks/{task_id}")
        again = client.post(O1, json={"prompt": "a cat"})
        ready = client.get("/readyz")
    for answer in refused:
        assert answer.status_code == 503
        assert answer.json()["message"].startswith("Service unavailable: the database ")
        assert int(answer.headers["Retry-After"]) > 0
        assert PASSWORD not in answer.text
    assert (found.status_code, again.status_code, ready.status_code) == (200, 200, 200)
    looked_at.dispose()
    durable_postgres.drop(url)
