"""The process that keeps models loaded, with real attempts in their boxes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from omnireel.clock import SystemClock
from omnireel.execution.base import Attempt, Ending, Lost, Made
from omnireel.execution.local import LocalExecutor
from omnireel.models import Failed, Stopped
from omnireel.storage.local import LocalBlobs
from omnireel.testing.executor import PATIENCE, attempt, ending_of, wait_until_working

ENGINE = "omnireel.testing.model_engine:ModelEngine"
OTHER = "omnireel.testing.model_engine:OtherModelEngine"
ELSEWHERE = "omnireel.testing.model_engine:ElsewhereModelEngine"


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[LocalExecutor]:
    made = LocalExecutor(
        tmp_path / "scratch",
        LocalBlobs(tmp_path / "blobs", base_url="http://localhost", secret=b"s", clock=SystemClock()),
        slots=2,
        cache=tmp_path / "cache",
        engines=(ENGINE, OTHER, ELSEWHERE),
    )
    yield made
    made.close()


def asked(prompt: str = "a cat", engine: str = ENGINE) -> Attempt:
    return attempt(prompt, engine=engine)


def done(executor: LocalExecutor, wanted: Attempt) -> Ending:
    handle = executor.start(wanted)
    try:
        return ending_of(handle)
    finally:
        handle.close()


def model_of(ending: Ending) -> tuple[int, int]:
    """The model's process and how many answers it has given."""
    assert isinstance(ending, Made), ending
    [warning] = ending.warnings
    _, pid, answered = warning.split()
    return int(pid), int(answered)


def until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.02)


def test_a_model_stays_loaded_between_attempts(executor: LocalExecutor) -> None:
    first, second = model_of(done(executor, asked())), model_of(done(executor, asked()))
    assert first == (first[0], 1)
    assert second == (first[0], 2)


def test_another_model_takes_the_place_of_the_first(executor: LocalExecutor) -> None:
    first = model_of(done(executor, asked()))
    assert model_of(done(executor, asked(engine=OTHER))) == (first[0], 1)
    assert model_of(done(executor, asked())) == (first[0], 1)


def test_a_model_in_another_place_has_a_process_of_its_own_and_waits_for_nobody(
    executor: LocalExecutor,
) -> None:
    busy = executor.start(asked("a cat model:slow"))
    wait_until_working(busy, 0.4)
    first = model_of(done(executor, asked(engine=ELSEWHERE)))
    assert model_of(done(executor, asked(engine=ELSEWHERE))) == (first[0], 2)
    assert busy.poll() is None
    busy.close()


def test_attempts_side_by_side_take_turns(executor: LocalExecutor) -> None:
    handles = [executor.start(asked()) for _ in range(2)]
    answered = sorted(model_of(ending_of(handle))[1] for handle in handles)
    assert answered == [1, 2]
    for handle in handles:
        handle.close()


def test_a_cancel_frees_the_model_for_the_next(executor: LocalExecutor) -> None:
    handle = executor.start(asked("a cat model:slow"))
    wait_until_working(handle, 0.4)
    handle.stop()
    assert isinstance(ending_of(handle), Stopped)
    handle.close()
    assert model_of(done(executor, asked()))[1] == 2


def test_a_killed_attempt_frees_the_model_for_the_next(executor: LocalExecutor) -> None:
    handle = executor.start(asked("a cat model:slow"))
    wait_until_working(handle, 0.4)
    handle.kill()
    assert isinstance(ending_of(handle), Lost)
    handle.close()
    assert model_of(done(executor, asked()))[1] == 2


def test_who_waits_for_the_model_can_be_canceled(executor: LocalExecutor) -> None:
    first = executor.start(asked("a cat model:slow"))
    wait_until_working(first, 0.4)
    second = executor.start(asked())
    deadline = time.monotonic() + PATIENCE
    while second.progress.note != "waiting for the model":
        assert second.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    second.stop()
    assert isinstance(ending_of(second), Stopped)
    for handle in (first, second):
        handle.close()


@pytest.mark.parametrize(
    ("word", "type_", "retryable"),
    [
        ("fail", "engine_failed", False),
        ("bug", "engine_failed", False),
    ],
)
def test_a_model_that_fails_fails_the_attempt_and_goes_on(
    word: str, type_: str, retryable: bool, executor: LocalExecutor
) -> None:
    ending = done(executor, asked(f"a cat model:{word}"))
    assert isinstance(ending, Failed)
    assert (ending.type, ending.retryable) == (type_, retryable)
    assert model_of(done(executor, asked()))[1] == 2


def test_a_model_that_crashes_loses_the_attempt_and_is_loaded_again(executor: LocalExecutor) -> None:
    before = model_of(done(executor, asked()))
    ending = done(executor, asked("a cat model:crash"))
    assert isinstance(ending, Lost)
    assert "model's process is gone" in ending.reason
    after = model_of(done(executor, asked()))
    assert after[0] != before[0]
    assert after[1] == 1


def test_nothing_of_a_prompt_is_in_the_log_of_a_crash(executor: LocalExecutor) -> None:
    with capture_logs() as logs:
        done(executor, asked("my grandmother's secret recipe model:crash"))
        deadline = time.monotonic() + PATIENCE
        while not (gone := [line for line in logs if line["event"] == "model_process_gone"]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert "cannot make sense of" in gone[0]["stderr"]
    assert "recipe" not in str(logs)


def test_a_broken_device_gets_a_new_process(executor: LocalExecutor) -> None:
    before = model_of(done(executor, asked()))
    assert done(executor, asked("a cat model:break")) == Lost("the device gives errors")
    until_gone(before[0])
    assert model_of(done(executor, asked())) != before


def test_a_killed_model_process_is_replaced(executor: LocalExecutor) -> None:
    before = model_of(done(executor, asked()))
    os.kill(before[0], signal.SIGKILL)
    until_gone(before[0])
    assert model_of(done(executor, asked()))[0] != before[0]


def test_the_model_process_ends_with_the_executor(executor: LocalExecutor) -> None:
    pid, _ = model_of(done(executor, asked()))
    executor.close()
    until_gone(pid)
