"""Everything in which one database differs from another. The rest of the room is plain SQLAlchemy.

`FOR UPDATE SKIP LOCKED` needs no line here: SQLAlchemy writes it for PostgreSQL and leaves it out for SQLite,
where `BEGIN IMMEDIATE` lets one writer in at a time.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Float, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.functions import FunctionElement

_BEGIN = "omnireel_begin"
WRITING = {_BEGIN: "BEGIN IMMEDIATE"}
"""Execution options of a transaction that writes. Its lock is taken at once, so none is upgraded later."""

_SQLITE_PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864")


class DatabaseNow(FunctionElement[float]):
    """The present moment on the database's clock, unix seconds: one clock for all who share the database."""

    type = Float(53)
    inherit_cache = True


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(element: object, compiler: object, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseNow, "postgresql")
def _postgresql_now(element: object, compiler: object, **_: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::double precision"


def durable_sqlite(engine: Engine) -> None:
    """Make an engine's SQLite connections durable and strict, and let us say how transactions begin."""

    @event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver would otherwise begin and commit as it sees fit.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
