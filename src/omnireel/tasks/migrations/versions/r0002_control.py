"""What submits with an Idempotency-Key were answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_control"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.Float(53)


def upgrade() -> None:
    _idempotency()


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
