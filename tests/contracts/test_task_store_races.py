"""Racing processes on one database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

from sqlalchemy import Engine, update

from omnireel.tasks.database import open_database, writing
from omnireel.tasks.rows import new_row
from omnireel.tasks.tables import LIVE, task
from omnireel.testing.task_store import a_task

ROUNDS = 10
TASKS = 1000
CLAIMS_EVERYTHING = """
import json, sys
from datetime import timedelta
from threading import Thread
from omnireel.tasks.database import open_database
from omnireel.tasks.sql import SqlTaskStore

engine = open_database(sys.argv[1])

def work(got):
    store = SqlTaskStore(engine, lease=timedelta(hours=1))
    while (claim := store.claim("racer")) is not None:
        got.append((claim.task_id, claim.token, claim.attempt))

print("ready", flush=True)
for _ in sys.stdin:
    got = []
    threads = [Thread(target=work, args=(got,)) for _ in range(int(sys.argv[2]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(got), flush=True)
"""


class Racer:
    """A process that claims all there is, from some threads, whenever it is told to."""

    def __init__(self, place: str, threads: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLAIMS_EVERYTHING, place, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self) -> None:
        self._process.communicate(timeout=60)


def submit_many(engine: Engine, names: list[str]) -> None:
    rows = [{**new_row(a_task(name)), "created_at": 0.0, "not_before": 0.0} for name in names]
    with writing(engine) as connection:
        connection.execute(task.insert(), rows)


def end_all(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(update(task).where(LIVE).values(status="canceled", completed_at=1.0))


def test_ten_thousand_claims_by_racing_processes_are_never_double(database_place: str) -> None:
    engine = open_database(database_place)
    # Writers of a file take turns anyway; a server's get into each other's way.
    threads = 4 if "://" in database_place else 2
    racers = [Racer(database_place, threads), Racer(database_place, threads)]
    assert [racer.line() for racer in racers] == ["ready\n", "ready\n"]
    claims = []
    for n in range(ROUNDS):
        submit_many(engine, [f"t{n}-{m}" for m in range(TASKS)])
        for racer in racers:
            racer.go()
        shares = [json.loads(racer.line()) for racer in racers]
        assert all(shares), "both processes took part"
        claims += [claim for share in shares for claim in share]
        end_all(engine)
    for racer in racers:
        racer.end()
    engine.dispose()
    assert Counter(name for name, _, _ in claims) == Counter(
        f"t{n}-{m}" for n in range(ROUNDS) for m in range(TASKS)
    )
    assert len({token for _, token, _ in claims}) == ROUNDS * TASKS
    assert {attempt for _, _, attempt in claims} == {1}
