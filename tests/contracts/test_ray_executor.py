from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.media_files import make_image
from tests.ray_cluster import RayCluster

from omnireel.app.executors import ray_executor
from omnireel.clock import SystemClock
from omnireel.execution.base import Executor, Made
from omnireel.execution.cluster.executor import RayExecutor
from omnireel.settings import EngineTable, Settings
from omnireel.storage.local import LocalBlobs
from omnireel.testing.executor import BLOB, FAKE, PATIENCE, SLOTS, ExecutorContract, attempt, ending_of

pytestmark = [pytest.mark.system, pytest.mark.slow]


def connected(executor: RayExecutor, places: int) -> RayExecutor:
    """Once the cluster has told that it has room."""
    deadline = time.monotonic() + PATIENCE
    while executor.capacity() < places:
        assert time.monotonic() < deadline, "the cluster never had room"
        time.sleep(0.05)
    return executor


def settings_for(folder: Path) -> Settings:
    return Settings(
        executor="ray",
        ray_attempts=SLOTS,
        engine=FAKE,
        engines={"card": EngineTable(kind="omnireel.testing.told_engine:CardEngine")},
        data=folder,
        kernel_folder=folder / "kernels",
        stop_grace_seconds=0.5,
    )


@pytest.fixture(scope="module")
def two_places(ray_nodes: RayCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayExecutor]:
    """One for all tests here: what one leaves behind would disturb the next."""
    folder = tmp_path_factory.mktemp("ray")
    blobs = LocalBlobs(folder / "files", base_url="", secret=b"", clock=SystemClock())
    blobs.put(BLOB, make_image(folder / "picture.png"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ray_nodes.environment.items():
            patch.setenv(name, value)
        executor = ray_executor(settings_for(folder), folder / "scratch")
        try:
            yield connected(executor, SLOTS)
        finally:
            executor.close()


class TestRayExecutor(ExecutorContract):
    @pytest.fixture
    def executor(self, two_places: RayExecutor) -> Iterator[Executor]:
        yield two_places  # noqa: PT022 - as the suite has it

    def test_what_is_logged_on_the_node_is_logged_here(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:fail"))
        with capture_logs() as logs:
            ending_of(handle)
        (line,) = [line for line in logs if line["event"] == "attempt_failed"]
        assert line["log_level"] == "warning"
        assert "told to fail" in line["ending"]
        handle.close()

    def test_an_engine_gets_the_card_that_it_says_it_needs(self, executor: Executor) -> None:
        # Ray believes what it is told of cards; there need not be one.
        handles = [executor.start(attempt("a cat fake:seconds=1", engine="card")) for _ in range(2)]
        for handle in handles:
            ending = ending_of(handle)
            assert isinstance(ending, Made)
            assert ending.warnings == ("cards 0",)
            handle.close()

    def test_closing_the_executor_ends_everything(self, executor: Executor) -> None:
        # The last one, for it is closed after it.
        super().test_closing_the_executor_ends_everything(executor)
