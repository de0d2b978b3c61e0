"""What a thousand workers and a million tasks a day ask of PostgreSQL.

    python -m benchmarks.fleet [--kept 100000] [--rounds 400] [--workers 1000] [--per-day 1000000]

Measures, on a PostgreSQL of its own that writes as in production and holds as many ended tasks as asked,
what each call of the store, and of what stands beside it, costs the server in processor time and log. One
real idle `omnireel worker` shows what it holds and asks. Then a discrete-event simulation of a whole fleet,
by the dispatcher's own rhythm, counts the calls; together they say how many cores and connections the
database needs. Exits with 1 when the simulated fleet falls behind.
"""

from __future__ import annotations

import argparse
import heapq
import logging
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import structlog
from benchmarks.queue import a_request, fill, team_of
from sqlalchemy import Engine, insert, text
from tests.postgres_server import PostgresServer, programs

from omnireel.models import Progress
from omnireel.tasks.bell import SharedBell
from omnireel.tasks.database import open_database, writing
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.dispatcher import ring_window
from omnireel.tasks.rows import new_row
from omnireel.tasks.running import Rhythm
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import Claim, NewTask
from omnireel.tasks.tables import task
from omnireel.tasks.workers import Workers
from omnireel.testing.task_store import a_success

_TEAMS = 50
_CHUNK = 2000
_DAY = 86_400.0
_RHYTHM = Rhythm(claim=1.0)
"""As a worker on PostgreSQL has it."""


@dataclass(frozen=True)
class Cost:
    """One call. Milliseconds of the server's processors, bytes of its log, and how long the caller waited."""

    cpu: float
    log: float
    wall: float


class Server:
    """A PostgreSQL's processes, and what they have used so far."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._postmaster = psutil.Process(int(self.ask("SELECT pg_backend_pid()"))).parent()

    def ask(self, statement: str) -> float:
        with self._engine.connect() as connection:
            return float(connection.execute(text(statement)).scalar_one())

    def cpu(self) -> float:
        """Milliseconds since they began; those of processes that have ended are not in it."""
        assert self._postmaster is not None
        processes = [self._postmaster, *self._postmaster.children(recursive=True)]
        return 1000 * sum(sum(process.cpu_times()[:2]) for process in processes)

    def log(self) -> float:
        return self.ask("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")

    def cost(self, call: Callable[[int], object], rounds: int) -> Cost:
        cpu, log, began = self.cpu(), self.log(), time.perf_counter()
        for n in range(rounds):
            call(n)
        wall = (time.perf_counter() - began) * 1000
        return Cost((self.cpu() - cpu) / rounds, (self.log() - log) / rounds, wall / rounds)


def keep(engine: Engine, tasks: int) -> None:
    """Tasks that have ended in the last week."""
    began = time.time() - 7 * _DAY

    def row(n: int) -> dict[str, object]:
        new = NewTask(f"task-old-{n:022d}", team_of(n, _TEAMS), a_request(n), "fake", n)
        at = began + n * 7 * _DAY / tasks
        ended = {"status": "success", "attempt": 1, "progress": 1.0, "token": f"{n:032x}"}
        times = {"created_at": at, "not_before": at, "started_at": at + 1, "completed_at": at + 61}
        return {**new_row(new), **ended, **times, "expires_at": at + 7 * _DAY + 3600}

    for first in range(0, tasks, _CHUNK):
        with writing(engine) as connection:
            connection.execute(insert(task), [row(n) for n in range(first, min(first + _CHUNK, tasks))])


def measure(engine: Engine, rounds: int, running: int) -> dict[str, Cost]:
    """Each call as often as asked, while as many tasks run as in the fleet."""
    server = Server(engine)
    store, workers = SqlTaskStore(engine, lease=timedelta(hours=1)), Workers(engine)
    claims = list[Claim]()

    def take(_: int) -> None:
        claim = store.claim("bench")
        assert claim is not None
        claims.append(claim)

    def submit(n: int) -> None:
        store.add(NewTask(f"task-new-{n:022d}", team_of(n, _TEAMS), a_request(n), "fake", n))

    fill(engine, running, _TEAMS)
    for n in range(running):
        take(n)
    settle_down(engine)
    deliveries, bell = Deliveries(engine, lease=timedelta(minutes=1)), SharedBell(engine)
    calls: dict[str, Callable[[int], object]] = {
        "look": lambda n: store.claim("bench"),
        "watch": lambda n: store.watch([claims[n % len(claims)]]),
        "renew": lambda n: store.renew(claims[n % len(claims)], Progress(0.5, f"step {n}"), ""),
        "reap": lambda n: store.reap(),
        "report": lambda n: workers.report(f"worker-{n % 1000}", 1),
        "crew": lambda n: workers.crew(timedelta(seconds=30)),
        "outbox": lambda n: deliveries.claim(),
        "ring": lambda n: bell.ring(),
        "submit": submit,
        "claim": take,
        "finish": lambda n: store.finish(claims[n], a_success()),
    }
    return {name: server.cost(call, rounds) for name, call in calls.items()}


def settle_down(engine: Engine) -> None:
    """What autovacuum would have done by now."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) task"))


