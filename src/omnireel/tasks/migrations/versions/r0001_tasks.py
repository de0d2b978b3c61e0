"""Teams, keys, tasks, their inputs, and uploaded files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.Float(53)
_LIVE = sa.text("completed_at IS NULL")


def upgrade() -> None:
    _teams()
    _tasks()
    _files()


def _teams() -> None:
    op.create_table(
        "team",
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("balance", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("team", name="pk_team"),
    )
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("last4", sa.String(4), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_key"),
        sa.ForeignKeyConstraint(["team"], ["team.team"], name="fk_api_key_team"),
        sa.UniqueConstraint("digest", name="uq_api_key_digest"),
    )


def _tasks() -> None:
    op.create_table(
        "task",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("task_id", sa.String(128), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("workload", sa.String(128), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("not_before", _TIME, nullable=False),
        sa.Column("worker", sa.String(128)),
        sa.Column("token", sa.String(32)),
        sa.Column("lease_until", _TIME),
        sa.Column("progress", _TIME, nullable=False),
        sa.Column("progress_note", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("completed_at", _TIME),
        sa.Column("expires_at", _TIME),
        sa.Column("outcome", sa.JSON),
        sa.Column("charged", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_task"),
        sa.UniqueConstraint("task_id", name="uq_task_task_id"),
        sqlite_autoincrement=True,
    )
    _task_indexes()
    op.create_table(
        "task_input",
        sa.Column("task_id", sa.String(128), nullable=False),
        sa.Column("key", sa.String(512), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "key", name="pk_task_input"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.task_id"], name="fk_task_input_task_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_task_input_key", "task_input", ["key"])


def _task_indexes() -> None:
    op.create_index(
        "ix_task_queue",
        "task",
        [sa.text("priority DESC"), "seq", "status", "completed_at"],
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
    op.create_index("ix_task_token", "task", ["token"])
    op.create_index("ix_task_team_seq", "task", ["team", "seq"])
    op.create_index("ix_task_expires_at", "task", ["expires_at"])
    op.create_index("ix_task_workload_completed_at", "task", ["workload", "completed_at"])


def _files() -> None:
    op.create_table(
        "media_file",
        sa.Column("file_id", sa.String(64), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("key", sa.String(512), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("file_id", name="pk_media_file"),
        sa.UniqueConstraint("key", name="uq_media_file_key"),
    )
    op.create_index("ix_media_file_created_at", "media_file", ["created_at"])
