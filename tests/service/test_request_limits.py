"""Requests per minute: counted per team, polls included, and told on every answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

from tests.service.house import O1, open_house

from omnireel.api.limits import RequestLimiter
from omnireel.clock import ManualClock

START = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)
NEXT_MINUTE = int(START.timestamp()) + 50


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


def test_a_clock_set_back_opens_no_second_window() -> None:
    clock = ManualClock(START)
    limiter = RequestLimiter(1, clock)
    assert not limiter.count("team").exceeded

    clock.advance(seconds=-3600)

    assert limiter.count("team").exceeded


def test_threads_together_are_admitted_exactly_as_often_as_allowed() -> None:
    limiter, barrier = RequestLimiter(100, ManualClock(START)), Barrier(8)
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
