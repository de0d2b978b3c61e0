from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import ClauseElement, Engine, func, select, text

from omnireel.tasks.database import open_database, writing
from omnireel.tasks.dialect import DatabaseNow, dialect_of
from omnireel.tasks.rows import new_row
from omnireel.tasks.tables import PENDING, task
from omnireel.tasks.turns import Rules, next_turns, waiting_task
from omnireel.testing.task_store import a_task

BURST = 3000
TEAMS = 10
RULES = Rules(DatabaseNow(), 3, 2)
TASK = {"team_": "team1", "priority_": 0, "limit_": 2}


@pytest.fixture
def crowded(database_place: str) -> Iterator[Engine]:
    """A burst of submits, with statistics from before it."""
    engine = open_database(database_place)
    tasks = (a_task(f"t{n}", team=f"team{n % TEAMS}") for n in range(BURST))
    rows = [{**new_row(new), "created_at": 0.0, "not_before": 0.0} for new in tasks]
    with writing(engine) as connection:
        connection.execute(text("ANALYZE task"))
        connection.execute(task.insert(), rows)
    yield engine
    engine.dispose()


def plan_of(engine: Engine, statement: ClauseElement) -> str:
    words = "EXPLAIN QUERY PLAN" if dialect_of(engine).embedded else "EXPLAIN"
    written = statement.compile(engine, compile_kwargs={"literal_binds": True})
    with writing(engine) as connection:
        return "\n".join(row[-1] for row in connection.exec_driver_sql(f"{words} {written}"))


def test_a_claim_reads_its_teams_queue_in_order_also_when_statistics_know_of_no_queue(
    crowded: Engine,
) -> None:
    plan = plan_of(crowded, waiting_task(RULES, limited=True).params(TASK))
    assert "using ix_task_pending" in plan.lower().replace("using index ", "using ")
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()


def test_whose_turn_it_is_is_found_with_one_look_for_each_team(crowded: Engine) -> None:
    plan = plan_of(crowded, next_turns(RULES)).lower()
    looks = [line for line in plan.splitlines() if "ix_task_pending" in line]
    # The first team, the next one, and each one's best task: its priority and its number.
    assert len(looks) >= 4
    assert "ix_task_team" not in plan
    assert "scan on task" not in plan.replace("index scan", "")


def test_the_queue_is_counted_from_its_index_alone(crowded: Engine) -> None:
    plan = plan_of(crowded, select(func.count()).where(PENDING)).lower()
    assert "covering index ix_task_pending" in plan or "index only scan using ix_task_pending" in plan
