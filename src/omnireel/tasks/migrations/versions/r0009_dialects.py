"""Whose words a task was asked for in, and what its caller calls it; access keys beside API keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("dialect", sa.String(16)))
    op.add_column("task", sa.Column("external_id", sa.String(255)))
    named = sa.text("external_id IS NOT NULL")
    op.create_index(
        "ix_task_team_external_id",
        "task",
        ["team", "external_id"],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )
    op.add_column("api_key", sa.Column("access_key", sa.String(64)))
    op.create_index("ix_api_key_access_key", "api_key", ["access_key"], unique=True)
