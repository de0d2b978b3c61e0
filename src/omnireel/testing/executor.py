"""What every executor must do. Subclass `ExecutorContract` and give it an `executor` fixture.

The fixture has two slots, allows the engine `FAKE` and keeps the blob `BLOB`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import count

import pytest

from omnireel.errors import Unavailable
from omnireel.execution.base import Attempt, Ending, Executor, Handle, Lost, Made
from omnireel.models import Failed, MediaKind, MediaRef, Stopped, VideoRequest

FAKE = "omnireel.testing.fake_engine:FakeEngine"
BLOB = "inputs/picture.png"
SLOTS = 2
PATIENCE = 60.0
"""How long any attempt here may take on a busy machine, seconds."""
PAUSE = 0.01

_numbers = count(1)


def attempt(
    prompt: str = "a cat", *, seed: int = 1, engine: str = FAKE, images: tuple[MediaRef, ...] = ()
) -> Attempt:
    """An attempt of the fake engine; the prompt steers it."""
    request = VideoRequest(model="kling/kling-video-o1", prompt=prompt, images=images)
    return Attempt(f"task-t2v-{next(_numbers)}", 1, request, engine, seed)


def ending_of(handle: Handle) -> Ending:
    """Polls until it ends. Fails the test when it does not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (ending := handle.poll()) is not None:
            return ending
        handle.confirm(handle.note)
        time.sleep(PAUSE)
    raise AssertionError("the attempt did not end")


def wait_until_working(handle: Handle, progress: float = 0.01) -> None:
    """Polls until the engine has reported."""
    deadline = time.monotonic() + PATIENCE
    while handle.progress.value < progress:
        assert handle.poll() is None, f"it ended early: {handle.poll()}"
        assert time.monotonic() < deadline, "it never reported"
        time.sleep(PAUSE)


