"""The asynchronous client over a real socket: what waits differently must fail and recover alike."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.unit.client.loopback import HANG_UP, KEY, Answer, Loopback, Seen, enveloped, receipt, refused

from omnireel import (
    AsyncClient,
    ConnectionFailed,
    InvalidRequestError,
    OutcomeUnknown,
    RateLimitError,
    ServerError,
    Task,
    Timeout,
)

DATA = bytes(i * 7 % 251 for i in range(700_000))
DIGEST = hashlib.sha256(DATA).hexdigest()
STREAM = {"Content-Type": "text/event-stream"}
Scene = Callable[[AsyncClient], Coroutine[Any, Any, None]]


def play(server: Loopback, scene: Scene, *, timeout: float = 5.0, retries: int = 3) -> None:
    async def whole() -> None:
        async with AsyncClient(server.base_url, KEY, timeout=timeout, retries=retries) as client:
            await scene(client)

    asyncio.run(whole())


def finished(server: Loopback) -> dict[str, object]:
    video = {"url": f"{server.base_url}/files/clip.mp4?s=1", "type": "video", "role": "primary"}
    facts = {"format": "mp4", "size": len(DATA), "sha256": DIGEST}
    return receipt() | {"status": "success", "result": {"resources": [video | facts]}}


def ranged(seen: Seen) -> Answer:
    """An honest file server that hangs up in the middle of a file asked for from its beginning."""
    asked = re.fullmatch(r"bytes=(\d+)-", seen.headers.get("range", ""))
    if asked is None:
        return Answer(200, DATA, cut=400_000)
    start = int(asked[1])
    headers = {"Content-Range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"}
    return Answer(206, DATA[start:], headers)


def test_a_question_is_asked_again_after_a_passing_fault(server: Loopback) -> None:
    server.script = [HANG_UP, refused(503, "x"), Answer(200, b"x" * 100, cut=10), enveloped(receipt())]

    async def scene(client: AsyncClient) -> None:
        assert (await client.tasks.get("t")).task_id == "task-t2v-abc"

    play(server, scene)
    assert len(server.seen) == 4


def test_a_submit_is_never_sent_twice_where_nobody_promises_to_know_it_again(server: Loopback) -> None:
    server.script = [HANG_UP, enveloped({"is_valid": True})]

    async def scene(client: AsyncClient) -> None:
        with pytest.raises(OutcomeUnknown):
            await client.videos.create("fox")

    play(server, scene)
    assert [seen.method for seen in server.seen] == ["POST", "GET"]


def test_a_submit_is_sent_again_under_its_key_where_that_is_promised(server: Loopback) -> None:
    valid = enveloped({"is_valid": True})
    promising = Answer(valid.status, valid.body, {**valid.headers, "X-Idempotency-Seconds": "604800"})
    server.script = [HANG_UP, promising, enveloped(receipt())]

    async def scene(client: AsyncClient) -> None:
        await client.videos.create("fox")

    play(server, scene)
    first, _, again = server.seen
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert first.body == again.body


def test_the_deadline_holds_for_all_tries_together(server: Loopback) -> None:
    server.script = [Answer(200, b"{}", slow=3)]

    async def scene(client: AsyncClient) -> None:
        with pytest.raises(Timeout):
            await client.tasks.get("t")

    play(server, scene, timeout=0.3)


def test_a_retry_after_beyond_the_deadline_ends_the_call_at_once(server: Loopback) -> None:
    server.script = [refused(429, "Rate limit exceeded: x", **{"Retry-After": "3600"})]

    async def scene(client: AsyncClient) -> None:
        with pytest.raises(RateLimitError):
            await client.tasks.get("t")

    play(server, scene)
    assert len(server.seen) == 1


def test_an_endless_answer_is_given_up(server: Loopback) -> None:
    server.script = [Answer(200, b" " * (9 * 1024 * 1024))]

    async def scene(client: AsyncClient) -> None:
        with pytest.raises(ServerError, match="longer than"):
            await client.models.list()

    play(server, scene)


def test_a_server_that_is_not_there_is_a_failed_connection() -> None:
    server = Loopback("http://127.0.0.1:9")

    async def scene(client: AsyncClient) -> None:
        with pytest.raises(ConnectionFailed):
            await client.videos.create("fox")

    play(server, scene, retries=0)


def test_a_file_is_uploaded_as_it_is(server: Loopback, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(DATA)
    server.script = [enveloped({"file_id": "f", "url": "http://h/f.mp4", "size": len(DATA)})]

    async def scene(client: AsyncClient) -> None:
        assert (await client.files.upload(clip)).size == len(DATA)
        with pytest.raises(InvalidRequestError, match="needs no upload"):
            await client.files.upload("https://host/clip.mp4")

    play(server, scene)
    (seen,) = server.seen
    assert DATA in seen.body
    assert b'filename="clip.mp4"' in seen.body


def test_a_cut_download_goes_on_where_it_ended(server: Loopback, tmp_path: Path) -> None:
    server.script = [enveloped(finished(server)), ranged]

    async def scene(client: AsyncClient) -> None:
        result = await client.tasks.wait("t")
        assert await result.download(tmp_path) == tmp_path / "clip.mp4"

    play(server, scene)
    assert (tmp_path / "clip.mp4").read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert [seen.headers.get("range") for seen in server.seen[1:]] == [None, "bytes=400000-"]


def test_a_download_that_is_canceled_is_gone_on_with_later(server: Loopback, tmp_path: Path) -> None:
    server.script = [enveloped(finished(server)), Answer(200, DATA, cut=300_000), Answer(503, slow=30)]

    async def scene(client: AsyncClient) -> None:
        result = await client.tasks.wait("t")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(result.download(tmp_path / "out.mp4"), 1.0)
        assert not (tmp_path / "out.mp4").exists()
        server.script = [ranged]
        await result.download(tmp_path / "out.mp4")

    play(server, scene)
    assert (tmp_path / "out.mp4").read_bytes() == DATA
    assert server.seen[-1].headers["range"] == "bytes=300000-"


def test_a_stream_that_is_cut_is_taken_up_where_it_was(server: Loopback) -> None:
    first = b'id: 1\nevent: status\ndata: {"task_id": "t", "status": "pending"}\n\n'
    last = b'id: 2\nevent: terminal\ndata: {"task_id": "t", "status": "success"}\n\n'
    server.script = [Answer(200, first, STREAM), HANG_UP, Answer(200, last, STREAM)]

    async def scene(client: AsyncClient) -> None:
        async with client.tasks.events("t") as events:
            assert [event.type async for event in events] == ["status", "terminal"]

    play(server, scene)
    assert [seen.headers.get("last-event-id") for seen in server.seen] == [None, "1", "1"]


def test_watchers_may_wait_or_not(server: Loopback) -> None:
    server.script = [enveloped(receipt()), enveloped(finished(server))]
    seen: list[str] = []

    async def slowly(task: Task) -> None:
        await asyncio.sleep(0)
        seen.append(task.status)

    async def scene(client: AsyncClient) -> None:
        await client.videos.create_and_wait("fox", on_update=slowly)
        await client.tasks.wait("t", on_update=lambda task: seen.append(task.status))

    play(server, scene)
    assert seen == ["pending", "success", "success"]


def test_many_questions_are_asked_at_once(server: Loopback) -> None:
    server.script = [Answer(200, enveloped(receipt()).body, slow=0.3)]

    async def scene(client: AsyncClient) -> None:
        async with asyncio.timeout(3):
            await asyncio.gather(*(client.tasks.get(f"t{n}") for n in range(20)))

    play(server, scene)
    assert {seen.path for seen in server.seen} == {f"/api/v1/tasks/t{n}" for n in range(20)}


def test_the_blocking_client_works_inside_an_event_loop_too(server: Loopback) -> None:
    from omnireel import Client

    server.script = [enveloped(receipt())]

    async def whole() -> str:
        with Client(server.base_url, KEY) as client:
            return client.tasks.get("t").task_id

    assert asyncio.run(whole()) == "task-t2v-abc"
