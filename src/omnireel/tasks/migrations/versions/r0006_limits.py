"""Requests counted in the database; how much a team may upload."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_count",
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("minute", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("team", name="pk_request_count"),
        # Written with every request, and worth nothing a minute later.
        prefixes=["UNLOGGED"] if op.get_context().dialect.name == "postgresql" else [],
    )
    op.create_table(
        "upload_quota",
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["team"], ["team.team"], name="fk_upload_quota_team"),
        sa.PrimaryKeyConstraint("team", name="pk_upload_quota"),
    )
    op.create_index("ix_media_file_team_created_at", "media_file", ["team", "created_at", "size"])
