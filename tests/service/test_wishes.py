"""What a submit's headers ask for beside the video."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.service.house import O1, House, open_house


def send(house: House, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return house.client().post(O1, json={"prompt": "a cat"}, headers=sent)


def test_tasks_go_by_priority_and_then_by_age(house: House) -> None:
    wishes = ["low", "normal", "high", "low", "high"]
    ids = [send(house, X_Priority=wish).json()["data"]["task_id"] for wish in wishes]
    plain = house.submit()

    begun = [house.claim().task_id for _ in range(6)]

    assert begun == [ids[2], ids[4], ids[1], plain, ids[0], ids[3]]


def test_an_operator_may_forbid_priorities(tmp_path: Path) -> None:
    with open_house(tmp_path, allow_priority=False) as house:
        answer = send(house, X_Priority="high")

        assert answer.status_code == 400
        assert answer.json()["message"] == "Invalid parameters: header 'X-Priority' is not allowed here"
        assert send(house).status_code == 200


def test_a_deadline_counts_from_the_submit(house: House) -> None:
    assert send(house, X_Deadline_Seconds="86400").status_code == 200
    task_id = send(house, X_Deadline_Seconds="1").json()["data"]["task_id"]
    kept = house.submit()
    while not house.store.reap():
        time.sleep(0.05)

    shown = house.client().get(f"/api/v1/tasks/{task_id}").json()["data"]

    assert shown["status"] == "failed"
    assert (shown["error"]["type"], shown["error"]["retryable"]) == ("deadline_exceeded", False)
    passed = house.store.get("default", task_id)
    assert passed.completed_at is not None
    assert passed.completed_at - passed.created_at >= timedelta(seconds=1)
    assert house.client().get(f"/api/v1/tasks/{kept}").json()["data"]["status"] == "pending"


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Priority": "urgent"},
        {"X_Deadline_Seconds": "0"},
        {"X_Deadline_Seconds": "86401"},
        {"X_Deadline_Seconds": "soon"},
    ],
)
def test_a_wish_that_cannot_be_read_is_400(house: House, headers: dict[str, str]) -> None:
    answer = send(house, **headers)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(
        ("Value out of range: parameter 'X-", "Invalid format: parameter 'X-")
    )
