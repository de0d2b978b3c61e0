"""A database, files and scratch space that processes come and go in."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text
from tests.chaos.history import History
from tests.chaos.nursery import Nursery
from tests.chaos.places import FAKE, TEAM, Places
from tests.media_files import make_image
from tests.postgres_server import PostgresServer
from tests.receiver import Receiver, receiving

from omnireel.clock import SystemClock
from omnireel.models import Mode, VideoRequest
from omnireel.settings import PRICES
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.prices import PriceList
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask
from omnireel.tasks.teams import TeamStore

CREDIT: Final = Decimal(1_000_000)
LIVE: Final = "SELECT count(*) FROM task WHERE completed_at IS NULL"
ENDED: Final = "SELECT count(*) FROM task WHERE completed_at IS NOT NULL"
UNTOLD: Final = "SELECT count(*) FROM webhook_delivery WHERE status = 'pending'"

# The database itself keeps count of endings; any write to a task that has ended counts as one more.
ENDINGS: Final = {
    "sqlite": (
        "CREATE TABLE ending (task_id TEXT)",
        """CREATE TRIGGER one_ending AFTER UPDATE ON task WHEN NEW.status IN ('success', 'failed', 'canceled')
           BEGIN INSERT INTO ending VALUES (NEW.task_id); END""",
    ),
    "postgresql": (
        "CREATE TABLE ending (task_id TEXT)",
        """CREATE FUNCTION note_ending() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN INSERT INTO ending VALUES (NEW.task_id); RETURN NEW; END'""",
        """CREATE TRIGGER one_ending AFTER UPDATE ON task FOR EACH ROW
           WHEN (NEW.status IN ('success', 'failed', 'canceled')) EXECUTE FUNCTION note_ending()""",
    ),
}


def until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.005)


class World:
    """Everything of one experiment. `url` is a fresh PostgreSQL database; without it there is a file."""

    def __init__(
        self, folder: Path, nursery: Nursery, receiver: Receiver | None = None, url: str = ""
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.places = Places(folder, url, receiver.url if receiver else "")
        self.receiver = receiver
        self.history = History()
        self.engine: Engine = self.places.open()
        self.store: SqlTaskStore = self.places.store(self.engine)
        make_image(self.places.picture)
        with self.engine.begin() as connection:
            for statement in ENDINGS[self.engine.dialect.name]:
                connection.execute(text(statement))
        self.key = KeyStore(self.engine, SystemClock()).create("key", TEAM).secret
        TeamStore(self.engine, SystemClock()).credit(TEAM, CREDIT, reference="first")
        self.nursery = nursery
        self._living: set[int] = set()
        self._numbers = count()
        self._prices = PriceList(PRICES, 10.0)

    def start(self, role: str, crash_point: str = "", **options: Any) -> int:
        """A process that works here."""
        pid = self.nursery.start(self.places, role, crash_point, **options)
        self._living.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        self.forget(pid)
        self.nursery.kill(pid)

    def end(self, pid: int) -> None:
        """Ask it to stop, and see that it does."""
        self.forget(pid)
        self.nursery.end(pid)

    def wait(self, pid: int) -> int:
        """Its exit code; it ends by itself."""
        self.forget(pid)
        return self.nursery.wait(pid)

    def forget(self, pid: int) -> None:
        """It has ended."""
        self._living.discard(pid)

    def submit(self, wanted: int) -> list[str]:
        """Have so many more tasks; they were acknowledged."""
        names = []
        for _ in range(wanted):
            name = f"task-t2v-{next(self._numbers)}"
            request = VideoRequest("kling/kling-video-o1", f"a pond name={name} fake:frames=2", mode=Mode.STD)
            quote, hook = self._prices.quote(request), self.places.hook or None
            self.store.add(NewTask(name, TEAM, request, FAKE, 7, quote=quote, webhook_url=hook))
            self.history.acknowledged(name, name)
            names.append(name)
        return names

    def count(self, query: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def ids(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.execute(text("SELECT task_id FROM task ORDER BY seq")).scalars())

    def live(self) -> int:
        return self.count(LIVE)

    def publishing(self) -> bool:
        return any(self.places.root.glob("files/.incoming/*"))

    def writable(self) -> bool:
        """Whether nobody holds the write lock of a file."""
        with closing(sqlite3.connect(self.places.database, timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
        return True

    def finish_everything(self) -> None:
        """Let undisturbed processes do what is left: a worker, then a courier two days later."""
        worker = self.start("worker")
        until(lambda: self.live() == 0, "all tasks to end")
        self.end(worker)
        if self.receiver is not None:
            courier = self.start("courier", ahead=2 * 86_400.0)
            until(lambda: self.count(UNTOLD) == 0, "all webhooks to be delivered")
            self.kill(courier)

    def close(self) -> None:
        for pid in self._living:
            self.nursery.kill(pid)
        self.engine.dispose()


@dataclass(frozen=True)
class Ground:
    """What an experiment gets to make worlds in."""

    folder: Path
    nursery: Nursery
    postgres: PostgresServer | None = None
    """One that may be killed."""

    @contextmanager
    def world(self, name: str = "world", url: str = "") -> Iterator[World]:
        """A new world, with a receiver of webhooks."""
        with receiving() as receiver:
            world = World(self.folder / name, self.nursery, receiver, url)
            try:
                yield world
            finally:
                world.close()
