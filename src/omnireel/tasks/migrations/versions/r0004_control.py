"""What submits with an Idempotency-Key were answered; lists of tasks by model; deadlines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.Float(53)
_LIVE = sa.text("completed_at IS NULL")


def upgrade() -> None:
    _idempotency()
    _lists()
    _deadlines()


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("task_id", sa.String(128), nullable=False),
        sa.Column("model_id", sa.String(128), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_expires_at", "idempotency", ["expires_at"])


def _lists() -> None:
    op.add_column("task", sa.Column("model", sa.String(128), nullable=False, server_default=""))
    task = sa.table("task", sa.column("request", sa.JSON), sa.column("model", sa.String))
    op.execute(sa.update(task).values(model=task.c.request["request"]["model"].as_string()))
    op.drop_index("ix_task_team_seq", "task")
    op.create_index("ix_task_team_created_at", "task", ["team", "created_at", "seq"])
    op.create_index("ix_task_team_status", "task", ["team", "status", "created_at", "seq"])
    op.create_index("ix_task_team_model", "task", ["team", "model", "created_at", "seq"])


def _deadlines() -> None:
    op.add_column("task", sa.Column("deadline", _TIME))
    op.create_index("ix_task_deadline", "task", ["deadline"], sqlite_where=_LIVE, postgresql_where=_LIVE)
