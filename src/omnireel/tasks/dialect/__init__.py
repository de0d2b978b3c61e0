"""Everything in which one database differs from another. The rest of the room is plain SQLAlchemy.

`FOR UPDATE SKIP LOCKED` needs no line here: SQLAlchemy writes it for PostgreSQL and leaves it out for SQLite,
where `BEGIN IMMEDIATE` lets one writer in at a time.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, Insert, Table

from omnireel.tasks.dialect.base import DatabaseNow, Dialect, WholePart
from omnireel.tasks.dialect.postgresql import POSTGRESQL
from omnireel.tasks.dialect.sqlite import SQLITE

__all__ = ["DatabaseNow", "Dialect", "WholePart", "dialect_of", "insert_once"]

_DIALECTS: Final = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def dialect_of(database: Engine | Connection) -> Dialect:
    return _DIALECTS[database.dialect.name]


def insert_once(connection: Connection, table: Table) -> Insert:
    """An insert that leaves the row alone, and counts none, where its key is taken."""
    return dialect_of(connection).insert_once(table)
