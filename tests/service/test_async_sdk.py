"""The asynchronous SDK against the application itself, in process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.service.house import BASE, House
from tests.service.test_sdk import VIDEO, finish

from omnireel import AsyncClient, NotFoundError, Task, TaskFailed, Timeout
from omnireel.models import Failed

Scene = Callable[[AsyncClient], Coroutine[Any, Any, None]]


@asynccontextmanager
async def sdk(house: House) -> AsyncIterator[AsyncClient]:
    transport = httpx2.ASGITransport(app=house.app)
    async with AsyncClient(BASE, house.key, http=httpx2.AsyncClient(transport=transport)) as client:
        yield client


def play(house: House, scene: Scene) -> None:
    async def whole() -> None:
        async with sdk(house) as client:
            await scene(client)

    asyncio.run(whole())


def test_a_video_is_asked_for_watched_and_saved(
    house: House, tmp_path: Path, clip: bytes, picture: bytes
) -> None:
    updates: list[Task] = []

    async def watch(task: Task) -> None:
        updates.append(task)
        if len(updates) == 2:
            await asyncio.to_thread(finish, house, tmp_path)

    async def scene(client: AsyncClient) -> None:
        result = await client.videos.create_and_wait(
            "Clay, as in <<<image_1>>>", images=[picture], video=clip, on_update=watch, timeout=60
        )
        saved = await result.download(tmp_path)

        assert (result.task.engine, result.warnings) == ("fake", ("no sound",))
        assert saved.name == f"{result.task.task_id}.mp4"
        assert saved.read_bytes() == VIDEO

    play(house, scene)
    assert [task.status for task in updates][:2] == ["pending", "pending"]


def test_a_download_goes_on_by_range(house: House, tmp_path: Path) -> None:
    async def scene(client: AsyncClient) -> None:
        task = await client.videos.create("a fox")
        finish(house, tmp_path)
        digest = hashlib.sha256(VIDEO).hexdigest()
        (tmp_path / f".out.mp4.{digest[:16]}.part").write_bytes(VIDEO[:150_000])

        result = await client.tasks.wait(task.task_id)
        await result.download(tmp_path / "out.mp4")

        assert (tmp_path / "out.mp4").read_bytes() == VIDEO

    play(house, scene)


def test_every_question_has_its_answer(house: House, tmp_path: Path, picture: bytes) -> None:
    async def scene(client: AsyncClient) -> None:
        made = [(await client.videos.create("a fox")).task_id for _ in range(3)]
        file = await client.files.upload(picture, filename="a.png")

        assert (await client.tasks.cancel(made[0])).status == "canceled"
        assert [task.task_id async for task in client.tasks.list(page_size=2)] == made[::-1]
        assert [page.next_cursor async for page in client.tasks.list().pages()] == [None]
        await client.tasks.delete(made[0])
        with pytest.raises(NotFoundError):
            await client.tasks.get(made[0])
        assert (await client.files.get(file.file_id)).filename == "a.png"
        assert [found.file_id async for found in client.files.list()] == [file.file_id]
        assert (await client.files.usage()).used_bytes == len(picture)
        await client.files.delete(file.file_id)
        assert (await client.videos.estimate("a fox", video=picture)).queue_position == 3
        assert len(await client.models.list()) == 2
        assert (await client.models.describe("kling/kling-video-o1")).schema["required"] == ["prompt"]
        assert await client.balance() == 0
        assert await client.key_is_valid()
        assert (await client.readiness()).ready
        assert [delivery async for delivery in client.webhooks.list()] == []
        assert (await client.webhooks.deliveries()).items == ()
        with pytest.raises(NotFoundError):
            await client.webhooks.get("nothing")

    play(house, scene)


def test_an_answer_is_given_as_it_came(house: House) -> None:
    async def scene(client: AsyncClient) -> None:
        answer = await client.videos.with_raw_response.create("a fox")
        others = [client.with_options(retries=0).with_raw_response.balance() for _ in range(3)]

        assert (answer.status, answer.parse().status) == (200, "pending")
        assert len({found.request_id for found in await asyncio.gather(*others)}) == 3

    play(house, scene)


def test_a_failed_task_raises_its_reason(house: House) -> None:
    async def scene(client: AsyncClient) -> None:
        task = await client.videos.create("a fox")
        with pytest.raises(Timeout) as early:
            await client.tasks.wait(task.task_id, timeout=0)
        assert house.store.finish(house.claim(), Failed("invalid_media", "the video is truncated"))
        with pytest.raises(TaskFailed, match="truncated"):
            await client.tasks.wait(task.task_id)

        assert early.value.task_id == task.task_id

    play(house, scene)


def test_news_of_a_task_end_with_it(house: House, tmp_path: Path) -> None:
    async def scene(client: AsyncClient) -> None:
        task_id = house.succeed_one(tmp_path)
        async with client.tasks.events(task_id) as events:
            seen = [event async for event in events]
            last = events.last_event_id

        assert [event.type for event in seen] == ["terminal"]
        assert [event async for event in client.tasks.events(task_id, last_event_id=last)] == []

    play(house, scene)