@dataclass(frozen=True)
class Idle:
    """One worker without work: connections it holds, transactions it makes a second."""

    connections: int
    transactions: float


def idle_worker(engine: Engine, url: str, folder: Path, seconds: float) -> Idle:
    """Start a worker, let it settle, and look on."""
    server = Server(engine)
    settings = {
        "OMNIREEL_DATABASE": f"{url}?application_name=idle",
        "OMNIREEL_ENGINE": "omnireel.testing.fake_engine:FakeEngine",
        "OMNIREEL_DATA": str(folder),
    }
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'idle'"
    done = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    process = subprocess.Popen(
        [sys.executable, "-m", "omnireel", "worker"], env=os.environ | settings, stderr=subprocess.DEVNULL
    )
    try:
        while server.ask("SELECT count(*) FROM worker WHERE seen_at > extract(epoch FROM now()) - 5") == 0:
            time.sleep(0.2)
        time.sleep(3)
        # The look itself is a transaction too.
        before, began = server.ask(done), time.monotonic()
        time.sleep(seconds)
        rate = (server.ask(done) - before - 1) / (time.monotonic() - began)
        return Idle(int(server.ask(count)), rate)
    finally:
        process.terminate()
        process.wait(60)


@dataclass(frozen=True)
class Fleet:
    """Processes with so many slots each, and what is asked of them. `attempt` is a task's mean seconds."""

    processes: int
    slots: int
    per_day: int
    attempt: float = 60.0
    couriers: int = 2
    """Processes that deliver webhooks: the servers."""

    @property
    def name(self) -> str:
        return f"{self.processes} × {self.slots}"


@dataclass
class Process:
    """One dispatcher's state."""

    free: int
    running: int = 0
    look_at: float = 0.0
    watching: bool = False


@dataclass(frozen=True)
class Simulated:
    """Calls a second, and how long tasks waited, seconds."""

    rates: dict[str, float]
    waited: Sequence[float]
    waiting: int


class Simulation:
    """A fleet's dispatchers in simulated time, each doing what `Dispatcher` and `RunningTask` do when.

    Submits come at random, as many a second as the day has on average. Attempts last at random, mostly near
    their mean (log-normal, sigma 0.5). Calls are counted and take no time: the database is taken to keep up.
    """

    def __init__(self, fleet: Fleet, seed: int = 1) -> None:
        self._fleet = fleet
        self._dice = random.Random(seed)
        self._events: list[tuple[float, int, str, int]] = []
        self._number = 0
        self._queue = list[float]()
        self._processes = [Process(fleet.slots) for _ in range(fleet.processes)]
        self._calls = Counter[str]()
        self._waited = list[float]()
        self._window = ring_window(fleet.processes)

    def run(self, seconds: float, settle: float = 180.0) -> Simulated:
        """Simulate; what happens while the fleet settles is not counted."""
        self._begin()
        while self._events and self._events[0][0] < settle + seconds:
            at, _, kind, number = heapq.heappop(self._events)
            if at < settle:
                self._calls.clear()
                self._waited.clear()
            getattr(self, f"_on_{kind}")(at, number)
        rates = {name: times / seconds for name, times in self._calls.items()}
        return Simulated(rates | self._steady(), self._waited, len(self._queue))

    def _steady(self) -> dict[str, float]:
        """What is done by the clock alone, a second."""
        processes, beat = self._fleet.processes, _RHYTHM.heartbeat
        steady = {"reap": processes / beat, "report": processes / beat, "crew": processes / 60.0}
        return steady | {"outbox": self._fleet.couriers / 0.5}

    def _begin(self) -> None:
        self._at(0.0, "submit", 0)
        for number in range(self._fleet.processes):
            self._processes[number].look_at = self._dice.random() * _RHYTHM.claim
            self._at(self._processes[number].look_at, "look", number)

    def _at(self, moment: float, kind: str, number: int) -> None:
        self._number += 1
        heapq.heappush(self._events, (moment, self._number, kind, number))

    def _on_submit(self, at: float, _: int) -> None:
        self._calls["submit"] += 1
        self._calls["ring"] += 1
        self._queue.append(at)
        self._at(at + self._dice.expovariate(self._fleet.per_day / _DAY), "submit", 0)
        for number, process in enumerate(self._processes):
            if process.free:
                self._look_within(at, number, self._window)

    def _look_within(self, at: float, number: int, seconds: float) -> None:
        if self._processes[number].look_at > at + seconds:
            moment = at + self._dice.random() * seconds
            self._at(moment, "look", number)
            self._processes[number].look_at = moment

    def _on_look(self, at: float, number: int) -> None:
        process = self._processes[number]
        if process.look_at > at or not process.free:
            return
        process.look_at = at + _RHYTHM.claim
        if not self._queue:
            self._calls["look"] += 1
        else:
            self._calls["claim"] += 1
            self._waited.append(at - self._queue.pop(0))
            self._start(at, number)
            process.look_at = at
        self._at(process.look_at, "look", number)

    def _start(self, at: float, number: int) -> None:
        process = self._processes[number]
        process.free -= 1
        process.running += 1
        lasts = self._dice.lognormvariate(0, 0.5) * self._fleet.attempt * 0.8825
        # Its progress is written once a second, which renews the lease as well.
        self._calls["renew"] += int(lasts / _RHYTHM.progress)
        self._at(at + lasts, "end", number)
        if not process.watching:
            process.watching = True
            self._at(at + _RHYTHM.cancel, "watch", number)

    def _on_watch(self, at: float, number: int) -> None:
        process = self._processes[number]
        process.watching = process.running > 0
        if process.watching:
            self._calls["watch"] += 1
            self._at(at + _RHYTHM.cancel, "watch", number)

    def _on_end(self, at: float, number: int) -> None:
        self._calls["finish"] += 1
        self._calls["ring"] += 1
        process = self._processes[number]
        process.free += 1
        process.running -= 1
        process.look_at = at
        self._at(at, "look", number)


