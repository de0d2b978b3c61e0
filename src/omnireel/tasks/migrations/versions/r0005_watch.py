"""Traces of tasks, workers as they report, and an index for the numbers that operators watch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.Float(53)


def upgrade() -> None:
    op.add_column("task", sa.Column("trace", sa.String(64)))
    only = sa.text("completed_at IS NOT NULL")
    columns = ["completed_at", "status", "model"]
    op.create_index("ix_task_ended", "task", columns, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "worker",
        sa.Column("worker", sa.String(128), nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pk_worker"),
    )
    op.create_index("ix_worker_seen_at", "worker", ["seen_at"])
