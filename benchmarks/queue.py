"""What callers and workers wait for while very many tasks wait.

    python -m benchmarks.queue [--tasks 100000] [--teams 50] [--database URL]

Fills a SQLite file and a PostgreSQL, one of its own or the empty one at the URL, with waiting tasks: half of
them one team's, the rest shared by the others. Then it measures the calls of the service and the store, and
how they do while eight threads claim at once. Exits with 1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import psutil
import structlog
from sqlalchemy import Engine, func, insert, select
from tests.postgres_server import PostgresServer, programs

from omnireel.clock import SystemClock
from omnireel.models import Failed, Mode, Progress, TaskStatus, VideoRequest
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.balances import Balances
from omnireel.tasks.database import connect as connect_database
from omnireel.tasks.database import open_database, upgrade_schema, writing
from omnireel.tasks.listing import cursor_after
from omnireel.tasks.rows import new_row
from omnireel.tasks.service import Admission, TaskService
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask, TaskFilter
from omnireel.tasks.tables import LIVE, task, team
from omnireel.testing.fake_engine import FakeEngine

_MIB = 1024 * 1024
_CHUNK = 2000
_MODELS = ("kling/kling-video-o1", "kling/kling-v3-omni-video")
_MOST_MIB = 300
_LONGEST_MS = 15_000
_RUNNING_LIMIT = 100
_BIG = "team-00"
_SMALL = "team-01"


@dataclass(frozen=True)
class Measured:
    """Milliseconds of many calls."""

    name: str
    times: Sequence[float]
    limit: float | None = None
    """The most that the 99th of a hundred may take."""

    def at(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def missed(self) -> bool:
        return self.limit is not None and self.at(0.99) >= self.limit

    def line(self) -> str:
        limit = "" if self.limit is None else f"{'MISSED ' if self.missed else ''}< {self.limit:.0f}"
        return f"| {self.name:<44} | {self.at(0.5):8.2f} | {self.at(0.99):8.2f} | {limit:>12} |"


@dataclass
class Bench:
    """One database full of waiting tasks, and what was measured on it."""

    engine: Engine
    service: TaskService
    store: SqlTaskStore
    rounds: int
    lines: list[Measured] = field(default_factory=list)

    def measure(self, name: str, call: Callable[[int], object], *, limit: float | None = None) -> None:
        """Time `rounds` calls, each with its number; fewer where they take longer than they may."""
        times: list[float] = []
        for n in range(self.rounds):
            began = time.perf_counter()
            call(n)
            times.append((time.perf_counter() - began) * 1000)
            if sum(times) > _LONGEST_MS:
                break
        self.note(Measured(name, times, limit))

    def note(self, line: Measured) -> None:
        print(line.line(), flush=True)
        self.lines.append(line)


def a_request(n: int) -> VideoRequest:
    return VideoRequest(_MODELS[n % 2], f"a lighthouse at dusk, number {n}", mode=Mode.STD)


def team_of(n: int, teams: int) -> str:
    return _BIG if n % 2 else f"team-{1 + n // 2 % (teams - 1):02d}"


def fill(engine: Engine, tasks: int, teams: int) -> None:
    """Waiting tasks, a millisecond apart, and their teams."""
    began = time.time() - tasks / 1000

    def row(n: int) -> dict[str, object]:
        new = NewTask(f"task-t2v-{n:022d}", team_of(n, teams), a_request(n), "fake", n)
        return {**new_row(new), "created_at": began + n / 1000, "not_before": began + n / 1000}

    with writing(engine) as connection:
        names = [{"team": f"team-{n:02d}", "created_at": began} for n in range(teams)]
        connection.execute(insert(team), names)
    for first in range(0, tasks, _CHUNK):
        with writing(engine) as connection:
            connection.execute(insert(task), [row(n) for n in range(first, min(first + _CHUNK, tasks))])


def measure(bench: Bench, tasks: int, teams: int) -> None:
    """Everything, in an order in which the queue stays as long as it was."""
    service, store = bench.service, bench.store
    drawn = random.Random(1)
    names = [f"task-t2v-{n:022d}" for n in range(tasks)]
    owned = [(team_of(n, teams), names[n]) for n in drawn.sample(range(tasks), bench.rounds)]
    deepest = [(team_of(n, teams), names[n]) for n in range(tasks - bench.rounds, tasks)]

    def submit(n: int) -> None:
        service.submit(team_of(n, teams), a_request(n), request_id="bench")

    claims = []

    def claim(_: int) -> None:
        claims.append(store.claim("bench"))

    def renew(n: int) -> None:
        if (taken := claims[n % len(claims)]) is not None:
            store.renew(taken, Progress(0.5, "painting"), "")

    def finish(n: int) -> None:
        if (taken := claims[n % len(claims)]) is not None:
            store.finish(taken, Failed("engine_failed", "no"))

    def claim_and_finish(_: int) -> None:
        taken = store.claim("bench")
        assert taken is not None
        store.finish(taken, Failed("engine_failed", "no"))

    bench.measure("admission", lambda n: service.check_room())
    bench.measure("submit", submit, limit=50)
    bench.measure("claim", claim, limit=20)
    assert all(claims)
    bench.measure("renew", renew)
    bench.measure("claim while many run", claim, limit=20)
    bench.measure("finish", finish)
    bench.measure("claim and finish", claim_and_finish)
    bench.measure("poll of any one", lambda n: service.get(*owned[n]))
    bench.measure("poll of the last ones", lambda n: service.get(*deepest[n]))
    many = [drawn.sample(names, 500) for _ in range(bench.rounds)]
    bench.measure("glimpse of 500", lambda n: service.glimpses(many[n]))
    measure_lists(bench)
    measure_crowd(bench)


def measure_lists(bench: Bench) -> None:
    service, deep = bench.service, middle(bench.engine, _BIG)
    pending, failed = TaskFilter(status=TaskStatus.PENDING), TaskFilter(status=TaskStatus.FAILED)
    model = TaskFilter(model=_MODELS[1])
    bench.measure("list, first page", lambda n: service.list(_BIG), limit=50)
    bench.measure("list, first page, a small team", lambda n: service.list(_SMALL), limit=50)
    bench.measure("list, a page in the middle", lambda n: service.list(_BIG, cursor=deep), limit=50)
    bench.measure("list, pending only", lambda n: service.list(_BIG, pending), limit=50)
    bench.measure("list, failed only", lambda n: service.list(_BIG, failed), limit=50)
    bench.measure(
        "list, one model, in the middle", lambda n: service.list(_BIG, model, cursor=deep), limit=50
    )
    bench.measure("list, first page of 100", lambda n: service.list(_BIG, limit=100), limit=50)


def measure_crowd(bench: Bench, threads: int = 8) -> None:
    """Claims and finishes by many threads at once; their waits for each other count."""
    times: list[float] = []

    def work() -> None:
        for _ in range(bench.rounds // threads):
            began = time.perf_counter()
            claim = bench.store.claim("crowd")
            times.append((time.perf_counter() - began) * 1000)
            assert claim is not None
            bench.store.finish(claim, Failed("engine_failed", "no"))

    crowd = [Thread(target=work) for _ in range(threads)]
    began = time.perf_counter()
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    rate = len(times) / (time.perf_counter() - began)
    bench.note(Measured(f"claim, {threads} threads: {rate:.0f} tasks a second", times))


def middle(engine: Engine, name: str) -> str:
    """The cursor in the middle of a team's tasks."""
    with engine.connect() as connection:
        half = connection.execute(select(func.count()).where(task.c.team == name)).scalar_one() // 2
        rows = select(task).where(task.c.team == name).order_by(task.c.created_at.desc())
        return cursor_after(connection.execute(rows.offset(half).limit(1)).one())


