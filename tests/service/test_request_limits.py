"""Requests per minute: counted per team for all processes together, polls included, told on every answer."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import create_engine
from tests.service.house import O1, open_house
from tests.service.standalone import Running, running_house

from omnireel.api.limits import RequestLimiter
from omnireel.clock import ManualClock
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.counts import RequestCounts
from omnireel.tasks.database import open_database

START = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)
NEXT_MINUTE = int(START.timestamp()) + 50
# No file may become longer than the longest that opening made.
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from omnireel.clock import ManualClock
from omnireel.tasks.counts import RequestCounts
from omnireel.tasks.database import open_database

place = Path(sys.argv[1])
counts = RequestCounts.of(open_database(place), ManualClock())
longest = max(file.stat().st_size for file in place.parent.glob("*-counts*"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (longest, longest))
print(max(counts.count("team").used for _ in range(1000)))
"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def counts(database_place: str, clock: ManualClock) -> Iterator[RequestCounts]:
    database = open_database(database_place)
    counts = RequestCounts.of(database, clock)
    yield counts
    counts.close()
    database.dispose()


def test_the_limit_is_exact_and_ends_with_the_minute(tmp_path: Path) -> None:
    clock = ManualClock(START)
    with open_house(tmp_path, clock=clock, requests_per_minute=3) as house:
        client, other = house.client(), house.client(house.keys.create("theirs", team="others").secret)
        answers = [client.get("/api/v1/tasks"), client.post(O1, json={}), client.get("/api/v1/tasks/x")]
        refused = client.get("/api/v1/models")

        assert [answer.status_code for answer in answers] == [200, 400, 404]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0"]
        assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"3"}
        assert {answer.headers["X-RateLimit-Reset"] for answer in answers} == {str(NEXT_MINUTE)}
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "50"
        assert refused.json()["message"].startswith("Rate limit exceeded: at most 3 requests per minute")
        assert other.get("/api/v1/models").status_code == 200
        assert house.stranger().get("/healthz").headers.get("X-RateLimit-Limit") is None

        clock.advance(seconds=50)
        assert client.get("/api/v1/models").status_code == 200


def test_keys_of_one_team_share_its_limit(tmp_path: Path) -> None:
    with open_house(tmp_path, clock=ManualClock(START), requests_per_minute=1) as house:
        assert house.client().get("/api/v1/models").status_code == 200
        assert house.client(house.keys.create("second").secret).get("/api/v1/models").status_code == 429


def test_a_clock_set_back_opens_no_second_window(counts: RequestCounts, clock: ManualClock) -> None:
    limiter = RequestLimiter(1, counts)
    assert not limiter.count("team").exceeded

    clock.advance(seconds=-3600)

    assert limiter.count("team").exceeded


def test_a_clock_that_was_a_day_ahead_locks_nobody_out(counts: RequestCounts, clock: ManualClock) -> None:
    limiter = RequestLimiter(1, counts)
    clock.advance(seconds=86_400)
    limiter.count("team")

    clock.advance(seconds=-86_400)

    assert not limiter.count("team").exceeded
    assert limiter.count("team").headers["X-RateLimit-Reset"] == str(NEXT_MINUTE)


def test_threads_together_are_admitted_exactly_as_often_as_allowed(counts: RequestCounts) -> None:
    limiter, barrier = RequestLimiter(100, counts), Barrier(8)
    admitted: list[bool] = []

    def ask() -> None:
        barrier.wait()
        admitted.extend(not limiter.count("team").exceeded for _ in range(50))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(admitted), len(admitted)) == (100, 400)


def test_who_starts_anew_goes_on_counting(database_place: str, clock: ManualClock) -> None:
    used = []
    for _ in range(3):
        database = open_database(database_place)
        counts = RequestCounts.of(database, clock)
        used.append(counts.count("team").used)
        counts.close()
        database.dispose()

    assert used == [1, 2, 3]


def test_where_the_database_is_away_nobody_is_let_through() -> None:
    counts = RequestCounts(create_engine("postgresql+psycopg://127.0.0.1:1/nowhere"))

    with pytest.raises(DatabaseAway):
        counts.count("team")


def test_where_nothing_can_be_counted_together_a_process_counts_for_itself(clock: ManualClock) -> None:
    counts = RequestCounts(create_engine("postgresql+psycopg://127.0.0.1:1/nowhere"))
    limiter = RequestLimiter(2, counts, clock)

    first = [limiter.count("team") for _ in range(3)]
    other = limiter.count("other")
    clock.advance(seconds=50)

    assert [allowance.exceeded for allowance in first] == [False, False, True]
    assert first[-1].headers["X-RateLimit-Reset"] == str(NEXT_MINUTE)
    assert not other.exceeded
    assert not limiter.count("team").exceeded


def test_counting_goes_on_while_the_disk_is_full(tmp_path: Path) -> None:
    counted = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "omnireel.db")], capture_output=True, text=True
    )

    assert (counted.stdout, counted.stderr) == ("1000\n", "")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_servers_on_one_database_together_admit_exactly_as_many_as_allowed(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    limit, callers, each = 60, 8, 20

    with ExitStack() as servers, ThreadPoolExecutor(callers) as pool:
        house = partial(running_house, tmp_path, database_url=url, requests_per_minute=limit)
        first, second = pool.map(servers.enter_context, (house(), house()))
        places = [first, second] * (callers // 2)
        answers = [
            answer
            for answered in pool.map(_ask, places, [first.key] * callers, [each] * callers)
            for answer in answered
        ]

    assert len(answers) == callers * each
    for window in {reset for _, reset, _ in answers}:
        here = [(status, left) for status, reset, left in answers if reset == window]
        admitted = sorted(left for status, left in here if status == 200)
        assert admitted == list(range(limit))[-len(here) :]
        assert Counter(here)[429, 0] == len(here) - len(admitted)


def _ask(server: Running, key: str, times: int) -> list[tuple[int, int, int]]:
    """Status, end of the window and requests left, of so many answers."""
    answers = []
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(times):
        connection.request("GET", "/api/v1/tasks/x", headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        answer.read()
        reset, left = (int(answer.headers[f"X-RateLimit-{name}"]) for name in ("Reset", "Remaining"))
        answers.append((200 if answer.status == 404 else answer.status, reset, left))
    connection.close()
    return answers
