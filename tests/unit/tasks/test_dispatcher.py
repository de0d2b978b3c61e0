from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from omnireel.clock import SystemClock
from omnireel.execution.base import Lost, Made
from omnireel.models import (
    Clip,
    Failed,
    PassedOver,
    Progress,
    Stopped,
    Succeeded,
    Task,
    TaskStatus,
    VideoRequest,
)
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.bell import Bell, bell_of
from omnireel.tasks.dispatcher import Dispatcher, ring_window
from omnireel.tasks.route import NOWHERE_ELSE, Route, Stop
from omnireel.tasks.running import Rhythm, backoff
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import Claim, NewTask, Origin, Wishes
from omnireel.tasks.workers import Workers
from omnireel.testing.fake_executor import FakeExecutor, FakeHandle

QUICK = Rhythm(
    poll=0.01, claim=0.02, cancel=0.05, progress=0.05, heartbeat=0.1, retry=0.02, drain=0.3, stop=0.3
)
LEASE = timedelta(seconds=1)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that must come, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.01)


class Works:
    """A dispatcher at work in a thread of its own, and all it works with."""

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        *,
        slots: int = 4,
        obedient: bool = True,
        ring: Callable[[], None] = lambda: None,
    ) -> None:
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        self.engine = engine
        self.store = SqlTaskStore(engine, lease=LEASE, ring=ring)
        self.blobs = LocalBlobs(folder / "files", base_url="http://x", secret=b"s", clock=SystemClock())
        self.executor = FakeExecutor(scratch, slots=slots, obedient=obedient)
        self.stop = Event()
        self.thread: Thread | None = None

    def start(
        self, *, store: SqlTaskStore | None = None, rhythm: Rhythm = QUICK, bell: Bell | None = None
    ) -> None:
        dispatcher = Dispatcher(
            store or self.store, self.executor, self.blobs, worker="worker-1", rhythm=rhythm, bell=bell
        )
        self.thread = Thread(target=dispatcher.run, args=(self.stop,))
        self.thread.start()

    def finish(self) -> None:
        self.stop.set()
        if self.thread is not None:
            self.thread.join(20)
            assert not self.thread.is_alive()

    def submit(self, task_id: str, *notes: str, route: Route = NOWHERE_ELSE) -> None:
        request = VideoRequest("kling/kling-video-o1", "a pond", notes=notes)
        self.store.add(NewTask(task_id, "team", request, "fake", 7, route=route))

    def task(self, task_id: str) -> Task:
        return self.store.get("team", task_id)

    def until_status(self, task_id: str, status: TaskStatus) -> Task:
        until(lambda: self.store.get("team", task_id).status is status, f"{task_id} {status}")
        return self.task(task_id)

    def handle(self, number: int) -> FakeHandle:
        """The attempt started as number so-and-so, the first being 1."""
        until(lambda: len(self.executor.handles) >= number, f"attempt {number}")
        return self.executor.handles[number - 1]

    def stored(self) -> set[str]:
        return {info.key for info in self.blobs.list("")}


@pytest.fixture
def works(engine: Engine, tmp_path: Path) -> Iterator[Works]:
    works = Works(engine, tmp_path)
    yield works
    works.finish()


