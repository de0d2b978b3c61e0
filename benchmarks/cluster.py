"""What more nodes are worth: tasks of a fixed length on one Ray node, then on four.

    python -m benchmarks.cluster [--seconds 20] [--tasks 3] [--nodes 4]

The engine sleeps, so that the processors of this machine do not decide. A real dispatcher works on
a SQLite file; each node has room for one attempt. Prints tasks a minute and the efficiency: the share of
`nodes` times one node's work that was done. Exits with 1 when it is less than 0.9.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from sqlalchemy import Engine, func, select
from tests.ray_cluster import ray_cluster

from omnireel.app.executors import ray_executor
from omnireel.clock import SystemClock
from omnireel.execution.cluster.executor import RayExecutor
from omnireel.models import TaskStatus, VideoRequest
from omnireel.settings import Settings
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.database import open_database
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask
from omnireel.tasks.tables import task
from omnireel.testing.executor import FAKE

LEAST = 0.9
_PATIENCE = 600.0
_numbers = count(1)


class Bench:
    """A queue, and a dispatcher that works on it through a cluster."""

    def __init__(self, folder: Path) -> None:
        self._engine: Engine = open_database(str(folder / "omnireel.db"))
        self._store = SqlTaskStore(self._engine, lease=timedelta(seconds=30))
        blobs = LocalBlobs(folder / "files", base_url="", secret=b"s", clock=SystemClock())
        settings = Settings(executor="ray", engine=FAKE, data=folder, kernel_folder=folder / "kernels")
        self._executor: RayExecutor = ray_executor(settings, folder / "scratch")
        self._dispatcher = Dispatcher(self._store, self._executor, blobs, worker="bench")
        self._stop = Event()
        self._thread = Thread(target=self._dispatcher.run, args=(self._stop,))

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._executor.close()
        self._engine.dispose()

    def until_room_for(self, places: int) -> None:
        _until(lambda: self._executor.capacity() >= places)

    def run(self, tasks: int, seconds: float) -> float:
        """Have so many tasks of this length done; how long all of it took, seconds."""
        names = [f"task-t2v-{next(_numbers)}" for _ in range(tasks)]
        began = time.monotonic()
        for name in names:
            request = VideoRequest("kling/kling-video-o1", f"a pond fake:seconds={seconds:g} fake:frames=2")
            self._store.add(NewTask(name, "team", request, FAKE, 7))
        _until(lambda: self._succeeded(names) == tasks)
        return time.monotonic() - began

    def _succeeded(self, names: list[str]) -> int:
        done = task.c.status == TaskStatus.SUCCESS
        query = select(func.count()).select_from(task).where(done, task.c.task_id.in_(names))
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing happened for {_PATIENCE:g} s")
        time.sleep(0.05)


@contextmanager
def bench(environment: dict[str, str]) -> Iterator[Bench]:
    os.environ |= environment
    with TemporaryDirectory(prefix="omnireel-bench-") as folder:
        opened = Bench(Path(folder))
        opened.open()
        try:
            yield opened
        finally:
            opened.close()


def main() -> int:
    asked = _arguments()
    with ray_cluster(cpus=0) as cluster, bench(cluster.environment) as queue:
        rates = {}
        for nodes in (1, asked.nodes):
            while len(cluster.nodes) <= nodes:
                cluster.add(1)
            queue.until_room_for(nodes)
            # A first round, so that every node has its host and its kernels.
            queue.run(nodes, 0.5)
            tasks = nodes * asked.tasks
            took = queue.run(tasks, asked.seconds)
            rates[nodes] = 60 * tasks / took
            print(f"{nodes} nodes: {tasks} tasks of {asked.seconds:g} s in {took:.1f} s", flush=True)
    efficiency = rates[asked.nodes] / rates[1] / asked.nodes
    print(f"{rates[1]:.1f} and {rates[asked.nodes]:.1f} tasks a minute: efficiency {efficiency:.2f}")
    return 0 if efficiency >= LEAST else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a task")
    parser.add_argument("--tasks", type=int, default=3, help="tasks for each node")
    parser.add_argument("--nodes", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
