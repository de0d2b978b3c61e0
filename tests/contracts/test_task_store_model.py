"""The store against a model of it in plain Python, under random histories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import inf
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, delete
from tests.hasty_sqlite import hasty_sqlite

from omnireel.clock import ManualClock
from omnireel.models import Failed, Outcome, Progress, Stopped, TaskStatus
from omnireel.tasks import tables
from omnireel.tasks.database import open_database, writing
from omnireel.tasks.sql import RECALL_PRIORITY, SqlTaskStore
from omnireel.tasks.store import Claim, Hold
from omnireel.tasks.teams import TeamStore
from omnireel.testing.task_store import LEASE, MAX_ATTEMPTS, RETENTION, a_success, a_task

TEAMS = ("a", "b", "c")
OUTCOMES: dict[TaskStatus, Outcome] = {
    TaskStatus.SUCCESS: a_success(),
    TaskStatus.FAILED: Failed("engine_failed", "no"),
    TaskStatus.CANCELED: Stopped(),
}


@dataclass
class ModelTask:
    """What a task should be. Times are seconds since the beginning."""

    team: str
    priority: int
    number: int
    status: TaskStatus = TaskStatus.PENDING
    attempt: int = 0
    not_before: float = 0.0
    token: str | None = None
    lease_until: float = 0.0
    cancel_requested: bool = False
    note: bool = False
    expires: float | None = None
    started: float | None = None

    def end(self, status: TaskStatus, now: float) -> None:
        self.status, self.token, self.expires = status, None, now + RETENTION.total_seconds()

    def give_back(self, not_before: float) -> None:
        self.status, self.token, self.started = TaskStatus.PENDING, None, None
        self.not_before = not_before

    def left_behind(self, now: float) -> bool:
        return self.status is TaskStatus.PROCESSING and self.lease_until < now

    def claimable(self, now: float) -> bool:
        if self.status is TaskStatus.PENDING:
            return self.not_before <= now
        wanted = self.note or not self.cancel_requested
        return self.left_behind(now) and self.attempt < MAX_ATTEMPTS and wanted

    @property
    def recallable(self) -> bool:
        """Whether it remembers something that an attempt which is left can call off."""
        return self.note and self.attempt < MAX_ATTEMPTS


class StoreAgainstModel(RuleBasedStateMachine):
    tasks = Bundle("tasks")
    claims = Bundle("claims")

    @initialize()
    def open(self) -> None:
        self.engine = self.open_empty()
        self.clock = ManualClock()
        self.began = self.clock.now()
        self.model: dict[str, ModelTask] = {}
        self.limits: dict[str, int] = {}
        self.reopen(None)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()

    def open_empty(self) -> Engine:
        """A database without tasks."""
        raise NotImplementedError("a subclass provides the database")

    @property
    def now(self) -> float:
        return (self.clock.now() - self.began).total_seconds()

    def held(self, claim: Claim) -> ModelTask | None:
        """The claim's task while the claim is worth anything."""
        task = self.model.get(claim.task_id)
        return task if task is not None and task.token == claim.token else None

    def running(self, team: str) -> list[ModelTask]:
        mine = (task for task in self.model.values() if task.team == team)
        return [task for task in mine if task.status is TaskStatus.PROCESSING]

    def limit(self, team: str) -> float:
        limit = self.limits.get(team, self.usual_limit)
        return inf if limit is None else limit

    def may_begin(self, task: ModelTask) -> bool:
        if task.status is TaskStatus.PENDING and len(self.running(task.team)) >= self.limit(task.team):
            return False
        return task.claimable(self.now)

    def last_begun(self, team: str) -> float:
        mine = [task for task in self.model.values() if task.team == team and task.number >= 0]
        return max((task.started for task in mine if task.started is not None), default=-1.0)

    def turn(self, name: str) -> tuple[int, int, float, int]:
        """Where a task stands among those that may begin."""
        task = self.model[name]
        alive = sum(not other.left_behind(self.now) for other in self.running(task.team))
        return -task.priority, alive, self.last_begun(task.team), task.number

    @rule(limit=st.sampled_from([None, 1, 2]))
    def reopen(self, limit: int | None) -> None:
        self.usual_limit = limit
        self.store = SqlTaskStore(
            self.engine,
            lease=LEASE,
            max_attempts=MAX_ATTEMPTS,
            retention=RETENTION,
            clock=self.clock,
            team_running_limit=limit,
        )

    @rule(team=st.sampled_from(TEAMS), limit=st.sampled_from([None, 0, 1, 3]))
    def limit_team(self, team: str, limit: int | None) -> None:
        teams = TeamStore(self.engine)
        teams.create(team)
        assert teams.limit_running(team, limit).running_limit == limit
        self.limits.pop(team, None)
        if limit is not None:
            self.limits[team] = limit

    @rule(seconds=st.sampled_from([0.5, 5.0, 29.0, 31.0, 3600.0, 86400.0 * 3]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    @rule(target=tasks, team=st.sampled_from(TEAMS), priority=st.sampled_from([0, 0, 1]))
    def add(self, team: str, priority: int) -> str:
        name = f"t{len(self.model)}"
        self.model[name] = ModelTask(team, priority, len(self.model), not_before=self.now)
        self.store.add(a_task(name, team=team, priority=priority))
        return name

    @rule(target=claims)
    def claim(self) -> object:
        due = sorted((name for name, task in self.model.items() if self.may_begin(task)), key=self.turn)
        claim = self.store.claim("worker")
        assert (claim and claim.task_id) == (due[0] if due else None)
        if claim is None:
            return multiple()
        task = self.model[claim.task_id]
        assert claim.token != task.token
        if task.status is TaskStatus.PENDING:
            assert len(self.running(task.team)) < self.limit(task.team)
        task.status, task.token, task.started = TaskStatus.PROCESSING, claim.token, self.now
        task.attempt, task.lease_until = task.attempt + 1, self.now + LEASE.total_seconds()
        assert (claim.attempt, claim.canceled) == (task.attempt, task.cancel_requested)
        return claim

    @rule(claim=claims, note=st.sampled_from(["", "note"]))
    def renew(self, claim: Claim, note: str) -> None:
        task = self.held(claim)
        hold = self.store.renew(claim, Progress(0.5), note)
        assert hold is self.expected_hold(task)
        if task is not None:
            task.lease_until = self.now + LEASE.total_seconds()
            task.note = bool(note)

    @rule(claim=claims)
    def watch(self, claim: Claim) -> None:
        assert self.store.watch([claim]) == {claim.token: self.expected_hold(self.held(claim))}

    @rule(claim=claims, status=st.sampled_from(sorted(OUTCOMES)))
    def finish(self, claim: Claim, status: TaskStatus) -> None:
        task = self.held(claim)
        assert self.store.finish(claim, OUTCOMES[status]) is (task is not None)
        if task is not None:
            task.end(status, self.now)

    @rule(claim=claims, delay=st.sampled_from([0.0, 1.0, 60.0]))
    def retry(self, claim: Claim, delay: float) -> None:
        task = self.held(claim)
        status = self.store.retry(claim, "killed", timedelta(seconds=delay))
        if task is None:
            assert status is None
        elif task.cancel_requested and not task.recallable:
            assert status is TaskStatus.CANCELED
            task.end(TaskStatus.CANCELED, self.now)
        elif task.attempt >= MAX_ATTEMPTS:
            assert status is TaskStatus.FAILED
            task.end(TaskStatus.FAILED, self.now)
        else:
            assert status is TaskStatus.PENDING
            task.give_back(self.now + delay)

    @rule(claim=claims)
    def release(self, claim: Claim) -> None:
        task = self.held(claim)
        assert self.store.release(claim) is (task is not None)
        if task is not None and task.cancel_requested and not task.note:
            task.end(TaskStatus.CANCELED, self.now)
        elif task is not None:
            task.give_back(self.now)
            task.attempt -= 1

    @rule(name=tasks)
    def cancel(self, name: str) -> None:
        task = self.model.get(name)
        if task is None or self.gone(task):
            return
        idle = task.status is TaskStatus.PENDING or task.left_behind(self.now)
        if idle and not task.recallable:
            task.end(TaskStatus.CANCELED, self.now)
        elif not task.status.terminal and not task.cancel_requested:
            task.cancel_requested, task.priority, task.not_before = True, RECALL_PRIORITY, self.now
        assert self.store.cancel(task.team, name).status is task.status

    @rule()
    def reap(self) -> None:
        reaped = 0
        for task in self.model.values():
            unwanted = task.cancel_requested and not task.recallable
            if task.left_behind(self.now) and (unwanted or task.attempt >= MAX_ATTEMPTS):
                task.end(TaskStatus.CANCELED if task.cancel_requested else TaskStatus.FAILED, self.now)
                reaped += 1
        assert self.store.reap() == reaped

    @rule()
    def sweep(self) -> None:
        expired = {name for name, task in self.model.items() if self.gone(task)}
        assert {old.task_id for old in self.store.expired(1000)} == {
            name for name in expired if self.model[name].number >= 0
        }
        for name in expired:
            self.store.delete(name)
            # The number stays taken: names are never used twice.
            self.model[name].number = -1

    @invariant()
    def every_task_is_as_the_model_says(self) -> None:
        if not hasattr(self, "store"):
            return
        there = {name: task for name, task in self.model.items() if not self.gone(task)}
        pages = [self.store.list(team, limit=100) for team in TEAMS]
        assert {shown.task_id for page in pages for shown in page.tasks} == there.keys()
        for shown in (shown for page in pages for shown in page.tasks):
            task = there[shown.task_id]
            assert (shown.team, shown.status, shown.attempt) == (task.team, task.status, task.attempt)
            assert (shown.outcome is not None) == shown.status.terminal
            assert shown.cancel_requested == task.cancel_requested
        waiting = sum(task.status is TaskStatus.PENDING for task in self.model.values())
        assert self.store.waiting() == waiting

    def gone(self, task: ModelTask) -> bool:
        return task.expires is not None and task.expires <= self.now

    def expected_hold(self, task: ModelTask | None) -> Hold:
        if task is None:
            return Hold.LOST
        return Hold.CANCEL_REQUESTED if task.cancel_requested else Hold.KEPT


def emptied(engine: Engine) -> Engine:
    """A database with nothing left of the history before."""
    with writing(engine) as connection:
        for table in (tables.task_input, tables.task, tables.team):
            connection.execute(delete(table))
    return engine


SETTINGS = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_history_goes_as_in_the_model(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        engine = hasty_sqlite(tmp_path / "omnireel.db")
    else:
        engine = open_database(request.getfixturevalue("postgres_url"))

    class OnADatabase(StoreAgainstModel):
        def open_empty(self) -> Engine:
            return emptied(engine)

    run_state_machine_as_test(OnADatabase, settings=SETTINGS)
    engine.dispose()