def test_a_made_clip_is_published_and_then_the_task_succeeds(works: Works) -> None:
    works.start()
    works.submit("t1", "unknown field 'style'")
    handle = works.handle(1)
    assert (handle.attempt.task_id, handle.attempt.number, handle.attempt.seed) == ("t1", 1, 7)
    assert works.task("t1").status is TaskStatus.PROCESSING
    handle.make(b"pixels" * 100_000, warnings=("no sound", "unknown field 'style'"))
    outcome = works.until_status("t1", TaskStatus.SUCCESS).outcome
    assert isinstance(outcome, Succeeded)
    assert (outcome.engine, outcome.seed, outcome.shots[0].frames) == ("fake", 7, 48)
    assert outcome.warnings == ("unknown field 'style'", "no sound")
    for resource in outcome.resources:
        content = works.blobs.path(resource.key).read_bytes()
        assert (resource.size, resource.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    clip, poster = outcome.resources
    assert (clip.type, clip.role, clip.width, clip.height) == ("video", "primary", 1280, 720)
    assert (clip.duration, clip.fps, poster.type, poster.role) == (2.0, 24.0, "image", "poster")
    assert [Path(resource.key).name for resource in outcome.resources] == ["t1.mp4", "t1.jpg"]
    until(lambda: handle.closed, "scratch given back")


def test_a_spritesheet_is_wanted_for_whom_it_may_be_asked_and_published(works: Works) -> None:
    works.submit("plain")
    openai = NewTask("openai", "team", VideoRequest("kling/kling-video-o1", "a pond"), "fake", 7)
    works.store.add(replace(openai, origin=Origin("openai")))
    works.start()
    plain, handle = works.handle(1), works.handle(2)
    assert (plain.attempt.spritesheet, handle.attempt.spritesheet) == (False, True)
    handle.make(b"pixels", stills=b"stills")
    outcome = works.until_status("openai", TaskStatus.SUCCESS).outcome
    assert isinstance(outcome, Succeeded)
    last = outcome.resources[-1]
    assert (last.role, last.type, last.width, last.height) == ("spritesheet", "image", 320, 180)
    assert Path(last.key).name == "openai.spritesheet.jpg"
    assert works.blobs.path(last.key).read_bytes() == b"stills"


def test_no_more_is_claimed_than_there_is_room_for(engine: Engine, tmp_path: Path) -> None:
    works = Works(engine, tmp_path, slots=2)
    for n in range(4):
        works.submit(f"t{n}")
    works.start()
    works.handle(2)
    time.sleep(0.2)
    assert [works.task(f"t{n}").status for n in range(4)] == [TaskStatus.PROCESSING] * 2 + [
        TaskStatus.PENDING
    ] * 2
    works.handle(1).make()
    works.until_status("t2", TaskStatus.PROCESSING)
    assert works.task("t3").status is TaskStatus.PENDING
    works.finish()


def test_progress_is_written_and_the_lease_outlives_itself(works: Works) -> None:
    works.start()
    works.submit("t1")
    handle = works.handle(1)
    handle.progress = Progress(0.25, "modelling")
    until(lambda: works.task("t1").progress == Progress(0.25, "modelling"), "progress")
    time.sleep(1.5 * LEASE.total_seconds())
    assert works.store.claim("other") is None
    handle.make()
    works.until_status("t1", TaskStatus.SUCCESS)


def test_a_failure_of_the_engine_is_final(works: Works) -> None:
    works.start()
    works.submit("t1")
    works.handle(1).ending = Failed("invalid_media", "image 1 is not a picture")
    task = works.until_status("t1", TaskStatus.FAILED)
    assert task.outcome == Failed("invalid_media", "image 1 is not a picture")
    assert task.attempt == 1


def test_a_lost_attempt_is_tried_again_and_succeeds(works: Works) -> None:
    works.start()
    works.submit("t1")
    works.handle(1).ending = Lost("the child was killed")
    works.handle(2).make(b"second try")
    task = works.until_status("t1", TaskStatus.SUCCESS)
    assert task.attempt == 2
    assert len(works.stored()) == 2


def test_three_lost_attempts_are_enough(works: Works) -> None:
    works.start()
    works.submit("t1")
    for number in (1, 2, 3):
        works.handle(number).ending = Lost("out of memory")
    outcome = works.until_status("t1", TaskStatus.FAILED).outcome
    assert isinstance(outcome, Failed)
    assert (outcome.type, outcome.retryable) == ("worker_lost", True)
    assert "out of memory" in outcome.message


def test_what_an_attempt_remembers_reaches_the_next_even_when_it_dies_at_once(works: Works) -> None:
    works.start()
    works.submit("t1")
    first = works.handle(1)
    first.note = "upstream-42"
    first.ending = Lost("killed")
    second = works.handle(2)
    assert second.attempt.note == "upstream-42"
    second.progress = Progress(0.5)
    until(lambda: works.task("t1").progress.value == 0.5, "progress")
    second.ending = Lost("killed")
    assert works.handle(3).attempt.note == "upstream-42"


def test_another_engine_makes_what_the_first_could_not(works: Works) -> None:
    works.start()
    works.submit("t1", route=Route(ahead=(Stop("second"), Stop("third"))))
    works.handle(1).ending = Failed("engine_unavailable", "nobody answers")
    second = works.handle(2)
    assert (second.attempt.engine, second.attempt.number) == ("second", 1)
    second.make(b"pixels")
    outcome = works.until_status("t1", TaskStatus.SUCCESS).outcome
    assert isinstance(outcome, Succeeded)
    assert (outcome.engine, outcome.passed_over) == ("second", (PassedOver("fake", "nobody answers"),))


def test_what_may_have_been_paid_for_is_not_made_by_another_engine(works: Works) -> None:
    works.start()
    works.submit("t1", route=Route(ahead=(Stop("second"),)))
    works.handle(1).ending = Failed("outcome_unknown", "nobody can tell")
    outcome = works.until_status("t1", TaskStatus.FAILED).outcome
    assert outcome == Failed("outcome_unknown", "nobody can tell")


def test_an_engine_that_is_down_is_left_alone_while_there_are_others(works: Works) -> None:
    works.start()
    for number in (1, 2, 3):
        works.submit(f"t{number}", route=Route(ahead=(Stop("second"),)))
        works.handle(2 * number - 1).ending = Failed("engine_unavailable", "nobody answers")
        works.handle(2 * number).make(b"pixels")
        works.until_status(f"t{number}", TaskStatus.SUCCESS)
    works.submit("t4", route=Route(ahead=(Stop("second"),)))
    works.submit("t5")
    handles = {handle.attempt.task_id: handle for handle in (works.handle(7), works.handle(8))}
    assert handles["t4"].attempt.engine == "second"
    assert handles["t5"].attempt.engine == "fake"
    handles["t4"].make(b"pixels")
    outcome = works.until_status("t4", TaskStatus.SUCCESS).outcome
    assert isinstance(outcome, Succeeded)
    assert "after 3 failures, the last: nobody answers" in outcome.passed_over[0].reason


def test_a_note_is_confirmed_once_it_is_stored(works: Works) -> None:
    works.start()
    works.submit("t1")
    handle = works.handle(1)
    handle.note = "upstream-42"
    until(lambda: handle.confirmed == ["upstream-42"], "confirmation")
    handle.progress = Progress(0.5)
    until(lambda: works.task("t1").progress.value == 0.5, "progress")
    assert handle.confirmed == ["upstream-42"]


def test_a_cancel_stops_the_attempt(works: Works) -> None:
    works.start()
    works.submit("t1")
    handle = works.handle(1)
    works.store.cancel("team", "t1")
    task = works.until_status("t1", TaskStatus.CANCELED)
    assert handle.stopped
    assert not handle.handed_over
    assert task.outcome == Stopped()
    assert works.stored() == set()


def test_a_canceled_attempt_that_had_to_be_killed_is_not_tried_again(engine: Engine, tmp_path: Path) -> None:
    works = Works(engine, tmp_path, obedient=False)
    works.start()
    works.submit("t1")
    handle = works.handle(1)
    works.store.cancel("team", "t1")
    until(lambda: handle.stopped, "stop")
    handle.ending = Lost("killed after the grace period")
    works.until_status("t1", TaskStatus.CANCELED)
    assert len(works.executor.handles) == 1
    works.finish()


@pytest.mark.parametrize("obedient", [True, False])
def test_a_deadline_stops_the_attempt_and_the_task_fails(
    engine: Engine, tmp_path: Path, *, obedient: bool
) -> None:
    works = Works(engine, tmp_path, obedient=obedient)
    works.start()
    request = VideoRequest("kling/kling-video-o1", "a pond")
    wishes = Wishes(deadline=timedelta(seconds=2))
    works.store.add(NewTask("t1", "team", request, "fake", 7, wishes=wishes))
    handle = works.handle(1)
    until(lambda: handle.stopped, "stop")
    if not obedient:
        handle.ending = Lost("killed after the grace period")
    task = works.until_status("t1", TaskStatus.FAILED)
    assert isinstance(task.outcome, Failed)
    assert (task.outcome.type, task.outcome.retryable) == ("deadline_exceeded", False)
    assert len(works.executor.handles) == 1
    works.finish()


def test_an_attempt_stopped_by_somebody_else_is_tried_again(works: Works) -> None:
    works.start()
    works.submit("t1")
    works.handle(1).ending = Stopped()
    works.handle(2).make()
    works.until_status("t1", TaskStatus.SUCCESS)


def test_a_worker_that_lost_its_claim_kills_the_attempt_and_writes_nothing(works: Works) -> None:
    works.start()
    works.submit("t1")
    handle = works.handle(1)
    with works.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE task SET token = 'somebody-elses'")
    until(lambda: handle.closed, "abandoned")
    assert handle.killed
    assert works.task("t1").status is TaskStatus.PROCESSING


def test_an_attempt_that_cannot_start_is_tried_again(works: Works) -> None:
    works.executor.refusal = OSError("no space left on device")
    works.start()
    works.submit("t1")
    until(lambda: works.task("t1").attempt == 1, "first attempt")
    works.executor.refusal = None
    works.handle(1).make()
    assert works.until_status("t1", TaskStatus.SUCCESS).attempt > 1


def test_a_result_that_cannot_be_stored_is_an_attempt_lost(works: Works) -> None:
    works.start()
    works.submit("t1")
    works.handle(1).ending = Made(Clip(Path("gone.mp4"), Path("gone.jpg"), 64, 36, Fraction(24), 24))
    works.handle(2).make()
    task = works.until_status("t1", TaskStatus.SUCCESS)
    assert task.attempt == 2


class StumblingStore(SqlTaskStore):
    """A store whose every other claim and every other finish finds the database locked."""

    claims = finishes = 0

    def claim(self, worker: str) -> Claim | None:
        self.claims += 1
        _stumble(self.claims)
        return super().claim(worker)

    def finish(self, claim: Claim, outcome: Failed | Stopped | Succeeded) -> bool:
        # Counted for itself: in step with the claims, every one of them could fail.
        self.finishes += 1
        _stumble(self.finishes)
        return super().finish(claim, outcome)


def _stumble(number: int) -> None:
    if number % 2:
        raise OperationalError("UPDATE task", {}, Exception("database is locked"))


def test_a_database_that_stumbles_delays_and_loses_nothing(works: Works, engine: Engine) -> None:
    # A lease that no pause of a busy machine outlasts: attempts are counted.
    works.start(store=StumblingStore(engine, lease=timedelta(seconds=30)))
    for n in range(6):
        works.submit(f"t{n}")
    for n in range(6):
        works.handle(n + 1).make()
    for n in range(6):
        assert works.until_status(f"t{n}", TaskStatus.SUCCESS).attempt == 1


def test_a_stop_lets_running_work_end_and_claims_no_more(works: Works) -> None:
    works.start(rhythm=Rhythm(poll=0.01, claim=0.02, drain=10))
    works.submit("t1")
    handle = works.handle(1)
    works.stop.set()
    time.sleep(0.1)
    works.submit("t2")
    handle.make()
    works.until_status("t1", TaskStatus.SUCCESS)
    works.finish()
    assert not handle.stopped
    assert works.task("t2").status is TaskStatus.PENDING


def test_work_that_outlasts_the_drain_is_given_back_at_no_cost(works: Works) -> None:
    works.start()
    works.submit("t1")
    handle = works.handle(1)
    works.finish()
    task = works.task("t1")
    assert (task.status, task.attempt) == (TaskStatus.PENDING, 0)
    assert handle.stopped
    assert handle.closed


def test_work_that_ignores_the_stop_is_killed_and_given_back(engine: Engine, tmp_path: Path) -> None:
    works = Works(engine, tmp_path, obedient=False)
    works.start()
    works.submit("t1")
    handle = works.handle(1)
    works.finish()
    assert handle.killed
    assert (works.task("t1").status, works.task("t1").attempt) == (TaskStatus.PENDING, 0)


def test_a_task_asked_to_stop_while_draining_is_canceled(engine: Engine, tmp_path: Path) -> None:
    works = Works(engine, tmp_path, obedient=False)
    works.start(rhythm=Rhythm(poll=0.01, claim=0.02, cancel=0.02, drain=0.2, stop=0.1))
    works.submit("t1")
    works.handle(1)
    works.stop.set()
    works.store.cancel("team", "t1")
    works.finish()
    assert works.task("t1").status is TaskStatus.CANCELED


def test_a_submit_rings_a_dispatcher_that_would_not_look_for_an_hour(engine: Engine, tmp_path: Path) -> None:
    bell = bell_of(engine)
    works = Works(engine, tmp_path, ring=bell.ring)
    listener = Thread(target=bell.listen, args=(works.stop,))
    listener.start()
    works.start(rhythm=replace(QUICK, claim=3600.0), bell=bell)
    for n in range(3):
        works.submit(f"t{n}")
        works.handle(n + 1).make()
        works.until_status(f"t{n}", TaskStatus.SUCCESS)
    works.finish()
    listener.join(20)
    assert not listener.is_alive()


def test_one_of_a_thousand_that_hear_a_ring_looks_within_a_moment(engine: Engine, tmp_path: Path) -> None:
    bell = bell_of(engine)
    works = Works(engine, tmp_path, ring=bell.ring)
    workers = Workers(engine)
    for n in range(1000):
        workers.report(f"idle-{n}", 1)
    rhythm = replace(QUICK, claim=3600.0)
    dispatcher = Dispatcher(
        works.store, works.executor, works.blobs, worker="me", rhythm=rhythm, bell=bell, workers=workers
    )
    works.thread = Thread(target=dispatcher.run, args=(works.stop,))
    listener = Thread(target=bell.listen, args=(works.stop,))
    for thread in (works.thread, listener):
        thread.start()
    works.submit("t1")
    works.handle(1).make()
    works.until_status("t1", TaskStatus.SUCCESS)
    works.finish()
    listener.join(20)


def test_the_more_workers_hear_a_ring_the_longer_each_may_wait() -> None:
    assert [ring_window(workers) for workers in (0, 1, 2, 101, 1001, 100_000)] == [0, 0, 0.001, 0.1, 1.0, 1.0]


def test_a_dispatcher_that_nobody_rings_finds_the_task_later(works: Works) -> None:
    works.start(bell=Bell())
    time.sleep(0.1)
    works.submit("t1")
    works.handle(1).make()
    works.until_status("t1", TaskStatus.SUCCESS)


def test_room_that_becomes_free_is_used_at_once(engine: Engine, tmp_path: Path) -> None:
    works = Works(engine, tmp_path, slots=1)
    for n in range(3):
        works.submit(f"t{n}")
    works.start(rhythm=replace(QUICK, claim=3600.0))
    for n in range(3):
        works.handle(n + 1).make()
        works.until_status(f"t{n}", TaskStatus.SUCCESS)
    works.finish()


@pytest.mark.parametrize(("attempt", "usual"), [(1, 2), (2, 8), (3, 32), (4, 128), (5, 128), (1000, 128)])
def test_the_wait_for_another_attempt_grows_and_has_a_limit(attempt: int, usual: float) -> None:
    waits = [backoff(attempt, 2.0).total_seconds() for _ in range(200)]
    assert 0.5 * usual <= min(waits) < max(waits) <= 1.5 * usual


def test_tasks_of_dead_workers_that_were_canceled_are_ended(works: Works) -> None:
    works.submit("t1")
    short = SqlTaskStore(works.engine, lease=timedelta(0))
    assert short.claim("dead") is not None
    with works.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE task SET cancel_requested = true")
    works.start()
    works.until_status("t1", TaskStatus.CANCELED)
    assert works.executor.handles == []


def left_behind(works: Works, task_id: str) -> None:
    """A task with a note that is canceled when its worker has just died."""
    works.submit(task_id)
    claim = works.store.claim("a worker that dies")
    assert claim is not None
    works.store.renew(claim, Progress(), "an order")
    works.store.retry(claim, "killed", timedelta(hours=1))
    assert not works.store.cancel("team", task_id).status.terminal


def test_what_a_dead_worker_ordered_is_called_off_before_the_cancel_is_over(works: Works) -> None:
    left_behind(works, "t1")
    works.start()
    handle = works.handle(1)
    assert (handle.attempt.recall, handle.attempt.note) == (True, "an order")
    handle.progress = Progress(0.5, "calling off")
    until(lambda: works.task("t1").progress.value == 0.5, "a renewal, which tells of the cancel")
    assert not handle.stopped
    assert works.task("t1").status is TaskStatus.PROCESSING
    handle.ending = Stopped()
    works.until_status("t1", TaskStatus.CANCELED)


def test_calling_off_that_is_lost_is_tried_again_and_then_given_up(works: Works) -> None:
    left_behind(works, "t1")
    works.start()
    for number in (1, 2):
        works.handle(number).ending = Lost("the upstream is away")
    works.until_status("t1", TaskStatus.CANCELED)
    assert all(handle.attempt.recall for handle in works.executor.handles)


def test_calling_off_by_an_engine_that_is_gone_ends_the_task(works: Works) -> None:
    left_behind(works, "t1")
    works.start()
    works.handle(1).ending = Failed("engine_unavailable", "it is not installed any more")
    works.until_status("t1", TaskStatus.CANCELED)


@pytest.mark.parametrize("called_off", [True, False])
def test_a_cancel_is_over_when_nothing_that_is_remembered_may_still_run(
    engine: Engine, tmp_path: Path, called_off: bool
) -> None:
    """One that is stopped before its engine works has called off nothing of what an earlier one ordered."""
    works = Works(engine, tmp_path, obedient=False)
    works.submit("t1")
    works.start()
    first = works.handle(1)
    first.note = "an order"
    until(lambda: "an order" in first.confirmed, "the note stored")
    works.store.cancel("team", "t1")
    until(lambda: first.stopped, "the stop")
    first.note = "" if called_off else "an order"
    first.ending = Stopped()
    if not called_off:
        second = works.handle(2)
        assert second.attempt.recall
        second.ending = Stopped()
    works.until_status("t1", TaskStatus.CANCELED)
    assert len(works.executor.handles) == 2 - called_off
    works.finish()


def test_an_attempt_that_dies_over_a_cancel_leaves_its_order_to_be_called_off(
    engine: Engine, tmp_path: Path
) -> None:
    works = Works(engine, tmp_path, obedient=False)
    works.submit("t1")
    works.start()
    first = works.handle(1)
    first.note = "an order"
    until(lambda: "an order" in first.confirmed, "the note stored")
    works.store.cancel("team", "t1")
    until(lambda: first.stopped, "the stop")
    first.ending = Lost("killed")
    second = works.handle(2)
    assert second.attempt.recall
    second.ending = Stopped()
    works.until_status("t1", TaskStatus.CANCELED)
    works.finish()
