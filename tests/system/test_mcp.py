"""The tools as a host has them: the official client, real stdio and real streamable HTTP, a real server."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from tests.media_files import make_video
from tests.real_server import RealServer, clean_environment, real_server

from omnireel import Client as Omnireel

pytestmark = [pytest.mark.system]

ORIGIN = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
Work = Callable[[Client], Awaitable[None]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("mcp")
    (found / "allowed").mkdir()
    make_video(found / "allowed" / "clip.mp4")
    return found


@pytest.fixture(scope="module")
def omnireel(folder: Path) -> Iterator[RealServer]:
    with real_server(folder, "--workers", "2") as running:
        yield running


@pytest.fixture(scope="module")
def http(omnireel: RealServer) -> Iterator[str]:
    """The address of an MCP server over HTTP; no key is in its environment, and a first key in its folder."""
    with serving_mcp(omnireel, "--root", "allowed") as address:
        yield address


@contextmanager
def serving_mcp(omnireel: RealServer, *flags: str) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "omnireel",
        "mcp",
        "--http",
        "--port",
        "0",
        "--base-url",
        omnireel.origin,
    ]
    process = subprocess.Popen(
        [*command, *flags],
        cwd=omnireel.folder, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+/mcp", process.stdout.readline())
        assert found is not None
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close()
        process.wait(30)


@asynccontextmanager
async def over_stdio(omnireel: RealServer, **settings: str) -> AsyncIterator[Client]:
    words = [
        "-m",
        "omnireel",
        "mcp",
        "--base-url",
        omnireel.origin,
        "--root",
        str(omnireel.folder / "allowed"),
    ]
    environment = clean_environment(OMNIREEL_API_KEY=omnireel.key) | settings
    with Path("/dev/null").open("w") as nowhere:
        server = StdioServerParameters(command=sys.executable, args=words, env=environment, cwd="/")
        async with Client(stdio_client(server, errlog=nowhere), mode="legacy") as client:
            yield client


@asynccontextmanager
async def over_http(address: str, key: str, mode: str = "auto") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as pool,
        Client(streamable_http_client(address, http_client=pool), mode=mode) as client,
    ):
        yield client


def play(opened: AbstractAsyncContextManager[Client], work: Work) -> None:
    async def run() -> None:
        async with opened as client:
            await work(client)

    anyio.run(run)


def text(result: CallToolResult) -> str:
    return str(getattr(result.content[0], "text", ""))


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool hands back when all is well."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text(result)
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def complaint(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return text(result)


async def whole_journey(client: Client) -> None:
    """From a file on disk to a finished video, and the file away again."""
    told: list[tuple[float, str | None]] = []

    async def watch(progress: float, total: float | None, message: str | None) -> None:
        assert total == 1.0
        told.append((progress, message))

    models = await ask(client, "list_models")
    assert [model["slug"] for model in models["models"]] == [
        "kling/kling-video-o1",
        "kling/kling-v3-omni-video",
    ]
    found = await ask(client, "get_schema", model="kling/kling-v3-omni-video")
    assert found["schema"]["properties"]["prompt"]["maxLength"] == 2500
    uploaded = await ask(client, "upload_file", path="clip.mp4")
    assert uploaded["file_id"] in [file["file_id"] for file in (await ask(client, "list_files"))["files"]]

    submitted = await ask(
        client, "submit_task", prompt="clay fake:read fake:seconds=2 fake:warn", video=uploaded["url"], seed=7
    )
    first = await ask(client, "wait_task", task_id=submitted["task_id"], timeout_seconds=1)
    assert not first["finished"]
    done = await client.call_tool("wait_task", {"task_id": submitted["task_id"]}, progress_callback=watch)

    task = done.structured_content
    assert isinstance(task, dict)
    assert task["status"] == "success"
    assert task["seed"] == 7
    assert task["warnings"] == ["the fake engine was told to warn"]
    assert {file["role"] for file in task["files"]} == {"primary", "poster"}
    assert text(done).startswith(f"Done: {task['files'][0]['url']}")
    assert httpx2.get(task["files"][0]["url"]).content[4:8] == b"ftyp"
    progress = [value for value, _ in told]
    assert progress == sorted(set(progress))
    assert progress[-1] == 1.0
    assert any("step" in (message or "") for _, message in told)

    await ask(client, "delete_file", file_id=uploaded["file_id"])
    assert "Next:" in await complaint(client, "delete_file", file_id=uploaded["file_id"])


def test_a_video_is_made_over_stdio(omnireel: RealServer) -> None:
    play(over_stdio(omnireel), whole_journey)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_video_is_made_over_http_with_the_callers_key(omnireel: RealServer, http: str, mode: str) -> None:
    play(over_http(http, omnireel.key, mode), whole_journey)


def test_errors_say_what_to_do_next_and_no_output_holds_the_key(omnireel: RealServer) -> None:
    said: list[str] = []

    async def work(client: Client) -> None:
        async def hear(tool: str, **arguments: Any) -> str:
            said.append(await complaint(client, tool, **arguments))
            return said[-1]

        assert "aspectRatio" in await hear("submit_task", prompt="a cat", aspectRatio="1:1")
        assert "upload_file" in await hear("submit_task", prompt="a cat", images=["cat.png"])
        assert "get_schema" in await hear("submit_task", prompt="a cat", duration=7)
        assert "refuse" in await hear("submit_task", prompt="a cat fake:refuse")
        assert "list_models" in await hear("get_schema", model="kling/other")
        assert "letter for letter" in await hear("get_task", task_id="task-t2v-nothing")
        assert "outside the allowed folders" in await hear("upload_file", path="/etc/passwd")
        assert "list_models" in await hear("make_me_a_sandwich")
        said.extend(str(tool) for tool in (await client.list_tools()).tools)
        said.append(str(await ask(client, "submit_task", prompt=f"my key is {omnireel.key} fake:fail")))

    play(over_stdio(omnireel), work)

    assert not [words for words in said if omnireel.key in words]
    assert all("Next: " in words for words in said[:8])


def test_a_failed_task_is_told_as_one_with_its_reason(omnireel: RealServer, http: str) -> None:
    async def work(client: Client) -> None:
        submitted = await ask(client, "submit_task", prompt="fake:fail")
        result = await client.call_tool("wait_task", {"task_id": submitted["task_id"]})
        assert not result.is_error
        assert isinstance(result.structured_content, dict)
        assert result.structured_content["error"]["type"] == "engine_failed"
        assert "change the request" in text(result)

    play(over_http(http, omnireel.key), work)


def test_a_wait_that_nobody_works_on_says_why(tmp_path: Path) -> None:
    (tmp_path / "allowed").mkdir()
    with real_server(tmp_path, "--workers", "0") as idle:

        async def work(client: Client) -> None:
            submitted = await ask(client, "submit_task", prompt="a cat")
            result = await client.call_tool(
                "wait_task", {"task_id": submitted["task_id"], "timeout_seconds": 1}
            )
            assert "the server says: no worker has reported" in text(result)

        play(over_stdio(idle), work)


def test_a_caller_who_gives_up_ends_the_wait_and_is_answered_again(omnireel: RealServer, http: str) -> None:
    with Omnireel(omnireel.origin, omnireel.key) as sdk:
        task = sdk.videos.create("fake:seconds=600")

        async def work(client: Client) -> None:
            with anyio.move_on_after(1) as patience:
                await client.call_tool("wait_task", {"task_id": task.task_id, "timeout_seconds": 600})
            assert patience.cancelled_caught
            with anyio.fail_after(20):
                assert not (await ask(client, "get_task", task_id=task.task_id))["finished"]

        play(over_stdio(omnireel), work)
        play(over_http(http, omnireel.key), work)
        sdk.tasks.cancel(task.task_id)


def test_a_missing_key_is_told_at_the_call_and_not_before(omnireel: RealServer) -> None:
    async def work(client: Client) -> None:
        assert len((await client.list_tools()).tools) == 8
        assert "no API key" in await complaint(client, "list_models")

    play(over_stdio(omnireel, OMNIREEL_API_KEY=""), work)


def test_a_wrong_key_is_told_to_its_bearer(http: str) -> None:
    async def work(client: Client) -> None:
        assert "valid Omnireel API key" in await complaint(client, "list_models")

    play(over_http(http, "omr_live_wrong"), work)


def test_over_http_each_caller_sees_their_own_teams_files(omnireel: RealServer, http: str) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "omnireel", "keys", "create", "--team", "others", "--json"],
        cwd=omnireel.folder, env=clean_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    other = json.loads(made.stdout)["api_key"]

    async def ours(client: Client) -> None:
        await ask(client, "upload_file", path="clip.mp4")
        assert (await ask(client, "list_files"))["files"]

    async def theirs(client: Client) -> None:
        assert (await ask(client, "list_files"))["files"] == []

    play(over_http(http, omnireel.key), ours)
    play(over_http(http, other), theirs)


def test_without_a_key_nothing_is_answered_though_one_lies_in_the_folder(http: str) -> None:
    for headers in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}):
        answer = httpx2.post(http, json=PING, headers=ORIGIN | headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1.evil.example"}, 403),
    ],
)
def test_other_peoples_web_pages_are_refused(
    http: str, omnireel: RealServer, headers: dict[str, str], status: int
) -> None:
    answer = httpx2.post(
        http, json=PING, headers=ORIGIN | {"Authorization": f"Bearer {omnireel.key}"} | headers
    )

    assert answer.status_code == status


def test_a_host_that_was_allowed_is_answered(omnireel: RealServer) -> None:
    headers = ORIGIN | {"Authorization": f"Bearer {omnireel.key}", "Host": "tools.example"}
    with serving_mcp(omnireel, "--allow-host", "tools.example") as address:
        assert httpx2.post(address, json=PING, headers=headers).status_code == 200


def test_it_does_not_open_to_others_without_being_told_its_name(omnireel: RealServer) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "omnireel", "mcp", "--http", "--host", "203.0.113.1"],
        cwd=omnireel.folder, env=clean_environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert ended.returncode == 1
    assert "--allow-host NAME" in ended.stderr
