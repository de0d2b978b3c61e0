from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, select, text, true

from omnireel.models import TaskStatus
from omnireel.tasks.database import connect, reading, upgrade_schema, writing
from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.listing import matching
from omnireel.tasks.migrations.upgrade import FOLDER
from omnireel.tasks.store import TaskFilter
from omnireel.tasks.tables import task

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
OLD_TASK = """
INSERT INTO task (task_id, team, request_id, request, engine, workload, seed, priority, status,
    cancel_requested, attempt, not_before, progress, progress_note, note, created_at, charged)
VALUES ('t1', 'team', 'r', '{"version": 1, "request": {"model": "kling/kling-video-o1", "prompt": "p"}}',
    'studio', 'w', 7, 0, 'pending', false, 0, 0.0, 0.0, '', '', 1.0, 0)
"""


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (TaskFilter(), "ix_task_team_created_at"),
        (TaskFilter(created_after=NOON, created_before=NOON), "ix_task_team_created_at"),
        (TaskFilter(status=TaskStatus.FAILED), "ix_task_team_status"),
        (TaskFilter(status=TaskStatus.FAILED, created_before=NOON), "ix_task_team_status"),
        (TaskFilter(model="kling/kling-video-o1"), "ix_task_team_model"),
    ],
)
def test_every_list_is_read_from_an_index_in_its_own_order(
    engine: Engine, wanted: TaskFilter, index: str
) -> None:
    wanted_rows = matching("team", wanted, None, true()).limit(20)
    statement = wanted_rows.compile(engine, compile_kwargs={"literal_binds": True})
    with reading(engine) as connection:
        plan = _plan(connection, str(statement))
    assert index in plan
    assert "sort" not in plan.lower()
    assert "TEMP B-TREE" not in plan


def test_tasks_from_before_their_model_was_a_column_get_it(database_place: str) -> None:
    engine = connect(database_place)
    if not dialect_of(engine).embedded:
        with writing(engine) as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    with writing(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER))
        command.upgrade(config, "0001")
        connection.execute(text(OLD_TASK.replace(":", r"\:")))

    upgrade_schema(engine)

    with reading(engine) as connection:
        assert connection.execute(select(task.c.model)).scalar() == "kling/kling-video-o1"
    engine.dispose()


def _plan(connection: Connection, statement: str) -> str:
    """How the database would find the rows of a large table."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
        return "\n".join(row[3] for row in rows)
    for way in ("seqscan", "bitmapscan", "sort"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}").all())