class ExecutorContract:
    """Tests that any `Executor` passes."""

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        raise NotImplementedError("give the suite an executor")

    def test_an_attempt_makes_a_clip(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:frames=12"))
        ending = ending_of(handle)
        assert isinstance(ending, Made)
        assert ending.clip.frames == 12
        assert ending.clip.path.is_relative_to(handle.scratch)
        assert ending.clip.path.read_bytes()[4:8] == b"ftyp"
        assert ending.clip.poster.read_bytes().startswith(b"\xff\xd8")
        assert handle.progress.value == pytest.approx(1.0)
        handle.close()

    def test_an_attempt_has_the_note_it_was_given_until_it_asks_for_another(self, executor: Executor) -> None:
        handle = executor.start(replace(attempt("a cat fake:frames=12 fake:remember=7"), note="an order"))
        assert handle.note == "an order"
        assert isinstance(ending_of(handle), Made)
        assert handle.note == "note 7"
        handle.close()

    def test_an_attempt_that_only_calls_off_makes_nothing(self, executor: Executor) -> None:
        images = (MediaRef(MediaKind.IMAGE, f"blob:{BLOB}"),)
        order = replace(attempt("a cat fake:crash", images=images), note="an order", recall=True)
        handle = executor.start(order)
        assert ending_of(handle) == Stopped()
        assert not list((handle.scratch / "work").iterdir())
        handle.close()

    def test_a_spritesheet_is_made_where_it_is_wanted(self, executor: Executor) -> None:
        for wanted in (True, False):
            handle = executor.start(replace(attempt("a cat fake:frames=12"), spritesheet=wanted))
            ending = ending_of(handle)
            assert isinstance(ending, Made)
            sheet = ending.clip.spritesheet
            assert (sheet is not None) == wanted
            if sheet is not None:
                assert sheet.path.is_relative_to(handle.scratch)
                assert sheet.path.read_bytes().startswith(b"\xff\xd8")
                assert min(sheet.width, sheet.height) > 0
            handle.close()

    def test_the_seed_decides_the_bytes(self, executor: Executor) -> None:
        digests = []
        for seed in (1, 1, 2):
            handle = executor.start(attempt(seed=seed))
            ending = ending_of(handle)
            assert isinstance(ending, Made)
            digests.append(sha256(ending.clip.path.read_bytes()).hexdigest())
            handle.close()
        assert digests[0] == digests[1] != digests[2]

    def test_an_ending_stays_what_it_is(self, executor: Executor) -> None:
        handle = executor.start(attempt())
        ending = ending_of(handle)
        handle.stop()
        handle.kill()
        assert handle.poll() == ending
        handle.close()
        assert handle.poll() == ending

    def test_warnings_and_notes_come_through(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:warn fake:remember=7"))
        ending = ending_of(handle)
        assert isinstance(ending, Made)
        assert "the fake engine was told to warn" in ending.warnings
        assert handle.note == "note 7"
        handle.close()

    def test_an_engine_waits_until_its_note_is_stored(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:remember=7"))
        while not handle.note:
            assert handle.poll() is None
            time.sleep(PAUSE)
        before = handle.progress.value
        for _ in range(10):
            assert handle.poll() is None
            time.sleep(PAUSE)
        assert handle.progress.value == before
        handle.confirm("another note")
        assert handle.poll() is None
        assert isinstance(ending_of(handle), Made)
        handle.close()

    def test_a_stop_ends_an_engine_that_waits_for_its_note(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:remember=7"))
        while not handle.note:
            assert handle.poll() is None
            time.sleep(PAUSE)
        handle.stop()
        assert ending_of(handle) == Stopped()
        handle.close()

    def test_progress_only_grows(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:steps=20 fake:seconds=0.5"))
        seen = [0.0]
        while handle.poll() is None:
            seen.append(handle.progress.value)
            time.sleep(PAUSE)
        assert seen == sorted(seen)
        assert len(set(seen)) > 2
        handle.close()

    def test_slots_bound_the_attempts_at_once(self, executor: Executor) -> None:
        handles = [executor.start(attempt("a cat fake:hang")) for _ in range(SLOTS)]
        assert executor.capacity() == 0
        with pytest.raises(Unavailable):
            executor.start(attempt())
        handles[0].close()
        assert executor.capacity() == 1
        handles[1].close()
        assert executor.capacity() == SLOTS

    def test_a_stop_reaches_the_engine(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:seconds=60 fake:steps=600"))
        wait_until_working(handle)
        handle.stop()
        assert ending_of(handle) == Stopped()
        handle.close()

    def test_a_stop_before_the_engine_has_begun_is_not_lost(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:seconds=60 fake:steps=600"))
        handle.stop()
        assert ending_of(handle) == Stopped()
        handle.close()

    def test_a_deaf_engine_is_killed_after_the_grace_period(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:deaf"))
        wait_until_working(handle, 0.5)
        handle.stop()
        assert ending_of(handle) == Stopped()
        handle.close()

    def test_a_killed_attempt_is_lost(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:hang"))
        wait_until_working(handle)
        handle.kill()
        assert isinstance(handle.poll(), Lost)
        handle.close()

    def test_a_crash_is_the_machinerys_fault(self, executor: Executor) -> None:
        for words in ("fake:crash", "fake:leave=3"):
            handle = executor.start(attempt(f"a cat {words}"))
            assert isinstance(ending_of(handle), Lost)
            handle.close()

    def test_a_failure_is_the_requests_fault(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:fail"))
        assert ending_of(handle) == Failed("engine_failed", "the fake engine was told to fail")
        handle.close()

    def test_a_bug_in_an_engine_fails_without_its_inner_detail(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:bug"))
        assert ending_of(handle) == Failed("engine_failed", "the engine broke: ZeroDivisionError")
        handle.close()

    def test_a_clip_outside_the_scratch_folder_is_not_believed(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:lie"))
        assert isinstance(ending_of(handle), Lost)
        handle.close()

    @pytest.mark.parametrize(
        "name", ["nobody", "os:system", "omnireel.testing.fake_engine:Nothing", "no.such:Engine"]
    )
    def test_an_engine_that_is_not_there_or_not_allowed_fails(self, executor: Executor, name: str) -> None:
        handle = executor.start(attempt(engine=name))
        ending = ending_of(handle)
        assert isinstance(ending, Failed)
        assert ending.type == "engine_unavailable"
        handle.close()

    def test_a_stored_input_is_given_to_the_engine(self, executor: Executor) -> None:
        handle = executor.start(
            attempt("a cat fake:read", images=(MediaRef(MediaKind.IMAGE, f"blob:{BLOB}"),))
        )
        assert isinstance(ending_of(handle), Made)
        handle.close()

    def test_an_input_that_is_gone_fails(self, executor: Executor) -> None:
        handle = executor.start(attempt(images=(MediaRef(MediaKind.IMAGE, "blob:inputs/gone.png"),)))
        ending = ending_of(handle)
        assert isinstance(ending, Failed)
        assert ending.type == "fetch_failed"
        handle.close()

    def test_closing_gives_back_the_scratch_folder(self, executor: Executor) -> None:
        for words in ("", "fake:fail", "fake:crash"):
            handle = executor.start(attempt(f"a cat {words}"))
            ending_of(handle)
            handle.close()
            handle.close()
            assert not handle.scratch.exists()

    def test_closing_the_executor_ends_everything(self, executor: Executor) -> None:
        handle = executor.start(attempt("a cat fake:hang"))
        wait_until_working(handle)
        executor.close()
        assert isinstance(handle.poll(), Lost)
        assert not handle.scratch.exists()
