from __future__ import annotations

from sqlalchemy import text

from omnireel.tasks.database import open_database, writing
from omnireel.tasks.dialect import DatabaseNow
from omnireel.tasks.queue import next_due
from omnireel.tasks.rows import new_row
from omnireel.tasks.tables import task
from omnireel.testing.task_store import a_task

BURST = 3000


def test_a_claim_reads_the_queue_in_order_also_when_statistics_know_of_no_queue(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    rows = [{**new_row(a_task(f"t{n}")), "created_at": 0.0, "not_before": 0.0} for n in range(BURST)]
    with writing(engine) as connection:
        connection.execute(text("ANALYZE task"))
        connection.execute(task.insert(), rows)
    claim = next_due(DatabaseNow(), 3).compile(engine, compile_kwargs={"literal_binds": True})
    with writing(engine) as connection:
        plan = "\n".join(connection.execute(text(f"EXPLAIN {claim}")).scalars())
    assert "using ix_task_queue" in plan
    assert "Sort" not in plan
    engine.dispose()
