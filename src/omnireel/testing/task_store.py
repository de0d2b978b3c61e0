"""What every task store must do. Subclass `TaskStoreContract` and give it a `make_store` fixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Protocol

import pytest

from omnireel.clock import Clock, ManualClock
from omnireel.errors import IdempotencyConflict, InvalidFormat, InvalidRequest, NotFound
from omnireel.models import (
    Failed,
    MediaKind,
    MediaRef,
    Mode,
    Outcome,
    PassedOver,
    Progress,
    Resource,
    ShotReport,
    Stopped,
    Succeeded,
    TaskStatus,
    VideoRequest,
)
from omnireel.tasks.estimate import Forecast
from omnireel.tasks.route import NOWHERE_ELSE, Route, Stop
from omnireel.tasks.store import (
    Claim,
    Earlier,
    Glimpse,
    Hold,
    NewTask,
    Once,
    Origin,
    SubmittedBefore,
    TaskFilter,
    TaskStore,
    Wishes,
)

LEASE = timedelta(seconds=30)
RETENTION = timedelta(days=7)
MAX_ATTEMPTS = 3


class MakeStore(Protocol):
    """Opens the store under test with LEASE, RETENTION and MAX_ATTEMPTS. Every call opens the same tasks."""

    def __call__(self, clock: Clock | None, team_running_limit: int | None = None) -> TaskStore: ...


LimitTeam = Callable[[str, int | None], None]
"""Gives a team a limit of its own, or takes it away, in the store under test."""


def a_request(*keys: str) -> VideoRequest:
    """A request that reads these blobs as images."""
    images = tuple(MediaRef(MediaKind.IMAGE, f"blob:{key}") for key in keys)
    return VideoRequest("kling/kling-video-o1", "a lighthouse at dusk, 灯塔", images=images, mode=Mode.STD)


def a_task(task_id: str, *, team: str = "team", priority: int = 0, keys: tuple[str, ...] = ()) -> NewTask:
    return NewTask(task_id, team, a_request(*keys), "studio", 7, request_id="req-1", wishes=Wishes(priority))


def a_success(key: str = "results/a/b/a.mp4") -> Succeeded:
    video = Resource(key, "video", "primary", "mp4", 1280, 720, 1234, "ab" * 32, duration=5.0, fps=24.0)
    return Succeeded((video,), "studio", 7, (ShotReport(0, 120, "a"),), ("no sound here",))


def claimed(store: TaskStore, worker: str = "worker") -> Claim:
    """The next claim, which must be there."""
    claim = store.claim(worker)
    assert claim is not None
    return claim


class TaskStoreContract:
    """Tests that any `TaskStore` passes."""

    @pytest.fixture
    def make_store(self) -> MakeStore:
        raise NotImplementedError("a subclass provides the store")

    @pytest.fixture
    def limit_team(self) -> LimitTeam:
        raise NotImplementedError("a subclass provides the teams")

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def store(self, make_store: MakeStore, clock: ManualClock) -> TaskStore:
        return make_store(clock)

    def test_a_recorded_task_can_be_read_by_everyone_at_once(
        self, make_store: MakeStore, store: TaskStore, clock: ManualClock
    ) -> None:
        added = store.add(a_task("t1", keys=("inputs/a",)))
        assert make_store(clock).get("team", "t1") == replace(added, queue_position=1)
        assert added.request == a_request("inputs/a")
        assert (added.status, added.attempt, added.request_id) == (TaskStatus.PENDING, 0, "req-1")
        assert (added.created_at, added.started_at, added.expires_at) == (clock.now(), None, None)
        assert (added.outcome, added.charged, added.model_id) == (None, "0.0000", "kling-video-o1")

    def test_a_claim_says_whose_it_is_and_how_long_it_waited(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        store.add(replace(a_task("t1"), trace=trace))
        store.add(a_task("t2"))
        clock.advance(seconds=7)
        first, second = claimed(store), claimed(store)
        assert (first.team, first.request_id, first.trace, second.trace) == ("team", "req-1", trace, "")
        assert first.claimed_at - first.submitted_at == pytest.approx(7)

    @pytest.mark.parametrize(("team", "task_id"), [("team", "t2"), ("other", "t1"), ("team", "x" * 10_000)])
    def test_unknown_and_foreign_tasks_are_not_found(self, store: TaskStore, team: str, task_id: str) -> None:
        store.add(a_task("t1"))
        for ask in (store.get, store.cancel):
            with pytest.raises(NotFound):
                ask(team, task_id)
        assert store.get("team", "t1").status is TaskStatus.PENDING

    def test_of_many_submits_at_once_by_one_name_one_makes_a_task(self, make_store: MakeStore) -> None:
        store = make_store(None)
        once = Once("n" * 64, "f" * 64)
        barrier = Barrier(16)
        answers: list[str] = []

        def submit(n: int) -> None:
            barrier.wait()
            try:
                answers.append(store.add(replace(a_task(f"t{n}"), once=once)).task_id)
            except SubmittedBefore as before:
                answers.append(before.earlier.task_id)

        threads = [Thread(target=submit, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (made,) = store.list("team").tasks
        assert answers == [made.task_id] * 16
        assert store.recall(once) == Earlier(made.task_id, "kling-video-o1")

    def test_a_name_is_kept_for_a_week_whatever_becomes_of_its_task(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        once = Once("n" * 64, "f" * 64)
        store.add(replace(a_task("t1"), once=once))
        store.cancel("team", "t1")
        clock.advance(seconds=RETENTION.total_seconds() - 1)
        assert store.forget() == 0
        with pytest.raises(SubmittedBefore):
            store.add(replace(a_task("t2"), once=once))
        clock.advance(seconds=2)
        assert store.recall(once) is None
        # Also when nobody has swept it yet.
        store.add(replace(a_task("t3"), once=once))
        clock.advance(seconds=RETENTION.total_seconds() + 1)
        assert (store.forget(), store.forget()) == (1, 0)

    def test_a_name_stands_for_one_request(self, store: TaskStore) -> None:
        store.add(replace(a_task("t1"), once=Once("n" * 64, "f" * 64)))
        other = Once("n" * 64, "e" * 64)
        with pytest.raises(IdempotencyConflict):
            store.recall(other)
        with pytest.raises(IdempotencyConflict):
            store.add(replace(a_task("t2"), once=other))
        assert [task.task_id for task in store.list("team").tasks] == ["t1"]

    def test_many_tasks_are_glimpsed_at_once(self, store: TaskStore) -> None:
        for n in range(3):
            store.add(a_task(f"t{n}"))
        claim = claimed(store)
        store.renew(claim, Progress(0.25, "painting"), "")
        store.cancel("team", "t1")
        store.expire("team", "t1")
        assert store.glimpses(["t0", "t1", "t2", "t3"]) == {
            "t0": Glimpse(TaskStatus.PROCESSING, 1, Progress(0.25, "painting")),
            "t2": Glimpse(TaskStatus.PENDING, 0, Progress()),
        }
        assert store.glimpses([]) == {}

    def test_a_task_past_its_deadline_is_not_begun_and_fails(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        late = replace(a_task("t1"), wishes=Wishes(deadline=timedelta(seconds=5)))
        store.add(late)
        store.add(a_task("t2"))
        clock.advance(seconds=4)
        assert store.reap() == 0
        clock.advance(seconds=1)
        assert claimed(store).task_id == "t2"
        assert store.claim("worker") is None
        assert (store.reap(), store.reap()) == (1, 0)
        outcome = store.get("team", "t1").outcome
        assert isinstance(outcome, Failed)
        assert (outcome.type, outcome.retryable) == ("deadline_exceeded", False)

    def test_a_worker_is_told_that_its_task_is_overdue(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(replace(a_task("t1"), wishes=Wishes(deadline=timedelta(seconds=5))))
        claim = claimed(store)
        assert store.watch([claim]) == {claim.token: Hold.KEPT}
        clock.advance(seconds=5)
        assert store.watch([claim]) == {claim.token: Hold.OVERDUE}
        assert store.renew(claim, Progress(0.5), "") is Hold.OVERDUE
        assert store.reap() == 0
        store.cancel("team", "t1")
        assert store.watch([claim]) == {claim.token: Hold.CANCEL_REQUESTED}

    def test_a_forecast_is_the_mean_of_what_such_tasks_took(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        assert store.forecast("studio", a_request()) == Forecast(None, 0, 1)
        for seconds in (4, 8):
            store.add(a_task(f"t{seconds}"))
            claim = claimed(store)
            clock.advance(seconds=seconds)
            assert store.finish(claim, a_success())
        store.add(a_task("low", priority=-1))
        store.add(a_task("high", priority=1))
        assert store.forecast("studio", a_request()) == Forecast(6.0, 2, 2)
        assert store.forecast("studio", replace(a_request(), mode=Mode.PRO)) == Forecast(None, 0, 2)
        assert store.forecast("other", a_request()) == Forecast(None, 0, 2)

    def test_the_oldest_task_goes_first(self, store: TaskStore) -> None:
        for n in range(5):
            store.add(a_task(f"t{n}"))
        assert [claimed(store).task_id for _ in range(5)] == ["t0", "t1", "t2", "t3", "t4"]
        assert store.claim("worker") is None

    def test_priority_goes_before_age(self, store: TaskStore) -> None:
        for name, priority in (("low", -1), ("old", 0), ("new", 0), ("high", 5)):
            store.add(a_task(name, priority=priority))
        assert [claimed(store).task_id for _ in range(4)] == ["high", "old", "new", "low"]

    def test_teams_take_turns(self, store: TaskStore) -> None:
        for n in range(4):
            store.add(a_task(f"many{n}", team="many"))
        for name in ("few", "one"):
            store.add(a_task(f"{name}0", team=name))
        store.add(a_task("few1", team="few"))
        began = [claimed(store).task_id for _ in range(7)]
        assert began == ["many0", "few0", "one0", "many1", "few1", "many2", "many3"]

    def test_a_team_with_nothing_running_goes_before_one_that_waits_longer(self, store: TaskStore) -> None:
        for n in range(3):
            store.add(a_task(f"many{n}", team="many"))
        first = claimed(store)
        store.add(a_task("late", team="late"))
        assert claimed(store).task_id == "late"
        store.finish(first, a_success())
        assert claimed(store).task_id == "many1"

    def test_a_single_worker_goes_from_team_to_team(self, store: TaskStore, clock: ManualClock) -> None:
        for n in range(3):
            store.add(a_task(f"many{n}", team="many"))
        for name in ("few", "one"):
            store.add(a_task(f"{name}0", team=name))
        store.add(a_task("few1", team="few"))
        began = []
        for _ in range(6):
            claim = claimed(store)
            began.append(claim.task_id)
            clock.advance(seconds=1)
            store.finish(claim, a_success())
        assert began == ["many0", "few0", "one0", "many1", "few1", "many2"]

    def test_priority_goes_before_turns(self, store: TaskStore) -> None:
        for n in range(3):
            store.add(a_task(f"many{n}", team="many", priority=1))
        store.add(a_task("late", team="late"))
        assert [claimed(store).task_id for _ in range(4)] == ["many0", "many1", "many2", "late"]

    def test_a_team_runs_no_more_than_its_limit(self, make_store: MakeStore, clock: ManualClock) -> None:
        store = make_store(clock, 2)
        for n in range(5):
            store.add(a_task(f"t{n}", priority=n))
        store.add(a_task("theirs", team="other", priority=-1))
        held = [claimed(store) for _ in range(3)]
        assert [claim.task_id for claim in held] == ["t4", "t3", "theirs"]
        assert store.claim("worker") is None
        assert store.finish(held[0], a_success())
        assert claimed(store).task_id == "t2"
        assert store.retry(held[1], "killed", timedelta(seconds=60)) is TaskStatus.PENDING
        assert claimed(store).task_id == "t1"
        assert store.claim("worker") is None

    def test_what_a_dead_worker_left_counts_until_it_is_taken_over_and_can_always_be(
        self, make_store: MakeStore, clock: ManualClock
    ) -> None:
        store = make_store(clock, 1)
        for n in range(2):
            store.add(a_task(f"t{n}"))
        claimed(store)
        assert store.claim("worker") is None
        clock.advance(seconds=31)
        again = claimed(store)
        assert (again.task_id, again.attempt) == ("t0", 2)
        assert store.claim("worker") is None
        assert store.release(again)
        assert claimed(store).task_id == "t0"

    def test_tasks_left_behind_do_not_count_against_their_teams_turn(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        for n in range(3):
            store.add(a_task(f"theirs{n}", team="unlucky"))
            claimed(store, "dead")
        for n in range(5):
            store.add(a_task(f"t{n}"))
        clock.advance(seconds=31)
        assert [claimed(store).task_id for _ in range(4)] == ["t0", "theirs0", "theirs1", "t1"]

    def test_a_team_may_have_a_limit_of_its_own(
        self, make_store: MakeStore, clock: ManualClock, limit_team: LimitTeam
    ) -> None:
        store = make_store(clock, 1)
        for n in range(6):
            store.add(a_task(f"t{n}"))
        limit_team("team", 3)
        held = [claimed(store) for _ in range(3)]
        assert store.claim("worker") is None
        # What runs goes on when the limit is lowered.
        limit_team("team", 0)
        assert all(store.finish(claim, a_success()) for claim in held)
        assert store.claim("worker") is None
        limit_team("team", None)
        claimed(store)
        assert store.claim("worker") is None

    def test_a_place_in_the_queue_is_told_as_teams_take_turns(
        self, make_store: MakeStore, clock: ManualClock
    ) -> None:
        store = make_store(clock)
        for n in range(4):
            store.add(a_task(f"many{n}", team="many"))
        for n in range(2):
            store.add(a_task(f"few{n}", team="few"))
        store.add(a_task("urgent", team="other", priority=1))
        shown = [make_store(clock).get(name[:-1], name).queue_position for name in ("many0", "many1", "few0")]
        assert shown == [2, 4, 3]
        assert [task.queue_position for task in store.list("many").tasks] == [7, 6, 4, 2]
        assert [task.queue_position for task in store.list("few").tasks] == [5, 3]

    def test_an_eta_heeds_the_teams_limit(self, make_store: MakeStore, clock: ManualClock) -> None:
        store = make_store(clock, 1)
        for team in ("a", "b", "c"):
            store.add(a_task(team, team=team))
        claims = [claimed(store) for _ in range(3)]
        clock.advance(seconds=10)
        store.finish(claims[0], a_success())
        for n in range(4):
            store.add(a_task(f"b{n}", team="b"))
        # Two run, and only one of them may be of this team.
        etas = [task.eta_seconds for task in store.list("b").tasks]
        assert etas[:4] == [pytest.approx(seconds, abs=0.01) for seconds in (50, 40, 30, 20)]

    def test_racing_workers_never_run_more_of_a_team_than_they_may(self, make_store: MakeStore) -> None:
        store = make_store(None)
        for n in range(60):
            store.add(a_task(f"t{n}", team=f"team{n % 3}"))
        running = {f"team{n}": set[str]() for n in range(3)}
        start, ended, most = Barrier(6), list[str](), list[int]()

        def work() -> None:
            mine = make_store(None, 2)
            start.wait()
            while len(ended) < 60:
                if (claim := mine.claim("worker")) is None:
                    continue
                now = running[f"team{int(claim.task_id[1:]) % 3}"]
                now.add(claim.task_id)
                most.append(len(now))
                now.discard(claim.task_id)
                assert mine.finish(claim, a_success())
                ended.append(claim.task_id)

        _run_together([work] * 6)
        assert sorted(ended) == sorted(f"t{n}" for n in range(60))
        assert max(most) <= 2

    def test_a_claim_starts_an_attempt(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(a_task("t1"))
        clock.advance(seconds=5)
        claim = claimed(store)
        assert (claim.task_id, claim.attempt, claim.engine, claim.seed) == ("t1", 1, "studio", 7)
        assert claim.request == a_request()
        task = store.get("team", "t1")
        assert (task.status, task.attempt, task.started_at) == (TaskStatus.PROCESSING, 1, clock.now())

    @pytest.mark.parametrize(
        ("outcome", "status", "progress"),
        [
            (a_success(), TaskStatus.SUCCESS, 1.0),
            (Failed("invalid_media", "image 1 is not a picture"), TaskStatus.FAILED, 0.25),
            (Stopped(), TaskStatus.CANCELED, 0.25),
        ],
    )
    def test_an_outcome_ends_the_task(
        self, store: TaskStore, clock: ManualClock, outcome: Outcome, status: TaskStatus, progress: float
    ) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        store.renew(claim, Progress(0.25, "painting"), "")
        clock.advance(seconds=12.5)
        assert store.finish(claim, outcome)
        task = store.get("team", "t1")
        assert (task.status, task.outcome, task.progress.value) == (status, outcome, progress)
        assert (task.completed_at, task.expires_at) == (clock.now(), clock.now() + RETENTION)
        assert (task.queue_position, task.eta_seconds) == (None, None)
        assert store.claim("worker") is None

    def test_an_outcome_is_written_once(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        assert store.finish(claim, Failed("engine_failed", "no"))
        assert not store.finish(claim, a_success())
        assert store.renew(claim, Progress(0.5), "") is Hold.LOST
        assert store.retry(claim, "late", timedelta(0)) is None
        assert not store.release(claim)
        assert store.get("team", "t1").outcome == Failed("engine_failed", "no")

    def test_progress_and_notes_are_kept_and_the_lease_goes_on(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        for n in range(1, 6):
            clock.advance(seconds=29)
            assert store.renew(claim, Progress(n / 10, f"frame {n}"), "upstream-7") is Hold.KEPT
        assert store.claim("other") is None
        assert store.get("team", "t1").progress == Progress(0.5, "frame 5")
        clock.advance(seconds=31)
        assert claimed(store, "other").note == "upstream-7"

    def test_a_dead_workers_task_is_picked_up_by_another(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(a_task("t1"))
        first = claimed(store, "dead")
        clock.advance(seconds=29.9)
        assert store.claim("other") is None
        clock.advance(seconds=0.2)
        second = claimed(store, "other")
        assert (second.task_id, second.attempt) == ("t1", 2)
        assert second.token != first.token

    def test_a_late_worker_cannot_overwrite(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(a_task("t1"))
        slow = claimed(store, "slow")
        clock.advance(seconds=31)
        quick = claimed(store, "quick")
        assert not store.finish(slow, a_success("results/slow"))
        assert store.renew(slow, Progress(0.9), "slow") is Hold.LOST
        assert store.retry(slow, "slow", timedelta(0)) is None
        assert not store.release(slow)
        assert store.watch([slow, quick]) == {slow.token: Hold.LOST, quick.token: Hold.KEPT}
        assert store.finish(quick, a_success("results/quick"))
        assert store.get("team", "t1").outcome == a_success("results/quick")

    def test_a_stalled_worker_that_nobody_replaced_may_go_on(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        clock.advance(seconds=300)
        assert store.renew(claim, Progress(0.5), "") is Hold.KEPT
        assert store.claim("other") is None
        assert store.finish(claim, a_success())

    def test_a_pending_task_is_canceled_at_once(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        task = store.cancel("team", "t1")
        assert (task.status, task.outcome) == (TaskStatus.CANCELED, Stopped())
        assert store.claim("worker") is None

    def test_a_cancel_reaches_the_worker_that_has_the_task(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        store.add(a_task("t2"))
        mine, other = claimed(store), claimed(store)
        task = store.cancel("team", "t1")
        assert (task.status, task.cancel_requested) == (TaskStatus.PROCESSING, True)
        assert store.watch([mine, other]) == {mine.token: Hold.CANCEL_REQUESTED, other.token: Hold.KEPT}
        assert store.renew(mine, Progress(0.1), "") is Hold.CANCEL_REQUESTED
        assert store.finish(mine, Stopped())
        assert store.get("team", "t1").status is TaskStatus.CANCELED

    def test_canceling_twice_or_too_late_changes_nothing(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        assert store.cancel("team", "t1") == store.cancel("team", "t1")
        store.add(a_task("t2"))
        store.finish(claimed(store), a_success())
        assert store.cancel("team", "t2").status is TaskStatus.SUCCESS

    def test_a_canceled_task_whose_worker_died_is_not_run_again(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        store.add(a_task("t1"))
        claimed(store)
        store.cancel("team", "t1")
        clock.advance(seconds=31)
        assert store.claim("other") is None
        assert store.reap() == 1
        assert store.get("team", "t1").status is TaskStatus.CANCELED
        assert store.reap() == 0

    def test_canceling_a_task_whose_worker_died_ends_it_at_once(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        clock.advance(seconds=31)
        assert store.cancel("team", "t1").status is TaskStatus.CANCELED
        assert not store.finish(claim, a_success())

    def test_a_canceled_task_that_remembers_something_is_claimed_to_call_it_off(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        """Its worker has died, or has given it back: nobody else would."""
        for name, lapses in (("t1", True), ("t2", False)):
            store.add(a_task(name))
            claim = claimed(store)
            assert not claim.canceled
            store.renew(claim, Progress(), "an order")
            if lapses:
                clock.advance(seconds=31)
            else:
                assert store.retry(claim, "killed", timedelta(hours=1)) is TaskStatus.PENDING
            assert not store.cancel("team", name).status.terminal
            store.add(a_task(f"{name}-waits-for-longer", priority=1))
            again = claimed(store)
            assert (again.task_id, again.note, again.canceled, again.attempt) == (name, "an order", True, 2)
            assert store.reap() == 0
            assert store.finish(again, Stopped())
            assert store.get("team", name).status is TaskStatus.CANCELED
            assert store.finish(claimed(store), a_success())

    def test_calling_off_is_tried_as_often_as_any_work(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(a_task("t1"))
        store.renew(claimed(store), Progress(), "an order")
        store.cancel("team", "t1")
        clock.advance(seconds=31)
        assert store.retry(claimed(store), "killed", timedelta(0)) is TaskStatus.PENDING
        assert store.retry(claimed(store), "killed", timedelta(0)) is TaskStatus.CANCELED

    def test_calling_off_is_given_up_with_the_last_worker(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(a_task("t1"))
        for _ in range(MAX_ATTEMPTS):
            store.renew(claimed(store), Progress(), "an order")
            store.cancel("team", "t1")
            assert store.reap() == 0
            clock.advance(seconds=31)
        assert store.claim("worker") is None
        assert store.reap() == 1
        assert store.get("team", "t1").status is TaskStatus.CANCELED

    def test_a_task_to_be_called_off_past_its_deadline_is_canceled(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        wishes = Wishes(deadline=timedelta(seconds=60))
        for name, lapses in (("t1", True), ("t2", False)):
            store.add(replace(a_task(name), wishes=wishes))
            claim = claimed(store)
            store.renew(claim, Progress(), "an order")
            if not lapses:
                store.retry(claim, "killed", timedelta(0))
            store.cancel("team", name)
            clock.advance(seconds=61)
            assert store.claim("worker") is None
            assert store.reap() == 1
            assert store.get("team", name).status is TaskStatus.CANCELED

    def test_giving_back_a_call_off_leaves_it_to_another(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        store.renew(claim, Progress(), "an order")
        store.cancel("team", "t1")
        assert store.release(claim)
        again = claimed(store)
        assert (again.canceled, again.attempt) == (True, 1)

    def test_a_fault_of_the_machinery_waits_for_its_next_attempt(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        store.renew(claim, Progress(0.5, "half"), "remember me")
        assert store.retry(claim, "child killed", timedelta(seconds=10)) is TaskStatus.PENDING
        task = store.get("team", "t1")
        assert (task.status, task.progress, task.started_at) == (TaskStatus.PENDING, Progress(), None)
        assert store.claim("worker") is None
        clock.advance(seconds=10)
        again = claimed(store)
        assert (again.attempt, again.note) == (2, "remember me")

    def test_the_third_fault_makes_a_task_fail_as_worker_lost(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        endings = [store.retry(claimed(store), "child killed", timedelta(0)) for _ in range(MAX_ATTEMPTS)]
        assert endings == [TaskStatus.PENDING, TaskStatus.PENDING, TaskStatus.FAILED]
        outcome = store.get("team", "t1").outcome
        assert isinstance(outcome, Failed)
        assert (outcome.type, outcome.retryable) == ("worker_lost", True)
        assert "child killed" in outcome.message
        assert "3 attempts" in outcome.message

    def test_a_task_that_kills_every_worker_is_given_up(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(a_task("poison"))
        store.add(a_task("healthy"))
        for _ in range(MAX_ATTEMPTS):
            assert claimed(store).task_id == "poison"
            assert store.reap() == 0
            clock.advance(seconds=31)
        assert claimed(store).task_id == "healthy"
        assert store.reap() == 1
        outcome = store.get("team", "poison").outcome
        assert isinstance(outcome, Failed)
        assert outcome.type == "worker_lost"

    def test_a_fault_after_a_cancel_cancels(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        store.cancel("team", "t1")
        assert store.retry(claim, "killed", timedelta(0)) is TaskStatus.CANCELED
        assert store.get("team", "t1").status is TaskStatus.CANCELED

    def test_a_released_task_costs_no_attempt_and_keeps_its_place(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        store.add(a_task("t2"))
        for _ in range(10):
            claim = claimed(store)
            assert (claim.task_id, claim.attempt) == ("t1", 1)
            assert store.release(claim)
        assert store.get("team", "t1").attempt == 0

    def test_a_rerouted_task_begins_anew_with_its_next_engine(self, store: TaskStore) -> None:
        ahead = Route(ahead=(Stop("second", paid=True), Stop("third")))
        store.add(replace(a_task("t1"), route=ahead))
        claim = claimed(store)
        assert claim.route == ahead
        store.renew(claim, Progress(0.5), "an order")
        behind = Route(paid=True, ahead=(Stop("third"),), passed=(PassedOver(claim.engine, "it broke"),))
        assert store.reroute(claim, "second", behind)
        assert store.renew(claim, Progress(0.6), "late") is Hold.LOST
        assert not store.reroute(claim, "third", NOWHERE_ELSE)
        again = claimed(store)
        assert (again.engine, again.attempt, again.note, again.route) == ("second", 1, "", behind)
        assert store.get("team", "t1").progress == Progress()

    def test_rerouting_a_task_that_should_stop_cancels_it(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        store.cancel("team", "t1")
        assert store.reroute(claim, "second", NOWHERE_ELSE)
        assert store.get("team", "t1").status is TaskStatus.CANCELED

    def test_a_task_given_up_that_remembers_something_may_have_been_paid(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        for attempt in (1, 2, 3):
            claim = claimed(store)
            assert claim.attempt == attempt
            store.renew(claim, Progress(), "an order")
            store.retry(claim, "killed", timedelta(0))
        outcome = store.get("team", "t1").outcome
        assert isinstance(outcome, Failed)
        assert (outcome.type, outcome.retryable) == ("outcome_unknown", False)

    def test_releasing_a_task_that_should_stop_cancels_it(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        store.cancel("team", "t1")
        assert store.release(claim)
        assert store.get("team", "t1").status is TaskStatus.CANCELED

    def test_pending_tasks_know_their_place(self, store: TaskStore) -> None:
        for name, priority in (("a", 0), ("b", 0), ("c", 1), ("d", 0)):
            store.add(a_task(name, priority=priority))
        store.cancel("team", "b")
        places = [store.get("team", name).queue_position for name in "abcd"]
        assert places == [2, None, 1, 3]
        assert store.waiting() == 3
        claimed(store)
        assert store.get("team", "c").queue_position is None
        assert store.waiting() == 2

    def test_an_eta_is_given_only_when_something_was_measured(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        for name in ("a", "b", "c"):
            store.add(a_task(name))
        assert store.get("team", "a").eta_seconds is None
        claim = claimed(store)
        assert store.get("team", "a").eta_seconds is None
        clock.advance(seconds=10)
        store.renew(claim, Progress(0.25), "")
        assert store.get("team", "a").eta_seconds == pytest.approx(30, abs=0.01)
        assert store.get("team", "b").eta_seconds is None
        clock.advance(seconds=10)
        store.finish(claim, a_success())
        claimed(store)
        assert store.get("team", "b").eta_seconds == pytest.approx(20, abs=0.01)
        assert store.get("team", "c").eta_seconds == pytest.approx(40, abs=0.01)
        clock.advance(seconds=25)
        assert store.get("team", "b").eta_seconds == 0

    def test_tasks_are_listed_newest_first_page_by_page(self, store: TaskStore) -> None:
        for n in range(7):
            store.add(a_task(f"t{n}"))
        store.add(a_task("theirs", team="other"))
        seen, cursor = [], None
        for _ in range(3):
            page = store.list("team", limit=3, cursor=cursor)
            seen.append([task.task_id for task in page.tasks])
            cursor = page.next_cursor
        assert seen == [["t6", "t5", "t4"], ["t3", "t2", "t1"], ["t0"]]
        assert cursor is None

    def test_a_list_can_begin_with_the_oldest_and_go_on_after_a_task(self, store: TaskStore) -> None:
        for n in range(5):
            store.add(a_task(f"t{n}"))
        store.add(a_task("theirs", team="other"))
        oldest_first = TaskFilter(oldest_first=True)
        page = store.list("team", oldest_first, limit=2)
        rest = store.list("team", oldest_first, cursor=page.next_cursor)
        newer = store.list("team", oldest_first, cursor=store.cursor_at("team", "t2"))
        older = store.list("team", cursor=store.cursor_at("team", "t2"))
        assert [task.task_id for task in page.tasks] == ["t0", "t1"]
        assert [task.task_id for task in rest.tasks] == ["t2", "t3", "t4"]
        assert [task.task_id for task in newer.tasks] == ["t3", "t4"]
        assert [task.task_id for task in older.tasks] == ["t1", "t0"]
        for strange in ("theirs", "unknown"):
            with pytest.raises(NotFound):
                store.cursor_at("team", strange)

    def test_a_list_can_leave_out_the_first_few(self, store: TaskStore) -> None:
        for n in range(5):
            store.add(a_task(f"t{n}"))
        page = store.list("team", limit=2, skip=2)
        assert [task.task_id for task in page.tasks] == ["t2", "t1"]
        assert [task.task_id for task in store.list("team", skip=2, cursor=page.next_cursor).tasks] == []
        assert store.list("team", skip=5).tasks == ()

    def test_a_task_is_found_by_what_its_caller_calls_it(self, store: TaskStore) -> None:
        named = replace(a_task("t1"), origin=Origin("kling", "scene 4, 灯塔"))
        assert store.add(named).external_id == "scene 4, 灯塔"
        store.add(replace(a_task("t2", team="other"), origin=Origin("kling", "scene 4, 灯塔")))
        store.add(a_task("t3"))
        store.add(a_task("t4"))
        found = store.named("team", "scene 4, 灯塔")
        assert (found.task_id, found.dialect) == ("t1", "kling")
        assert store.named("other", "scene 4, 灯塔").task_id == "t2"
        assert (store.get("team", "t3").external_id, store.get("team", "t3").dialect) == (None, None)
        for team, name in (("team", "scene 5"), ("third", "scene 4, 灯塔"), ("team", "t3")):
            with pytest.raises(NotFound):
                store.named(team, name)

    def test_a_team_calls_one_task_only_by_a_name_as_long_as_it_is_there(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        named = Origin("kling", "scene 4")
        store.add(replace(a_task("t1"), origin=named))
        once = Once("f" * 64, "a" * 64)
        with pytest.raises(InvalidRequest, match="'external_id' is taken by task 't1'"):
            store.add(replace(a_task("t2", keys=("a",)), origin=named, once=once))
        with pytest.raises(NotFound):
            store.get("team", "t2")
        # Of the refused one nothing is left.
        assert store.recall(once) is None
        # The same submit again, whose answer was lost, is no other.
        assert store.add(replace(a_task("t1"), origin=named)).task_id == "t1"
        store.cancel("team", "t1")
        clock.advance(seconds=RETENTION.total_seconds())
        store.delete("t1")
        assert store.add(replace(a_task("t3"), origin=named)).task_id == "t3"

    def test_of_many_submits_at_once_with_one_external_id_one_is_taken(self, make_store: MakeStore) -> None:
        barrier, taken, refused = Barrier(6), [], []

        def submit(n: int) -> None:
            store = make_store(None)
            barrier.wait()
            try:
                taken.append(store.add(replace(a_task(f"t{n}"), origin=Origin("kling", "one"))).task_id)
            except InvalidRequest:
                refused.append(n)

        threads = [Thread(target=submit, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(taken), len(refused)) == (1, 5)
        assert make_store(None).named("team", "one").task_id == taken[0]

    def test_a_list_can_hold_one_status_only(self, store: TaskStore) -> None:
        for n in range(4):
            store.add(a_task(f"t{n}"))
        store.cancel("team", "t2")
        claimed(store)
        listed = {
            status: [task.task_id for task in store.list("team", TaskFilter(status=status)).tasks]
            for status in TaskStatus
        }
        assert listed[TaskStatus.PENDING] == ["t3", "t1"]
        assert listed[TaskStatus.CANCELED] == ["t2"]
        assert listed[TaskStatus.PROCESSING] == ["t0"]
        assert listed[TaskStatus.SUCCESS] == []

    @pytest.mark.parametrize("cursor", ["nonsense", "theirs", "", "x" * 10_000])
    def test_a_cursor_that_no_page_gave_out_is_refused(self, store: TaskStore, cursor: str) -> None:
        store.add(a_task("theirs", team="other"))
        with pytest.raises(InvalidFormat, match="cursor"):
            store.list("team", cursor=cursor)

    def test_an_expired_task_is_gone_for_its_owner_before_it_is_swept(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        store.add(a_task("t1"))
        store.add(a_task("t2"))
        store.finish(claimed(store), a_success("results/t1/k/t1.mp4"))
        clock.advance(seconds=RETENTION.total_seconds() - 1)
        assert store.expired(10) == ()
        store.delete("t1")
        assert store.get("team", "t1").status is TaskStatus.SUCCESS
        clock.advance(seconds=1)
        with pytest.raises(NotFound):
            store.get("team", "t1")
        assert [task.task_id for task in store.list("team").tasks] == ["t2"]
        assert [(old.task_id, old.keys) for old in store.expired(10)] == [("t1", ("results/t1/k/t1.mp4",))]
        store.delete("t1")
        assert store.expired(10) == ()

    def test_inputs_are_needed_until_their_task_ends(self, store: TaskStore, clock: ManualClock) -> None:
        store.add(a_task("t1", keys=("inputs/a", "inputs/shared", "inputs/a")))
        store.add(a_task("t2", keys=("inputs/shared",)))
        asked = ("inputs/a", "inputs/shared", "inputs/unknown")
        assert store.needed_inputs(asked) == {"inputs/a", "inputs/shared"}
        store.finish(claimed(store), a_success())
        assert store.needed_inputs(asked) == {"inputs/shared"}
        clock.advance(seconds=RETENTION.total_seconds())
        store.delete("t1")
        store.cancel("team", "t2")
        assert store.needed_inputs(asked) == frozenset()

    def test_tokens_live_while_publishing_and_as_long_as_the_result(
        self, store: TaskStore, clock: ManualClock
    ) -> None:
        for name in ("stale", "failed", "running"):
            store.add(a_task(name))
        stale = claimed(store)
        clock.advance(seconds=31)
        winner, failed, running = claimed(store), claimed(store), claimed(store)
        store.finish(winner, a_success())
        store.finish(failed, Failed("engine_failed", "no"))
        tokens = [claim.token for claim in (stale, winner, failed, running)]
        assert store.live_tokens([*tokens, "unknown"]) == {winner.token, running.token}
        assert store.live_tokens([]) == frozenset()

    def test_text_of_every_kind_comes_back(self, store: TaskStore) -> None:
        odd = "line\nbreak \0 \ud83d \U0001f3ac '\"; DROP TABLE task; -- %s :x {}"
        request = VideoRequest("kling/kling-video-o1", odd)
        store.add(NewTask("t1", "team", request, "studio", 2**32 - 1))
        claim = claimed(store)
        assert (claim.request.prompt, claim.seed) == (odd, 2**32 - 1)
        store.finish(claim, Failed("engine_failed", odd))
        assert store.get("team", "t1").outcome == Failed("engine_failed", odd)

    def test_progress_and_notes_may_hold_text_that_the_database_cannot(self, store: TaskStore) -> None:
        store.add(a_task("t1"))
        claim = claimed(store)
        for odd in ("a\0b", "a\ud83db"):
            assert store.renew(claim, Progress(0.5, odd), odd) is Hold.KEPT
            shown = store.get("team", "t1").progress.note
            assert (shown[0], len(shown), shown[-1]) == ("a", 3, "b")

    @pytest.mark.parametrize("odd", ["t\0", "\ud83d", "'; --", "%s", ":x"])
    def test_odd_names_are_not_found(self, store: TaskStore, odd: str) -> None:
        store.add(a_task("t"))
        for ask in (store.get, store.cancel):
            with pytest.raises(NotFound):
                ask("team", odd)
        with pytest.raises(InvalidFormat):
            store.list("team", cursor=odd)
        assert store.needed_inputs([odd]) == store.live_tokens([odd]) == frozenset()

    def test_recording_a_task_twice_records_it_once(self, store: TaskStore) -> None:
        first = store.add(a_task("t1", keys=("inputs/a",)))
        assert store.add(a_task("t1", keys=("inputs/a",))) == first
        assert store.waiting() == 1
        store.finish(claimed(store), a_success())
        assert store.add(a_task("t1")).status is TaskStatus.SUCCESS
        assert store.claim("worker") is None

    def test_a_cancel_that_races_a_retry_is_never_forgotten(self, make_store: MakeStore) -> None:
        store = make_store(None)
        for n in range(60):
            store.add(a_task(f"t{n}"))
            claim, start = claimed(store), Barrier(2)

            def give_back(claim: Claim = claim, start: Barrier = start, *, whole: bool = n % 2 == 0) -> None:
                start.wait()
                assert store.release(claim) if whole else store.retry(claim, "killed", timedelta(0))

            def cancel(name: str = f"t{n}", start: Barrier = start) -> None:
                start.wait()
                store.cancel("team", name)

            _run_together([give_back, cancel])
            assert store.get("team", f"t{n}").status is TaskStatus.CANCELED

    def test_reapers_at_once_reap_every_task_once(
        self, make_store: MakeStore, store: TaskStore, clock: ManualClock
    ) -> None:
        for n in range(40):
            store.add(a_task(f"t{n}"))
        for _ in range(40):
            store.cancel("team", claimed(store).task_id)
        clock.advance(seconds=31)
        start, reaped = Barrier(4), list[int]()

        def reap() -> None:
            mine = make_store(clock)
            start.wait()
            reaped.append(mine.reap())

        _run_together([reap] * 4)
        assert sum(reaped) == 40

    def test_leases_run_on_the_databases_clock_when_no_other_is_given(self, make_store: MakeStore) -> None:
        store = make_store(None)
        before = datetime.now(UTC)
        store.add(a_task("t1"))
        claim = claimed(store)
        task = store.get("team", "t1")
        assert task.started_at is not None
        assert abs(task.started_at - before) < timedelta(seconds=30)
        assert store.claim("other") is None
        assert store.finish(claim, a_success())

    def test_racing_workers_never_get_the_same_task(self, make_store: MakeStore) -> None:
        store = make_store(None)
        for n in range(200):
            store.add(a_task(f"t{n}"))
        start, got = Barrier(8), list[str]()

        def work() -> None:
            mine = make_store(None)
            start.wait()
            while (claim := mine.claim("worker")) is not None:
                got.append(claim.task_id)

        _run_together([work] * 8)
        assert sorted(got) == sorted(f"t{n}" for n in range(200))

    def test_a_cancel_that_races_the_finish_leaves_one_ending(self, make_store: MakeStore) -> None:
        store = make_store(None)
        for n in range(100):
            store.add(a_task(f"t{n}"))
            claim, start, kept = claimed(store), Barrier(2), list[bool]()

            def finish(claim: Claim = claim, start: Barrier = start, kept: list[bool] = kept) -> None:
                start.wait()
                kept.append(store.finish(claim, a_success()))

            def cancel(name: str = f"t{n}", start: Barrier = start) -> None:
                start.wait()
                store.cancel("team", name)

            _run_together([finish, cancel])
            task = store.get("team", f"t{n}")
            assert kept == [True]
            assert (task.status, task.outcome) == (TaskStatus.SUCCESS, a_success())


def _run_together(jobs: list[Callable[[], None]]) -> None:
    threads = [Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