def run(place: str, tasks: int, teams: int, rounds: int, folder: Path) -> bool:
    """Measure on one database and print the table. False when a limit was missed."""
    engine = open_database(place)
    store = SqlTaskStore(engine, lease=timedelta(hours=1), team_running_limit=_RUNNING_LIMIT)
    service = TaskService(
        store,
        {"fake": FakeEngine()},
        LocalBlobs(folder / "blobs", base_url="http://x", secret=b"s", clock=SystemClock()),
        default="fake",
        balance_of=Balances(engine).of,
        free_disk=lambda: 10**12,
        admission=Admission(max_queued=10 * tasks),
    )
    began = time.perf_counter()
    fill(engine, tasks, teams)
    filled = time.perf_counter() - began
    what = f"{engine.dialect.name}, {tasks} tasks of {teams} teams, filled in {filled:.0f} s"
    print(f"\n{what}, {rounds} calls each:\n")
    print(f"| {'milliseconds':<44} | {'p50':>8} | {'p99':>8} | {'limit of p99':>12} |\n|---|---|---|---|")
    bench = Bench(engine, service, store, rounds)
    measure(bench, tasks, teams)
    rss = psutil.Process().memory_info().rss / _MIB
    print(f"\nMemory of this process: {rss:.0f} MiB (< {_MOST_MIB})", flush=True)
    with engine.connect() as connection:
        left = connection.execute(select(func.count()).where(LIVE)).scalar_one()
    print(f"{left} tasks wait still", flush=True)
    engine.dispose()
    return rss < _MOST_MIB and not any(line.missed for line in bench.lines)


@contextmanager
def places(url: str | None, folder: Path) -> Iterator[list[str]]:
    """Where to measure: a file, and a server that writes as in production."""
    file = str(folder / "omnireel.db")
    if url is not None:
        engine = connect_database(url)
        upgrade_schema(engine)
        engine.dispose()
        yield [file, url]
    elif (found := programs()) is not None:
        server = PostgresServer(found, durable=True)
        try:
            yield [file, server.new_database()]
        finally:
            server.close()
    else:
        yield [file]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--teams", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--database", help="an empty PostgreSQL database")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with TemporaryDirectory() as name, places(asked.database, Path(name)) as found:
        good = [run(place, asked.tasks, asked.teams, asked.rounds, Path(name)) for place in found]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
