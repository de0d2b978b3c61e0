"""The judge finds each kind of broken promise; one that finds nothing would be satisfied with everything."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.chaos.judge import judge
from tests.chaos.nursery import Nursery
from tests.chaos.world import Ground, World

from omnireel.execution import scratch
from omnireel.models import Succeeded

pytestmark = pytest.mark.system

Break = Callable[[World, str], object]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[World]:
    with Ground(tmp_path_factory.mktemp("judged"), nursery).world() as world:
        world.submit(12)
        world.finish_everything()
        yield world


def run(statement: str) -> Break:
    def change(world: World, task_id: str) -> None:
        with world.engine.begin() as connection:
            connection.execute(text(statement), {"task": task_id})

    return change


def video(world: World, task_id: str) -> Path:
    outcome = world.store.get("team", task_id).outcome
    assert isinstance(outcome, Succeeded)
    path = world.places.blobs().path(outcome.resources[0].key)
    path.chmod(0o644)
    return path


def leave_a_process(world: World, task_id: str) -> None:
    """In a folder that its owner still holds."""
    place = scratch.create(world.places.scratch)
    left = subprocess.Popen(["sleep", "60"], cwd=place.folder)
    world.at_the_end(lambda: (left.kill(), left.wait(), place.remove()))


BREAKS: dict[str, tuple[str, Break]] = {
    "a task that vanished": ("lost", run("DELETE FROM task WHERE task_id = :task")),
    "a task that failed": ("lost", run("UPDATE task SET status = 'failed' WHERE task_id = :task")),
    "a webhook nobody got": ("lost", lambda world, task_id: _forget(world, task_id)),
    "a second ending": ("doubled", run("INSERT INTO ending VALUES (:task)")),
    "a key with two tasks": ("doubled", lambda world, task_id: world.history.acknowledged("k", task_id)),
    "a success for nothing": (
        "wrongly_charged",
        run("UPDATE task SET charged = 0 WHERE task_id = :task"),
    ),
    "a file cut short": ("corrupt", lambda world, task_id: video(world, task_id).write_bytes(b"mp4")),
    "a file that is gone": ("corrupt", lambda world, task_id: video(world, task_id).unlink()),
    "a process": ("orphans", leave_a_process),
}
