"""Task news as a stream, and many who wait at once."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from tests.service.house import O1, House
from tests.service.standalone import running_house

from omnireel.api.events import news
from omnireel.models import Progress

WAITING = 500


def stream(house: House, task_id: str, last_seen: str = "") -> Any:
    """The whole stream's answer; the task must end, or the server drain."""
    return house.client().get(f"/api/v1/tasks/{task_id}/events", headers={"Last-Event-ID": last_seen})


def parsed(text: str) -> list[dict[str, Any]]:
    """Events with their data read; comments left out."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append({**fields, "data": json.loads(fields["data"])})
    return events


class Listener:
    """Somebody who reads a stream from its beginning to its end."""

    def __init__(self, house: House, task_id: str, last_seen: str = "") -> None:
        self._answers: list[Any] = []
        self._thread = Thread(target=lambda: self._answers.append(stream(house, task_id, last_seen)))
        self._thread.start()
        self._house = house

    def wait_until_it_listens(self) -> None:
        lookout = self._house.app.state.rooms.lookout
        while not any(watch.seen for watch in tuple(lookout._watches)):
            assert self._thread.is_alive()
            time.sleep(0.01)

    def events(self) -> list[dict[str, Any]]:
        self._thread.join(30)
        return parsed(self._answers[0].text)


def test_the_news_are_what_a_poll_would_say_and_end_with_the_task(house: House, tmp_path: Path) -> None:
    task_id = house.submit()
    listener = Listener(house, task_id)
    listener.wait_until_it_listens()
    claim = house.claim()
    house.succeed(claim, b"a video", tmp_path)

    events = listener.events()

    assert [events[0]["event"], events[-1]["event"]] == ["status", "terminal"]
    assert events[0]["data"]["status"] == "pending"
    polled = house.client().get(f"/api/v1/tasks/{task_id}").json()["data"]
    assert events[-1]["data"].keys() == polled.keys()
    assert events[-1]["data"]["status"] == polled["status"] == "success"
    assert len({event["id"] for event in events}) == len(events)


def test_a_caller_that_comes_back_is_told_what_it_has_not_seen(house: House) -> None:
    task_id = house.submit()
    house.store.renew(house.claim(), Progress(0.25, "painting"), "")
    house.draining.set()
    (seen,) = parsed(stream(house, task_id).text)
    assert (seen["event"], seen["data"]["progress"]) == ("status", 0.25)
    assert parsed(stream(house, task_id, seen["id"]).text) == []
    assert len(parsed(stream(house, task_id, "something else").text)) == 1


def test_progress_is_told_in_between(house: House, tmp_path: Path) -> None:
    task_id = house.submit()
    claim = house.claim()
    listener = Listener(house, task_id)
    listener.wait_until_it_listens()
    house.store.renew(claim, Progress(0.5, "painting"), "")
    while house.app.state.rooms.lookout._watches and not _heard(house, 0.5):
        time.sleep(0.01)
    house.succeed(claim, b"a video", tmp_path)

    kinds = [event["event"] for event in listener.events()]

    assert (kinds[0], kinds[-1]) == ("status", "terminal")
    assert set(kinds[1:-1]) <= {"progress"}


def _heard(house: House, value: float) -> bool:
    watches = tuple(house.app.state.rooms.lookout._watches)
    return any(watch.latest is not None and watch.latest.progress.value == value for watch in watches)


def test_a_finished_tasks_news_are_told_once_and_then_there_is_nothing(house: House, tmp_path: Path) -> None:
    task_id = house.succeed_one(tmp_path)
    (last,) = parsed(stream(house, task_id).text)

    assert last["event"] == "terminal"
    assert stream(house, task_id, last["id"]).status_code == 204


def test_a_draining_server_ends_the_stream(house: House) -> None:
    task_id = house.submit()
    listener = Listener(house, task_id)
    listener.wait_until_it_listens()
    house.draining.set()

    assert [event["event"] for event in listener.events()] == ["status"]


def test_a_deleted_tasks_stream_ends(house: House) -> None:
    task_id = house.submit()
    listener = Listener(house, task_id)
    listener.wait_until_it_listens()
    house.client().post(f"/api/v1/tasks/{task_id}/cancel")
    house.client().delete(f"/api/v1/tasks/{task_id}")

    assert listener.events()[0]["event"] == "status"


def test_a_stranger_and_another_team_hear_nothing(house: House) -> None:
    task_id = house.submit()
    path = f"/api/v1/tasks/{task_id}/events"

    assert house.stranger().get(path).status_code == 401
    assert house.client(house.keys.create("theirs", team="others").secret).get(path).status_code == 404


def test_silence_is_broken_by_comments(house: House) -> None:
    task_id = house.submit()
    rooms = house.app.state.rooms

    async def connected() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def listen() -> list[str]:
        request = Request({"type": "http"}, connected)
        heard = news(request, rooms, rooms.service.get("default", task_id), "", heartbeat=0.01)
        return [await anext(heard) for _ in range(3)]

    event, *comments = asyncio.run(listen())

    assert event.startswith("id: pending-")
    assert all(comment.startswith(": ") and comment.endswith("\n\n") for comment in comments)


@pytest.mark.parametrize("way", ["?wait=true&timeout=45", "/events"])
def test_hundreds_wait_at_once_and_others_are_served_meanwhile(
    tmp_path: Path, database_place: str, way: str
) -> None:
    with running_house(tmp_path, database_url=database_place) as server:
        auth = {"Authorization": f"Bearer {server.key}"}
        url = f"http://127.0.0.1:{server.port}"

        async def scene() -> list[bytes]:
            async with httpx2.AsyncClient(base_url=url, headers=auth, trust_env=False, timeout=60) as client:
                submitted = await client.post(O1, json={"prompt": "a cat"})
                task_id = submitted.json()["data"]["task_id"]
                path = f"/api/v1/tasks/{task_id}{way}"
                callers = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(WAITING)]
                head = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {auth['Authorization']}"
                question = f"{head}\r\nConnection: close\r\n\r\n".encode()
                for _, writer in callers:
                    writer.write(question)
                for _ in range(5):
                    assert (await client.get("/api/v1/tasks")).json()["data"]["items"][0][
                        "status"
                    ] == "pending"
                await client.post(f"/api/v1/tasks/{task_id}/cancel")
                answers = await asyncio.gather(*(reader.read() for reader, _ in callers))
                for _, writer in callers:
                    writer.close()
                return answers

        answers = asyncio.run(scene())

    assert len(answers) == WAITING
    assert all(answer.startswith(b"HTTP/1.1 200") and b'"status":"canceled"' in answer for answer in answers)
