"""A service on a Ray of several nodes, parts of which are killed: nothing is lost, nothing comes twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import psutil
import pytest
from tests.chaos.world import ENDINGS
from tests.ray_cluster import RayCluster, ray_cluster
from tests.real_server import clean_environment
from tests.system.test_server import Server

from omnireel.execution import scratch

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(300)]
pytest.importorskip("ray", reason="Ray is not installed; pip install 'omnireel[ray]'")

PATIENCE = 150.0
WORK = "fake:seconds=3 fake:steps=30"
CHILD = "omnireel.execution.child"
HOST = "ray::AttemptHost"
BRIDGE = "omnireel.execution.cluster.bridge"


class Service:
    """A server whose attempts run on a cluster; its database itself counts endings."""

    def __init__(self, folder: Path, cluster: RayCluster) -> None:
        self.cluster = cluster
        self.server = Server(folder / "data")
        self.start()
        with closing(sqlite3.connect(self.server.folder / "omnireel.db")) as database:
            for statement in ENDINGS["sqlite"]:
                database.execute(statement)

    def start(self) -> None:
        self.server.start(
            OMNIREEL_EXECUTOR="ray", OMNIREEL_REQUESTS_PER_MINUTE="100000", **self.cluster.environment
        )

    def submit(self, wanted: int, prompt: str = WORK) -> list[str]:
        return [self.server.submit(f"a pond {prompt}") for _ in range(wanted)]

    def until_working(self, names: list[str], wanted: int) -> None:
        until(lambda: sum(self.server.task(name).get("progress", 0) > 0 for name in names) >= wanted)

    def look(self, *flags: str) -> str:
        """What `omnireel cluster status` prints."""
        return subprocess.run(
            [sys.executable, "-m", "omnireel", "cluster", "status", "--data", self.server.folder, *flags],
            env=clean_environment(**self.cluster.environment), capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def judge(self, names: list[str]) -> None:
        """All made, all once, nothing left over."""
        for name in names:
            task = self.server.until(name, "success", "failed")
            assert task["status"] == "success", task
            video = task["result"]["resources"][0]
            assert hashlib.sha256(httpx2.get(video["url"]).content).hexdigest() == video["sha256"]
        for name in names:
            assert self._endings(name) == 1
        until(self._tidy)

    def _tidy(self) -> bool:
        """Whether a sweep like the janitor's leaves nothing, and no process works for nobody."""
        place = self.server.folder / "scratch"
        scratch.sweep(place)
        return not find(CHILD) and not [*place.glob("*")]

    def _endings(self, name: str) -> int:
        with closing(sqlite3.connect(self.server.folder / "omnireel.db")) as database:
            counted = database.execute("SELECT count(*) FROM ending WHERE task_id = ?", (name,))
            return int(counted.fetchone()[0])


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def find(word: str) -> list[psutil.Process]:
    """Processes of ours, or of our nodes, with a word in their command line."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if word in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    with ray_cluster(cpus=0) as cluster:
        cluster.add(2)
        yield cluster


@pytest.fixture
def service(tmp_path: Path, cluster: RayCluster) -> Iterator[Service]:
    service = Service(tmp_path, cluster)
    yield service
    service.server.close()


def test_a_process_that_is_killed_costs_an_attempt(service: Service) -> None:
    names = service.submit(4)
    for word in (CHILD, HOST, BRIDGE):
        until(lambda: len(find(CHILD)) >= 2)
        find(word)[0].kill()
    service.judge(names)


def test_a_server_that_is_killed_takes_its_attempts_with_it(service: Service) -> None:
    names = service.submit(3)
    service.until_working(names, 2)
    service.server.kill()
    until(lambda: not find(CHILD))
    service.start()
    service.judge(names)


def test_a_drain_lets_attempts_end(service: Service) -> None:
    names = service.submit(2)
    service.until_working(names, 2)
    assert service.server.stop() == 0
    service.start()
    attempts = [service.server.task(name)["status"] for name in names]
    assert attempts == ["success"] * 2
    service.judge(names)


def test_a_look_shows_what_runs_where_and_a_cancel_reaches_it(service: Service) -> None:
    names = service.submit(1, "fake:seconds=600 fake:steps=6000")
    service.until_working(names, 1)
    told = json.loads(service.look("--json"))
    alive = {node["node"]: node for node in told["nodes"] if node["alive"]}
    (host,) = [host for host in told["hosts"] if host["task"]]
    assert host["task"] == names[0]
    assert alive[host["node"]]["total"]["CPU"] == 2.0
    assert told["queue"]["processing"] == 1
    assert names[0] in service.look()
    service.server.call("POST", f"/api/v1/tasks/{names[0]}/cancel")
    assert service.server.until(names[0], "canceled")["status"] == "canceled"
    until(lambda: not find(CHILD))


def test_a_node_that_joins_takes_work_and_one_that_dies_loses_none(service: Service) -> None:
    names = service.submit(8)
    service.until_working(names, 2)
    joined = service.cluster.add(2)

    def taken() -> bool:
        # A machine may be slower to join than the others are to do all the work there is.
        if all(service.server.task(name)["status"] != "pending" for name in names):
            names.extend(service.submit(2))
        return bool(joined.find(CHILD))

    until(taken)
    joined.kill("raylet/raylet")
    service.judge(names)


def test_a_head_that_dies_and_comes_again_loses_no_task(service: Service) -> None:
    names = service.submit(3)
    service.until_working(names, 2)
    service.cluster.head.kill()
    service.cluster.start_head(0)
    service.cluster.add(2)
    service.judge(names)
