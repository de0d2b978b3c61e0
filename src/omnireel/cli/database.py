"""`omnireel db`: is the database in the shape that this version needs, and if not, make it so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import command_group
from omnireel.cli.server_extra import server_extra
from omnireel.cli.settings_flags import DataFolder, settings_from

if TYPE_CHECKING:
    from omnireel.settings import Settings
    from omnireel.tasks.database import Schema

app = command_group(
    "Look at the database's tables and bring them up to date. Set OMNIREEL_DATABASE for PostgreSQL."
)


@app.command()
def status(*, data: DataFolder = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Show which tables the database has; exits with 1 when this version needs others."""
    talk = Output(json, quiet)
    with ending(talk), server_extra("db"):
        from omnireel.app.operators import inspect_database

        schema = inspect_database(_settings(data))
    talk.data(_line(schema), _document(schema))
    if not schema.current:
        raise typer.Exit(FAILED)


@app.command()
def upgrade(*, data: DataFolder = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Bring the tables up to date. All of it happens, or nothing; doing it twice changes nothing."""
    talk = Output(json, quiet)
    with ending(talk), server_extra("db"):
        from omnireel.app.operators import upgrade_database

        before = upgrade_database(_settings(data))
    change = f"{before.place}: schema {before.needed}, was {before.found or 'empty'}"
    talk.data(change, _document(before) | {"schema": before.needed, "was": before.found, "current": True})


def _settings(data: Path | None) -> Settings:
    return settings_from(data=data)


def _line(schema: Schema) -> str:
    found = f"schema {schema.found}" if schema.found else "none of Omnireel's tables"
    if schema.current:
        return f"{schema.place}: {found}, up to date"
    remedy = "run `omnireel db upgrade`" if schema.known else "a newer Omnireel wrote it: start that version"
    return f"{schema.place}: {found}, this version needs {schema.needed}; {remedy}"


def _document(schema: Schema) -> dict[str, object]:
    return {
        "database": schema.place,
        "schema": schema.found,
        "needed": schema.needed,
        "current": schema.current,
    }
