"""Racing processes on one database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pytest
from sqlalchemy import Engine, Row, select, update

from omnireel.tasks.database import open_database, reading, writing
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


LIMIT = 2
BIG, SMALL_TEAMS, SMALL = 120, 5, 4
WORKS_ON_EVERYTHING = """
import sys
from datetime import timedelta
from threading import Thread
from omnireel.models import Failed
from omnireel.tasks.database import open_database
from omnireel.tasks.sql import SqlTaskStore

engine = open_database(sys.argv[1])
store = SqlTaskStore(engine, lease=timedelta(hours=1), team_running_limit=int(sys.argv[3]))

def work(done):
    while store.waiting():
        if (claim := store.claim("racer")) is not None:
            assert store.finish(claim, Failed("engine_failed", "no"))
            done.append(claim.task_id)

print("ready", flush=True)
for _ in sys.stdin:
    done = []
    threads = [Thread(target=work, args=(done,)) for _ in range(int(sys.argv[2]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(done), flush=True)
"""


class Racer:
    """A process that does its work from some threads, whenever it is told to."""

    def __init__(self, work: str, place: str, *words: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", work, place, *map(str, words)],
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


def submit_many(engine: Engine, names: list[str], team: str = "team") -> None:
    rows = [{**new_row(a_task(name, team=team)), "created_at": 0.0, "not_before": 0.0} for name in names]
    with writing(engine) as connection:
        connection.execute(task.insert(), rows)


def end_all(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(update(task).where(LIVE).values(status="canceled", completed_at=1.0))


@pytest.mark.slow
def test_ten_thousand_claims_by_racing_processes_are_never_double(database_place: str) -> None:
    engine = open_database(database_place)
    # Writers of a file take turns anyway; a server's get into each other's way.
    threads = 4 if "://" in database_place else 2
    racers = [Racer(CLAIMS_EVERYTHING, database_place, threads) for _ in range(2)]
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


def test_racing_processes_keep_to_the_limit_and_nobody_starves(database_place: str) -> None:
    engine = open_database(database_place)
    submit_many(engine, [f"big-{n}" for n in range(BIG)], "big")
    for team in range(SMALL_TEAMS):
        submit_many(engine, [f"small-{team}-{n}" for n in range(SMALL)], f"small-{team}")
    racers = [Racer(WORKS_ON_EVERYTHING, database_place, 3, LIMIT) for _ in range(2)]
    assert [racer.line() for racer in racers] == ["ready\n", "ready\n"]
    for racer in racers:
        racer.go()
    shares = [int(racer.line()) for racer in racers]
    for racer in racers:
        racer.end()
    with reading(engine) as connection:
        done = connection.execute(select(task).order_by(task.c.started_at)).all()
    engine.dispose()
    assert all(shares), "both processes took part"
    assert sum(shares) == len(done) == BIG + SMALL_TEAMS * SMALL
    assert {(row.status, row.attempt) for row in done} == {("failed", 1)}
    assert (
        max(most_at_once([row for row in done if row.team == team]) for team in {row.team for row in done})
        <= LIMIT
    )
    first = {row.team: number for number, row in reversed(list(enumerate(done)))}
    assert max(first.values()) < BIG // 4, "nobody waits until the team with the most tasks is done"


def most_at_once(rows: Sequence[Row[*tuple[Any, ...]]]) -> int:
    """How many of the tasks ran at the same time, by the database's clock."""
    changes = [(row.started_at, 1) for row in rows] + [(row.completed_at, -1) for row in rows]
    # An end at the moment of a beginning came before it.
    return max(accumulate(change for _, change in sorted(changes)))
