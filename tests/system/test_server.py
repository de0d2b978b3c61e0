"""The whole server as its users meet it: real processes, real sockets, kill -9 without warning."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.media_files import make_image, make_video

pytestmark = [pytest.mark.system, pytest.mark.slow]

SUBMIT = "/api/v1/kling/kling-video-o1/async"
PATIENCE = 60.0


class Server:
    """`omnireel serve` on a data folder that outlives it, with the fake engine and a short lease."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.http = httpx2.Client(timeout=20, trust_env=False)

    def start(self, *flags: str, **more: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")}
        environment |= {
            "OMNIREEL_ENGINE": "omnireel.testing.fake_engine:FakeEngine",
            "OMNIREEL_LEASE_SECONDS": "1.5",
            "OMNIREEL_HEARTBEAT_SECONDS": "0.4",
            # More than the kills below: a task must not be given up for being killed again and again.
            "OMNIREEL_MAX_ATTEMPTS": "20",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "omnireel", "serve", "--port", "0", "--data", str(self.folder), *flags],
            cwd=self.folder.parent, env=environment | more, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self._process.stdout.readline())
        assert found is not None
        self.origin = found[0]
        self.key = (self.folder / "first-key").read_text()

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """The exit code of a server that ends by itself, negative for a signal."""
        return self._ended()

    def call(self, method: str, path: str, **how: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.http.request(method, self.origin + path, headers=headers, **how)

    def submit(self, prompt: str, **body: object) -> str:
        answer = self.call("POST", SUBMIT, json={"prompt": prompt} | body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["task_id"])

    def task(self, task_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/api/v1/tasks/{task_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["data"]
        return found

    def until(self, task_id: str, *statuses: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while (task := self.task(task_id))["status"] not in statuses:
            assert time.monotonic() < deadline, f"waited in vain for {statuses}: {task}"
            time.sleep(0.05)
        return task

    def close(self) -> None:
        self.http.close()
        if self._process is not None:
            self.kill()

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._ended()

    def _ended(self) -> int:
        assert self._process is not None
        code = self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.close()


@pytest.fixture
def media_host(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on loopback that hands out a folder."""
    folder = tmp_path / "web"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep the test's output clean."""

    host = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{host.server_address[1]}", folder
    host.shutdown()
    host.server_close()


def test_a_result_is_downloaded_by_its_link_alone(server: Server) -> None:
    server.start()

    task = server.until(server.submit("a fox"), "success", "failed")

    video, poster = task["result"]["resources"]
    downloaded = server.http.get(video["url"])
    part = server.http.get(video["url"], headers={"Range": "bytes=4-11"})
    head = server.http.head(video["url"])
    assert hashlib.sha256(downloaded.content).hexdigest() == video["sha256"]
    assert (part.status_code, part.content) == (206, downloaded.content[4:12])
    assert int(head.headers["content-length"]) == video["size"] == len(downloaded.content)
    assert (video["role"], poster["role"]) == ("primary", "poster")
    assert httpx2.URL(video["url"]).path.endswith(".mp4")


def test_a_cancel_stops_the_work_itself(server: Server) -> None:
    server.start()
    task_id = server.submit("fake:seconds=600 fake:steps=6000")
    server.until(task_id, "processing")

    answer = server.call("POST", f"/api/v1/tasks/{task_id}/cancel")

    assert answer.status_code == 200
    assert server.until(task_id, "canceled", "success", "failed")["status"] == "canceled"
    next_task = server.submit("a fox")
    assert server.until(next_task, "success", "failed")["status"] == "success"


def test_a_server_told_to_stop_lets_running_work_end(server: Server) -> None:
    server.start()
    running = server.submit("fake:seconds=2")
    server.until(running, "processing")
    waiting = server.submit("fake:seconds=2")

    code = server.stop()
    server.start("--workers", "0")

    assert code == 0
    assert server.task(running)["status"] == "success"
    assert server.task(waiting)["status"] == "pending"


def test_a_worker_of_its_own_does_a_servers_tasks(server: Server) -> None:
    server.start("--workers", "0")
    task_id = server.submit("a fox")
    worker = subprocess.Popen(
        [sys.executable, "-m", "omnireel", "worker", "--data", str(server.folder)],
        env=os.environ | {"OMNIREEL_ENGINE": "omnireel.testing.fake_engine:FakeEngine"},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert server.until(task_id, "success", "failed")["status"] == "success"
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0


def test_inputs_come_inline_by_address_and_from_uploads(
    server: Server, media_host: tuple[str, Path], tmp_path: Path
) -> None:
    address, folder = media_host
    make_video(folder / "clip.mp4", width=640, height=360, fps=24, seconds=3.0)
    make_image(tmp_path / "photo.png", width=400, height=300)
    photo = (tmp_path / "photo.png").read_bytes()
    inline = base64.b64encode(photo).decode()
    server.start("--allow-private-network")
    uploaded = server.call("POST", "/api/v1/media/files", files={"file": ("photo.png", photo, "image/png")})

    tasks = [
        server.submit("fake:read", videos=[f"{address}/clip.mp4"]),
        server.submit("fake:read", videos=[base64.b64encode((folder / "clip.mp4").read_bytes()).decode()]),
        server.submit("fake:read", images=[inline, f"data:image/png;base64,{inline}"]),
        server.submit("fake:read", images=[uploaded.json()["data"]["url"]]),
    ]

    assert [server.until(task, "success", "failed")["status"] for task in tasks] == ["success"] * 4


def test_private_addresses_are_not_fetched_without_the_switch(
    server: Server, media_host: tuple[str, Path]
) -> None:
    address, folder = media_host
    make_video(folder / "clip.mp4", width=640, height=360, fps=24, seconds=3.0)
    server.start()

    task = server.until(server.submit("a fox", videos=[f"{address}/clip.mp4"]), "failed", "success")

    assert task["status"] == "failed"
    assert task["error"]["type"] == "fetch_failed"
    assert task["error"]["message"].startswith("parameter 'videos[0]': ")
    assert not task["error"]["retryable"]


def test_no_key_or_prompt_reaches_the_log(server: Server, tmp_path: Path) -> None:
    server.start()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")}
    log = tmp_path / "log"
    with log.open("w") as errors:
        second = subprocess.Popen(
            [sys.executable, "-m", "omnireel", "serve", "--port", "0", "--data", str(server.folder)],
            env=environment | {"OMNIREEL_ENGINE": "omnireel.testing.fake_engine:FakeEngine"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    assert second.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", second.stdout.readline())
    assert found is not None
    server.origin = found[0]
    server.until(server.submit("SECRETPROMPT fake:warn"), "success", "failed")
    server.call("POST", SUBMIT, content=b'{"prompt": 7, "images": ["SECRETPROMPT"]}')
    second.send_signal(signal.SIGTERM)
    second.stdout.close()
    assert second.wait(PATIENCE) == 0

    lines = log.read_text()
    assert [json.loads(line)["event"] for line in lines.splitlines() if "task submitted" in line]
    assert "SECRETPROMPT" not in lines
    assert server.key not in lines
