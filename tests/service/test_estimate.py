"""Asking what a request would take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from tests.service.house import O1, House

CLIP = "https://media.example.com/clip.mp4"


def estimate(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{O1}/estimate", json={"prompt": "a cat", **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def test_nothing_is_said_of_a_time_that_nobody_measured(house: House, client: TestClient) -> None:
    assert estimate(client) == {"samples": 0, "queue_position": 1, "price": "0.0000"}
    assert house.store.list("default").tasks == ()


def test_the_time_is_what_such_tasks_took(house: House, client: TestClient, tmp_path: Path) -> None:
    took = []
    for _ in range(2):
        task = house.store.get("default", house.succeed_one(tmp_path))
        assert task.started_at is not None
        assert task.completed_at is not None
        took.append((task.completed_at - task.started_at).total_seconds())
    house.submit()

    known = estimate(client)

    assert known["samples"] == 2
    assert known["expected_seconds"] == round(sum(took) / 2, 1)
    assert known["queue_position"] == 2
    assert estimate(client, mode="std")["samples"] == 0
    assert estimate(client, duration=10)["samples"] == 0
    assert estimate(client, videos=[CLIP])["samples"] == 0


def test_a_body_that_a_submit_refuses_is_refused(client: TestClient) -> None:
    answer = client.post(f"{O1}/estimate", json={"prompt": "a cat", "duration": 7})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Value out of range: parameter 'duration' must be 5 or 10")


def test_media_are_neither_stored_nor_looked_at(house: House, client: TestClient) -> None:
    estimate(client, images=["AAAA"])

    assert list(house.blobs.list("")) == []


def test_an_estimate_needs_a_key(house: House) -> None:
    assert house.stranger().post(f"{O1}/estimate", json={"prompt": "a"}).status_code == 401
