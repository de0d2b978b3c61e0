"""What callers sent is stored once for each team, and recorded; what all servers sign their links with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_input",
        sa.Column("key", sa.String(512), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("used_at", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_stored_input"),
        sa.UniqueConstraint("team", "sha256", name="uq_stored_input_team"),
    )
    op.create_index("ix_stored_input_used_at", "stored_input", ["used_at"])
    # Files from before have their bytes under their own key.
    op.add_column("media_file", sa.Column("blob", sa.String(512)))
    op.create_index("ix_media_file_blob", "media_file", ["blob"])
    op.create_table(
        "link_secret",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_link_secret"),
    )
