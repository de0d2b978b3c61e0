"""The SDK and the real server with a network between them that fails, and a server that restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.service.house import House
from tests.service.lossy_wire import lossy_wire
from tests.service.served import listening
from tests.service.test_sdk import VIDEO, finish

from omnireel import AsyncClient, Client, OutcomeUnknown, Task, TaskEvent
from omnireel.models import Progress

SUBMIT = b"POST /api/v1/kling/kling-video-o1/async"


def made(house: House) -> list[str]:
    return [task.task_id for task in house.store.list("default").tasks]


@pytest.mark.parametrize("lose", [1, 2])
def test_a_submit_whose_answer_is_lost_makes_one_video(standing: House, port: int, lose: int) -> None:
    with listening(standing, port), lossy_wire(port, SUBMIT, lose) as wire:
        with Client(f"http://127.0.0.1:{wire.port}", standing.key) as client:
            task = client.videos.create("a fox")

        assert wire.lost == lose
    assert made(standing) == [task.task_id]


def test_a_submit_whose_every_answer_is_lost_makes_one_video_and_says_so(standing: House, port: int) -> None:
    with listening(standing, port), lossy_wire(port, SUBMIT, 10) as wire:
        hasty = Client(f"http://127.0.0.1:{wire.port}", standing.key, retries=1)
        with hasty, pytest.raises(OutcomeUnknown) as caught:
            hasty.videos.create("a fox")
        with Client(f"http://127.0.0.1:{port}", standing.key) as client:
            task = client.videos.create("a fox", idempotency_key=caught.value.idempotency_key)

        assert wire.lost == 2
    assert made(standing) == [task.task_id]


def test_the_asynchronous_client_makes_one_video_too(standing: House, port: int) -> None:
    async def submit(origin: str) -> Task:
        async with AsyncClient(origin, standing.key) as client:
            return await client.videos.create("a fox")

    with listening(standing, port), lossy_wire(port, SUBMIT, 1) as wire:
        task = asyncio.run(submit(f"http://127.0.0.1:{wire.port}"))

        assert wire.lost == 1
    assert made(standing) == [task.task_id]


def test_news_go_on_after_the_server_restarts(standing: House, port: int, tmp_path: Path) -> None:
    with Client(f"http://127.0.0.1:{port}", standing.key) as client:
        with listening(standing, port):
            task = client.videos.create("a fox")
            events = client.tasks.events(task.task_id)
            seen: list[TaskEvent] = [next(events)]
        claim = standing.claim()
        standing.store.renew(claim, Progress(0.5, "painting"), "")
        with listening(standing, port):
            seen.append(next(events))
            finish(standing, tmp_path, claim=claim)
            seen += events
            saved = client.tasks.wait(task.task_id).download(tmp_path / "out.mp4")

    assert [(event.type, event.task.status) for event in seen] == [
        ("status", "pending"),
        ("status", "processing"),
        ("terminal", "success"),
    ]
    assert seen[1].task.progress == 0.5
    assert saved.read_bytes() == VIDEO


def test_a_wait_rides_out_a_server_that_restarts(standing: House, port: int, tmp_path: Path) -> None:
    async def wait() -> Path:
        async with AsyncClient(f"http://127.0.0.1:{port}", standing.key) as client:
            with listening(standing, port):
                task = await client.videos.create("a fox")
                waiting = asyncio.create_task(client.tasks.wait(task.task_id, timeout=60))
                await asyncio.sleep(0.3)
            finish(standing, tmp_path)
            await asyncio.sleep(0.5)
            assert not waiting.done()
            with listening(standing, port):
                return await (await waiting).download(tmp_path / "out.mp4")

    assert asyncio.run(wait()).read_bytes() == VIDEO
