"""Alembic's entry: migrates over the connection that `upgrade` hands in."""

from __future__ import annotations

from alembic import context

from omnireel.crashpoints import crash_point
from omnireel.tasks.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    on_version_apply=lambda **_: crash_point("mid_migration"),
)
context.run_migrations()