def asked_of(fleet: Fleet, costs: dict[str, Cost], simulated: Simulated) -> tuple[float, float, float]:
    """Of the database: calls a second, processor cores, megabytes of log a second."""
    calls = sum(simulated.rates.values())
    cores = sum(rate * costs[name].cpu for name, rate in simulated.rates.items()) / 1000
    log = sum(rate * costs[name].log for name, rate in simulated.rates.items()) / 1e6
    return calls, cores, log


def show_costs(costs: dict[str, Cost], kept: int, running: int) -> None:
    print(f"\nOne call, {kept} ended tasks kept, {running} running, {_TEAMS} teams:\n")
    print(f"| {'call':<8} | {'cpu ms':>8} | {'log bytes':>9} | {'wall ms':>8} |\n|---|--:|--:|--:|")
    for name, cost in costs.items():
        print(f"| {name:<8} | {cost.cpu:8.3f} | {cost.log:9.0f} | {cost.wall:8.2f} |")


def show_fleet(fleet: Fleet, costs: dict[str, Cost], idle: Idle, simulated: Simulated) -> bool:
    """Print a fleet's row. False when tasks pile up."""
    calls, cores, log = asked_of(fleet, costs, simulated)
    waits = sorted(simulated.waited) or [0.0]
    late = waits[int(0.99 * (len(waits) - 1))]
    held = fleet.processes * idle.connections
    print(f"| {fleet.name:>10} | {calls:8.0f} | {cores:6.2f} | {log:6.2f} | {held:11} | {late * 1000:8.0f} |")
    return simulated.waiting < 2 * fleet.per_day / _DAY


def show_calls(fleet: Fleet, costs: dict[str, Cost], simulated: Simulated) -> None:
    print(f"\nA second, {fleet.name}:\n\n| {'call':<8} | {'times':>8} | {'cores':>6} |\n|---|--:|--:|")
    for name, rate in sorted(simulated.rates.items(), key=lambda found: -found[1] * costs[found[0]].cpu):
        print(f"| {name:<8} | {rate:8.1f} | {rate * costs[name].cpu / 1000:6.3f} |")


@contextmanager
def database() -> Iterator[tuple[Engine, str]]:
    found = programs()
    assert found is not None, "PostgreSQL is not installed; on Debian: apt install postgresql"
    server = PostgresServer(found, durable=True)
    try:
        url = server.new_database()
        engine = open_database(url)
        yield engine, url
        engine.dispose()
    finally:
        server.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kept", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--workers", type=int, default=1000, help="slots in all")
    parser.add_argument("--per-day", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=120.0, help="to simulate")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    running = min(asked.workers, round(asked.per_day / _DAY * Fleet(1, 1, 1).attempt))
    with TemporaryDirectory() as name, database() as (engine, url):
        idle = idle_worker(engine, url, Path(name), 20.0)
        keep(engine, asked.kept)
        costs = measure(engine, asked.rounds, running)
    show_costs(costs, asked.kept, running)
    print(f"\nAn idle worker: {idle.connections} connections, {idle.transactions:.1f} transactions a second")
    fleets = [Fleet(asked.workers // slots, slots, asked.per_day) for slots in (1, 8, 64)]
    simulated = [Simulation(fleet).run(asked.seconds) for fleet in fleets]
    show_calls(fleets[0], costs, simulated[0])
    columns = ("processes", "calls/s", "cores", "log MB/s", "connections", "p99 wait ms")
    print(f"\n{asked.per_day} tasks a day:\n\n| {' | '.join(columns)} |\n|{'--:|' * len(columns)}")
    good = [show_fleet(fleet, costs, idle, found) for fleet, found in zip(fleets, simulated, strict=True)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
