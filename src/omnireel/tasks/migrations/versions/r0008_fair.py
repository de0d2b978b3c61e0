"""A limit for each team's running tasks; indexes for a queue in which teams take turns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("team", sa.Column("running_limit", sa.Integer))
    op.drop_index("ix_task_queue", "task")
    op.drop_index("ix_task_workload_completed_at", "task")
    order = sa.text("priority DESC")
    pending: list[str | sa.TextClause] = ["team", order, "seq", "status", "model", "created_at"]
    _index("ix_task_pending", pending, "status = 'pending'")
    _index("ix_task_processing", ["team", "status"], "status = 'processing'")
    _index("ix_task_measured", ["workload", "completed_at"], "status = 'success'")
    _index("ix_task_begun", ["team", "started_at"], "started_at IS NOT NULL")


def _index(name: str, columns: list[str | sa.TextClause], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, "task", columns, sqlite_where=only, postgresql_where=only)
