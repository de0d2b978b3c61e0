"""Webhooks: who is to be told, what was told, and what it is signed with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.Float(53)
_UNDELIVERED = sa.text("status = 'pending'")


def upgrade() -> None:
    _subscriptions()
    _deliveries()
    _attempts()
    _receivers()


def _subscriptions() -> None:
    op.create_table(
        "task_webhook",
        sa.Column("task_id", sa.String(128), nullable=False),
        sa.Column("delivery_id", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("url_digest", sa.String(64), nullable=False),
        sa.Column("target", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name="pk_task_webhook"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.task_id"], name="fk_task_webhook_task_id", ondelete="CASCADE"
        ),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.String(64), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("task_id", sa.String(128), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("url_digest", sa.String(64), nullable=False),
        sa.Column("target", sa.String(300), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("token", sa.String(32)),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("seq", name="pk_webhook_delivery"),
        sa.UniqueConstraint("delivery_id", name="uq_webhook_delivery_delivery_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_webhook_delivery_due_at",
        "webhook_delivery",
        ["due_at", "target"],
        sqlite_where=_UNDELIVERED,
        postgresql_where=_UNDELIVERED,
    )
    op.create_index("ix_webhook_delivery_team_seq", "webhook_delivery", ["team", "seq"])
    for column in ("task_id", "url_digest", "created_at"):
        op.create_index(f"ix_webhook_delivery_{column}", "webhook_delivery", [column])


def _attempts() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("status_code", sa.Integer),
        sa.Column("latency_ms", sa.Integer),
        sa.Column("error", sa.String(32)),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempt"),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_delivery.delivery_id"],
            name="fk_webhook_attempt_delivery_id",
            ondelete="CASCADE",
        ),
    )


def _receivers() -> None:
    op.create_table(
        "webhook_off",
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("url_digest", sa.String(64), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("team", "url_digest", name="pk_webhook_off"),
    )
    op.create_index("ix_webhook_off_since", "webhook_off", ["since"])
    op.create_table(
        "webhook_secret",
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("secret", sa.String(80), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("retired_at", _TIME),
        sa.PrimaryKeyConstraint("team", "number", name="pk_webhook_secret"),
    )
