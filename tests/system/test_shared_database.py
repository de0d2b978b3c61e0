"""A server and a worker, each a process, that share nothing but PostgreSQL and a folder of files."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.postgres_server import PASSWORD
from tests.system.test_server import Server

pytestmark = [pytest.mark.system, pytest.mark.slow]


@contextmanager
def worker(folder: Path, place: str | dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`omnireel worker` on a data folder and a database, or with settings of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")}
    environment |= {"OMNIREEL_DATABASE": place} if isinstance(place, str) else place
    environment |= {
        "OMNIREEL_ENGINE": "omnireel.testing.fake_engine:FakeEngine",
        "OMNIREEL_LEASE_SECONDS": "1.5",
        "OMNIREEL_HEARTBEAT_SECONDS": "0.4",
    }
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "omnireel", "worker", "--data", str(folder)],
            cwd=folder.parent, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        yield process
        process.terminate()
        assert process.wait(60) in {0, -signal.SIGKILL}
    finally:
        process.kill()
        process.wait(60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.close()


def test_a_worker_of_another_process_makes_the_servers_videos(
    server: Server, postgres_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    server.start("--workers", "0", OMNIREEL_DATABASE=postgres_url)
    waiting = server.submit("a fox")
    assert server.task(waiting)["status"] == "pending"
    with worker(server.folder, postgres_url, log):
        ended = [server.until(name, "success", "failed") for name in (waiting, server.submit("a hare"))]

    for task in ended:
        assert task["status"] == "success", task
        video = task["result"]["resources"][0]
        content = server.http.get(video["url"]).content
        assert content[4:8] == b"ftyp"
        assert hashlib.sha256(content).hexdigest() == video["sha256"]
    assert server.stop() == 0
    assert not (server.folder / "omnireel.db").exists()
    assert PASSWORD not in log.read_text()


def test_a_worker_that_is_killed_is_replaced_by_another(
    server: Server, postgres_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    server.start("--workers", "0", OMNIREEL_DATABASE=postgres_url)
    task_id = server.submit("fake:seconds=600 fake:steps=6000")
    with worker(server.folder, postgres_url, log) as killed:
        server.until(task_id, "processing")
        killed.kill()
    with worker(server.folder, postgres_url, log):
        server.call("POST", f"/api/v1/tasks/{task_id}/cancel")
        assert server.until(task_id, "canceled")["status"] == "canceled"
        assert server.until(server.submit("a hare"), "success", "failed")["status"] == "success"
