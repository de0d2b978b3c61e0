from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy import create_engine
from tests.postgres_server import PostgresServer

from omnireel.tasks.bell import ENDINGS, Bell, SharedBell, bell_of
from omnireel.tasks.database import open_database
from omnireel.tasks.sql import SqlTaskStore
from omnireel.testing.task_store import a_success, a_task, claimed

CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE query LIKE 'LISTEN%' AND datname = current_database()"""
LEFT = """SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@contextmanager
def listening(bell: Bell) -> Iterator[None]:
    """Have a bell hear other processes; it rings once when it has begun to."""
    stop = Event()
    thread = Thread(target=bell.listen, args=(stop,))
    thread.start()
    assert bell.wait(30)
    yield
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_a_ring_is_heard_once_also_when_nobody_waited_yet() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    assert bell.wait(0)
    assert not bell.wait(0)


def test_a_submit_and_a_release_ring_for_every_process_of_a_shared_database(postgres_url: str) -> None:
    here, there, bystander = (open_database(postgres_url) for _ in range(3))
    hearing, deaf = bell_of(there), bell_of(bystander)
    store = SqlTaskStore(here, ring=bell_of(here).ring)
    with listening(hearing):
        store.add(a_task("t1"))
        assert hearing.wait(30)
        store.release(claimed(store))
        assert hearing.wait(30)
        assert not hearing.wait(0)
    assert not deaf.wait(0)
    for engine in (here, there, bystander):
        engine.dispose()


def test_an_ending_rings_for_those_who_wait_for_it_and_for_no_others(postgres_url: str) -> None:
    here, there = open_database(postgres_url), open_database(postgres_url)
    endings, work = bell_of(there, ENDINGS), bell_of(there)
    store = SqlTaskStore(here, tell=bell_of(here, ENDINGS).ring)
    with listening(endings), listening(work):
        store.add(a_task("t1"))
        store.add(a_task("t2"))
        claim = claimed(store)
        assert not endings.wait(0)
        store.finish(claim, a_success())
        assert endings.wait(30)
        store.cancel("team", "t2")
        assert endings.wait(30)
        assert not work.wait(0)
    for engine in (here, there):
        engine.dispose()


def test_a_listener_whose_line_breaks_listens_again(postgres: PostgresServer, postgres_url: str) -> None:
    engine = open_database(postgres_url)
    bell = SharedBell(engine)
    name = postgres_url.rsplit("/", 1)[1]
    with listening(bell):
        assert postgres.execute(CUT, name) == [(True,)]
        # Once more because rings may have gone unheard, and from then on for every ring.
        assert bell.wait(30)
        bell.ring()
        assert bell.wait(30)
    engine.dispose()


def test_a_ring_that_cannot_be_sent_is_no_error() -> None:
    SharedBell(create_engine("postgresql+psycopg://127.0.0.1:1/nowhere")).ring()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_no_connection_stays_when_listening_ends(postgres: PostgresServer, postgres_url: str) -> None:
    engine = open_database(postgres_url)
    with listening(bell_of(engine)):
        pass
    engine.dispose()
    name = postgres_url.rsplit("/", 1)[1]
    until(lambda: postgres.execute(LEFT, name) == [(0,)])
