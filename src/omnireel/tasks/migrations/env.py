"""Alembic's entry: migrates over the connection that `upgrade` hands in."""

from __future__ import annotations

from alembic import context

from omnireel.tasks.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
