from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, event, text

from omnireel.models import Failed
from omnireel.tasks.database import connect
from omnireel.tasks.gauges import REMEMBERED, StoreGauges
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.workers import Workers
from omnireel.telemetry.metrics import Metrics
from omnireel.testing.task_store import a_success, a_task, claimed

MODEL = {"model": "kling/kling-video-o1"}


class Seconds:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def registered(engine: Engine, seconds: Seconds | None = None) -> CollectorRegistry:
    registry = CollectorRegistry()
    gauges = StoreGauges(
        engine, heard=timedelta(seconds=30), free_disk=lambda: 1234, clock=seconds or Seconds()
    )
    registry.register(gauges)
    return registry


def test_the_queue_is_counted_in_the_database(engine: Engine) -> None:
    store = SqlTaskStore(engine)
    for n in range(4):
        store.add(a_task(f"t{n}"))
    store.finish(claimed(store), a_success())
    store.finish(claimed(store), Failed("engine_failed", "no"))
    claimed(store)
    Workers(engine).report("a worker", 3)
    of = registered(engine).get_sample_value

    assert of("omnireel_queue_depth", MODEL) == 1
    assert of("omnireel_tasks_running", MODEL) == 1
    assert of("omnireel_tasks_finished_recently", MODEL | {"outcome": "success"}) == 1
    assert of("omnireel_tasks_finished_recently", MODEL | {"outcome": "failed"}) == 1
    assert of("omnireel_disk_free_bytes") == 1234
    assert (of("omnireel_workers"), of("omnireel_worker_slots")) == (1, 3)
    assert 0 <= (of("omnireel_queue_oldest_seconds") or -1) < 60
    assert abs((of("omnireel_last_success_timestamp_seconds") or 0) - time.time()) < 60
    assert of("omnireel_database_up") == 1


def test_many_scrapes_ask_the_database_once(engine: Engine) -> None:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    seconds = Seconds()
    registry = registered(engine, seconds)
    assert not asked

    for _ in range(20):
        list(registry.collect())
    once = len(asked)
    seconds.now += REMEMBERED
    list(registry.collect())

    assert 0 < once < 15
    assert len(asked) == 2 * once


def test_a_database_that_is_away_is_told_and_no_fault() -> None:
    engine = connect("postgresql://nobody:secret@127.0.0.1:1/none")
    of = registered(engine).get_sample_value
    assert of("omnireel_database_up") == 0
    assert of("omnireel_queue_depth", MODEL) is None
    engine.dispose()


@pytest.mark.parametrize("database_place", ["sqlite"], indirect=True)
def test_the_count_reads_an_index_alone(engine: Engine) -> None:
    asked: list[tuple[str, tuple[Any, ...]]] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    list(registered(engine).collect())
    counting = [(statement, given) for statement, given in asked if "FROM task" in statement]

    assert len(counting) == 4
    with engine.connect() as connection:
        for statement, given in counting:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
            # Those that run are few.
            assert "USING COVERING INDEX ix_task_" in str(plan) or "INDEX ix_task_processing" in str(plan), (
                plan
            )
        assert connection.execute(text("SELECT count(*) FROM task")).scalar() == 0


def test_an_ending_is_counted_once_and_only_when_it_is_written(engine: Engine) -> None:
    metrics = Metrics()
    store = SqlTaskStore(engine, metrics=metrics)
    for name in ("t1", "t2"):
        store.add(a_task(name))
    claim = claimed(store)
    store.finish(claim, a_success())
    store.finish(claim, a_success())
    store.cancel("team", "t2")
    store.cancel("team", "t2")

    def finished(outcome: str) -> float | None:
        return metrics.registry.get_sample_value(
            "omnireel_tasks_finished_total", MODEL | {"outcome": outcome}
        )

    assert (finished("success"), finished("canceled"), finished("failed")) == (1, 1, None)
