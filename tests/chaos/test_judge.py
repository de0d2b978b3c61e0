"""The judge finds every kind of broken promise: one that cannot would be content with anything."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.chaos.judge import judge
from tests.chaos.nursery import Nursery
from tests.chaos.places import TEAM
from tests.chaos.world import Ground, World

from omnireel.execution import scratch
from omnireel.models import Succeeded

pytestmark = pytest.mark.system


def change(world: World, statement: str, task_id: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(text(statement), {"task": task_id})


def video(world: World, task_id: str) -> Path:
    outcome = world.store.get(TEAM, task_id).outcome
    assert isinstance(outcome, Succeeded)
    return world.places.blobs().path(outcome.resources[0].key)


def test_what_was_kept_is_not_complained_about_and_each_broken_promise_is(
    nursery: Nursery, tmp_path: Path
) -> None:
    with Ground(tmp_path, nursery).world() as world:
        gone, failed, untold, twice, shared, free, cut, missing = world.submit(8)
        world.finish_everything()
        assert judge(world).faults == []

        change(world, "DELETE FROM task WHERE task_id = :task", gone)
        change(world, "UPDATE task SET status = 'failed' WHERE task_id = :task", failed)
        assert world.receiver is not None
        told = world.receiver.received
        told[:] = [came for came in told if came.headers["x-modellix-task-id"] != untold]
        change(world, "INSERT INTO ending VALUES (:task)", twice)
        world.history.acknowledged("key", shared)
        world.history.acknowledged("key", twice)
        change(world, "UPDATE task SET charged = 0 WHERE task_id = :task", free)
        whole = video(world, cut)
        whole.chmod(0o644)
        whole.write_bytes(whole.read_bytes()[:-1])
        video(world, missing).unlink()
        place = scratch.create(world.places.scratch)
        left = subprocess.Popen(["sleep", "60"], cwd=place.folder)
        try:
            verdict = judge(world)
        finally:
            left.kill()
            left.wait()
            place.remove()

    assert about(verdict.lost, gone, failed, untold)
    assert about(verdict.doubled, twice, f"key was answered with ['{twice}', '{shared}']")
    assert about(verdict.wrongly_charged, free)
    assert about(verdict.corrupt, cut, missing)
    assert about(verdict.orphans, str(left.pid), str(place.folder))


def about(sentences: list[str], *names: str) -> bool:
    return all(any(name in sentence for sentence in sentences) for name in names)
