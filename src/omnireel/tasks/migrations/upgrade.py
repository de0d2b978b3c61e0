"""Runs the migrations that a database lacks, in the caller's transaction: a kill half-way leaves no trace."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def revisions() -> frozenset[str]:
    """Every revision this version knows."""
    return frozenset(script.revision for script in ScriptDirectory(FOLDER).walk_revisions())


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER))
    command.upgrade(config, "head")
