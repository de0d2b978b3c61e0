from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.media_files import make_image

from omnireel.clock import SystemClock
from omnireel.execution.base import Executor
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.media.sandbox import SandboxMode
from omnireel.storage.local import LocalBlobs
from omnireel.testing.executor import BLOB, FAKE, SLOTS, ExecutorContract


def local_executor(folder: Path, mode: SandboxMode) -> LocalExecutor:
    blobs = LocalBlobs(folder / "blobs", base_url="http://localhost", secret=b"s", clock=SystemClock())
    blobs.put(BLOB, make_image(folder / "picture.png"))
    return LocalExecutor(
        folder / "scratch",
        blobs,
        slots=SLOTS,
        cache=folder / "cache",
        limits=LocalLimits(stop_grace_seconds=0.5),
        sandbox_mode=mode,
        engines=[FAKE],
    )


class TestLocalExecutor(ExecutorContract):
    @pytest.fixture
    def executor(self, tmp_path: Path) -> Iterator[Executor]:
        executor = local_executor(tmp_path, "auto")
        yield executor
        executor.close()


class TestLocalExecutorWithoutSandbox(ExecutorContract):
    @pytest.fixture
    def executor(self, tmp_path: Path) -> Iterator[Executor]:
        executor = local_executor(tmp_path, "off")
        yield executor
        executor.close()
