"""Polling, waiting, listing and canceling."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.service.house import BASE, OMNI, House, open_house

from omnireel.clock import ManualClock
from omnireel.models import Failed, Progress, Stopped


def data(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert (answer.json()["code"], answer.json()["message"]) == (0, "success")
    return dict(answer.json()["data"])


def show(house: House, task_id: str, query: str = "") -> dict[str, Any]:
    return data(house.client().get(f"/api/v1/tasks/{task_id}{query}"))


def test_a_pending_task_shows_its_place_and_nothing_it_does_not_have(house: House) -> None:
    house.submit()
    task_id = house.submit()

    shown = show(house, task_id)

    assert shown.keys() - {"eta_seconds"} == {
        "status",
        "task_id",
        "model_id",
        "progress",
        "queue_position",
        "created_at",
    }
    assert (shown["status"], shown["task_id"], shown["model_id"]) == ("pending", task_id, "kling-video-o1")
    assert shown["progress"] == 0
    assert shown["queue_position"] == 2


def test_a_task_is_processing_once_a_worker_has_it(house: House) -> None:
    task_id = house.submit()
    claim = house.claim()
    house.store.renew(claim, Progress(0.25, "painting"), "")

    shown = show(house, task_id)

    assert (shown["status"], shown["progress"]) == ("processing", 0.25)
    assert datetime.fromisoformat(shown["started_at"]).utcoffset() == timedelta(0)
    assert "result" not in shown


def test_a_finished_task_answers_as_the_contract_says(house: House, tmp_path: Path) -> None:
    task_id = house.submit(seed=7)
    claim = house.claim()
    house.succeed(claim, b"a video", tmp_path)

    shown = show(house, task_id)

    times = {name: shown.pop(name) for name in ("created_at", "started_at", "completed_at", "expires_at")}
    assert all(value.endswith("Z") and datetime.fromisoformat(value) for value in times.values())
    assert shown.pop("duration") >= 0
    url = shown["result"]["resources"][0].pop("url")
    path, _, query = url.partition("?")
    assert path == f"{BASE}/files/results/{task_id}/{claim.token}/{task_id}.mp4"
    assert query.startswith("expires=")
    request_id = shown["result"]["metadata"].pop("request_id")
    assert request_id.startswith("req-")
    assert shown == {
        "status": "success",
        "task_id": task_id,
        "model_id": "kling-video-o1",
        "result": {
            "resources": [
                {
                    "type": "video",
                    "width": 1280,
                    "height": 720,
                    "format": "mp4",
                    "role": "primary",
                    "duration": 5.0,
                    "fps": 24.0,
                    "size": 7,
                    "sha256": "ab" * 32,
                }
            ],
            "metadata": {
                "video_count": 1,
                "engine": "fake",
                "seed": 7,
                "shots": [{"start": 0, "frames": 120, "prompt": "a cat"}],
                "warnings": ["no sound"],
            },
            "extensions": {"submit_time": times["created_at"], "end_time": times["completed_at"]},
        },
        "billing": {"amount": "0.0000"},
    }


def test_a_failed_task_says_why_with_code_0(house: House) -> None:
    task_id = house.submit()
    house.store.finish(house.claim(), Failed("invalid_media", "the video is cut off", retryable=False))

    shown = show(house, task_id)

    assert shown["status"] == "failed"
    assert shown["error"] == {"type": "invalid_media", "message": "the video is cut off", "retryable": False}
    assert shown["billing"] == {"amount": "0.0000"}
    assert "result" not in shown


def test_a_pending_task_is_canceled_at_once(house: House) -> None:
    task_id = house.submit()

    shown = data(house.client().post(f"/api/v1/tasks/{task_id}/cancel"))

    assert (shown["status"], shown["duration"]) == ("canceled", 0)
    assert show(house, task_id)["status"] == "canceled"


def test_canceling_a_running_task_asks_its_worker(house: House) -> None:
    task_id = house.submit()
    claim = house.claim()

    assert data(house.client().post(f"/api/v1/tasks/{task_id}/cancel"))["status"] == "processing"
    house.store.finish(claim, Stopped())
    assert show(house, task_id)["status"] == "canceled"


@pytest.mark.parametrize("call", ["get", "cancel", "delete"])
@pytest.mark.parametrize("kind", ["foreign", "unknown", "odd"])
def test_a_task_of_nobody_or_another_team_is_404(house: House, call: str, kind: str) -> None:
    task_id = {"foreign": house.submit(), "unknown": "task-t2v-" + "0" * 22, "odd": "%00%ff'--"}[kind]
    other = house.client(house.keys.create("theirs", team="others").secret)

    path = f"/api/v1/tasks/{task_id}"
    answer = {
        "get": lambda: other.get(path),
        "cancel": lambda: other.post(f"{path}/cancel"),
        "delete": lambda: other.delete(path),
    }[call]()

    assert answer.status_code == 404
    assert answer.json()["code"] == 404
    assert answer.json()["message"].startswith("Resource not found: ")


def test_waiting_ends_as_soon_as_the_status_changes(house: House) -> None:
    task_id = house.submit()
    seen: list[dict[str, Any]] = []
    waiter = Thread(target=lambda: seen.append(show(house, task_id, "?wait=true&timeout=40")))
    waiter.start()
    time.sleep(0.3)
    assert waiter.is_alive()

    house.claim()
    waiter.join(10)

    assert seen[0]["status"] == "processing"


def test_waiting_gives_the_task_as_it_is_when_the_time_is_over(house: House) -> None:
    task_id = house.submit()

    before = time.monotonic()
    shown = show(house, task_id, "?wait=true&timeout=0.5")

    assert shown["status"] == "pending"
    assert time.monotonic() - before >= 0.5


def test_waiting_for_a_finished_task_does_not_wait(house: House) -> None:
    task_id = house.submit()
    house.client().post(f"/api/v1/tasks/{task_id}/cancel")

    before = time.monotonic()
    assert show(house, task_id, "?wait=true")["status"] == "canceled"
    assert time.monotonic() - before < 20


def test_a_draining_server_lets_waiters_go(house: House) -> None:
    task_id = house.submit()
    seen: list[dict[str, Any]] = []
    waiter = Thread(target=lambda: seen.append(show(house, task_id, "?wait=true&timeout=40")))
    waiter.start()
    time.sleep(0.2)

    house.draining.set()
    waiter.join(10)

    assert seen[0]["status"] == "pending"


@pytest.mark.parametrize("query", ["wait=perhaps", "wait=true&timeout=soon", "timeout=-1", "timeout=nan"])
def test_a_wait_that_cannot_be_read_is_400(house: House, query: str) -> None:
    answer = house.client().get(f"/api/v1/tasks/{house.submit()}?{query}")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(
        ("Invalid format: parameter '", "Value out of range: parameter '")
    )


def test_the_list_shows_the_teams_tasks_page_by_page(house: House, client: TestClient) -> None:
    mine = [house.submit() for _ in range(5)]
    others = house.client(house.keys.create("theirs", team="others").secret)
    house.claim()

    first = data(client.get("/api/v1/tasks?limit=3"))
    rest = data(client.get(f"/api/v1/tasks?limit=3&cursor={first['next_cursor']}"))

    assert [item["task_id"] for item in first["items"] + rest["items"]] == mine[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert "next_cursor" not in rest
    assert [item["task_id"] for item in data(client.get("/api/v1/tasks?status=processing"))["items"]] == mine[
        :1
    ]
    assert data(others.get("/api/v1/tasks"))["items"] == []


def test_a_list_is_narrowed_by_model_and_by_time(house: House, client: TestClient) -> None:
    ours = house.submit()
    other = data(client.post(OMNI, json={"prompt": "a cat"}))["task_id"]
    created = show(house, ours)["created_at"].replace("Z", "%2B00:00")
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def listed(query: str) -> list[str]:
        return [item["task_id"] for item in data(client.get(f"/api/v1/tasks?{query}"))["items"]]

    assert listed("model=kling/kling-video-o1") == listed("model=kling-video-o1") == [ours]
    assert listed("model=kling-v3-omni-video&status=pending") == [other]
    assert listed("model=kling-v3-omni-video&status=success") == []
    assert listed(f"created_after={hour_ago}") == [other, ours]
    assert listed(f"created_before={hour_ago}") == []
    assert listed(f"created_before={created}") == []


def test_a_page_goes_on_where_the_one_before_ended_though_its_last_task_is_gone(
    house: House, client: TestClient
) -> None:
    mine = [house.submit() for _ in range(4)]
    page = data(client.get("/api/v1/tasks?limit=2"))
    for item in page["items"]:
        client.post(f"/api/v1/tasks/{item['task_id']}/cancel")
        data(client.delete(f"/api/v1/tasks/{item['task_id']}"))

    rest = data(client.get(f"/api/v1/tasks?limit=2&cursor={page['next_cursor']}"))

    assert [item["task_id"] for item in rest["items"]] == mine[1::-1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=nonsense",
        "status=done",
        "model=sora",
        "created_after=yesterday",
        "created_before=2026-01-31T12:00:00",
    ],
)
def test_a_list_that_cannot_be_read_is_400(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/v1/tasks?{query}")

    assert answer.status_code == 400, answer.text
    assert answer.json().keys() == {"code", "message"}


def test_an_old_tasks_link_is_renewed_at_each_poll(tmp_path: Path) -> None:
    clock = ManualClock(datetime.now().astimezone())
    with open_house(tmp_path, clock=clock) as house:
        task_id = house.submit()
        house.succeed(house.claim(), b"a video", tmp_path)
        old = show(house, task_id)["result"]["resources"][0]["url"]
        clock.advance(seconds=3700)
        new = show(house, task_id)["result"]["resources"][0]["url"]

        assert house.stranger().get(old).status_code == 403
        assert house.stranger().get(new).content == b"a video"


def test_a_deleted_task_is_gone_at_once_and_so_are_its_files(house: House, tmp_path: Path) -> None:
    task_id = house.succeed_one(tmp_path)
    link = show(house, task_id)["result"]["resources"][0]["url"]
    path = f"/api/v1/tasks/{task_id}"

    assert data(house.client().delete(path)) == {"task_id": task_id, "deleted": True}

    assert house.client().get(path).status_code == 404
    assert house.client().delete(path).status_code == 404
    assert house.stranger().get(link).status_code == 404
    assert list(house.blobs.list("results/")) == []
    assert house.store.expired(10) == ()


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_task_that_is_still_going_is_not_deleted(house: House, status: str) -> None:
    task_id = house.submit()
    if status == "processing":
        house.claim()

    answer = house.client().delete(f"/api/v1/tasks/{task_id}")

    assert answer.status_code == 400
    assert answer.json()["message"] == (
        f"Invalid parameters: task '{task_id}' is still {status}; cancel it first"
    )
    assert show(house, task_id)["status"] == status


def test_a_file_that_another_task_reads_outlives_its_own(house: House, tmp_path: Path, clip: bytes) -> None:
    task_id = house.submit()
    house.succeed(house.claim(), clip, tmp_path)
    link = show(house, task_id)["result"]["resources"][0]["url"]
    house.submit(videos=[link])

    data(house.client().delete(f"/api/v1/tasks/{task_id}"))

    assert house.stranger().get(link).content == clip


def test_a_result_is_there_for_seven_days_and_says_so(tmp_path: Path, database_place: str) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with open_house(tmp_path, clock=clock, store_clock=clock, database_url=database_place) as house:
        task_id, client = house.succeed_one(tmp_path), house.client()
        path = f"/api/v1/tasks/{task_id}"
        shown = show(house, task_id)
        clock.advance(seconds=timedelta(days=7).total_seconds() - 1)
        last = show(house, task_id)
        video = house.stranger().get(last["result"]["resources"][0]["url"].removeprefix(BASE))
        clock.advance(seconds=1)
        gone = [client.get(path), client.get(f"{path}?wait=true"), client.get(f"{path}/events")]
        gone += [client.post(f"{path}/cancel"), client.delete(path)]
        listed = client.get("/api/v1/tasks").json()["data"]["items"]

    assert shown["completed_at"].startswith("2026-01-01T00:00:00")
    assert shown["expires_at"] == last["expires_at"] == shown["completed_at"].replace("01-01", "01-08")
    assert (video.status_code, video.content) == (200, b"a video")
    assert [answer.status_code for answer in gone] == [404] * 5
    assert all(answer.json()["message"].startswith("Resource not found: ") for answer in gone)
    assert listed == []
