"""Two servers, a database and a bucket on a Ray of two nodes: each of these is away for a while."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.cluster.stage import Stage, stage
from tests.cluster.watching import Watched
from tests.postgres_server import programs

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(400)]
pytest.importorskip("ray", reason="Ray is not installed; pip install 'omnireel[ray]'")

PATIENCE = 240.0
WORK = "a pond fake:seconds=2 fake:steps=20"
AWAY_SECONDS = 3.0
CHILD = "omnireel.execution.child"


@pytest.fixture(scope="module")
def scene() -> Iterator[Stage]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt install postgresql")
    with stage(cpus=2, lease=10) as opened:
        yield opened


def begun(scene: Stage, wanted: int, prompt: str = WORK) -> Watched:
    """Tasks of both servers, some of which are worked on."""
    names = [scene.servers[number % 2].submit(prompt) for number in range(wanted)]
    watched = Watched(scene.database, names)
    watched.until(lambda: len(watched.running()) >= 2, PATIENCE)
    return watched


def judge(watched: Watched) -> None:
    """All made, all once."""
    watched.until(lambda: all(watched.status.get(name) == "success" for name in watched.names), PATIENCE)
    endings = watched.endings()
    assert {endings[name] for name in watched.names} == {1}


def test_a_database_that_dies_and_comes_back_costs_no_task(scene: Stage) -> None:
    watched = begun(scene, 6)
    scene.postgres.kill()
    time.sleep(AWAY_SECONDS)
    scene.postgres.start()
    scene.database.dispose()
    judge(watched)


def test_a_bucket_that_is_away_for_a_while_costs_no_task(scene: Stage) -> None:
    watched = begun(scene, 6)
    scene.to_bucket.cut()
    time.sleep(AWAY_SECONDS)
    scene.to_bucket.mend()
    judge(watched)


def test_a_node_that_is_cut_off_and_comes_back_ends_nothing_twice(scene: Stage) -> None:
    watched = begun(scene, 8, "a pond fake:seconds=8 fake:steps=20")
    watched.until(lambda: bool(scene.second.find(CHILD)), PATIENCE)
    scene.second.freeze()
    watched.look()
    # Its attempts are lost to everybody and made again by the other node, while it still has them.
    later = {(name, attempt + 1) for name, attempt in watched.running().items()}
    watched.until(lambda: not later.isdisjoint(watched.seen), PATIENCE)
    scene.second.thaw()
    judge(watched)
