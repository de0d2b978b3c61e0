"""PostgreSQL: a server that many processes share, and that may go away and come back."""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry

from omnireel.tasks.dialect.base import Changes, DatabaseNow, Dialect, WholePart

# A server that vanished without a word is noticed within half a minute. What the URL says goes before these.
_CONNECT: Final = {
    "application_name": "omnireel",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
_SESSION: Final = (
    # A process frozen inside a transaction must not keep its rows locked, and no statement of ours is long.
    ("idle_in_transaction_session_timeout", "30s"),
    ("lock_timeout", "20s"),
    ("statement_timeout", "60s"),
    # With statistics from before a burst of submits, a claim would read and sort the whole queue.
    ("enable_bitmapscan", "off"),
    ("enable_sort", "off"),
    # A sort that cannot be avoided now looks dear enough to compile for seconds, or to start processes for.
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
)
_POOL_SECONDS: Final = 10
_RECYCLE_SECONDS: Final = 1800
# Classes of SQLSTATE: connection, a conflict rolled back, resources, the operator stepped in.
_PASSING: Final = ("08", "40", "53", "57")
_READ_ONLY: Final = "25006"
_LOCK_NOT_AVAILABLE: Final = "55P03"
_MIGRATION_LOCK: Final = 0x6F6D6E69
_TURN_LOCKS: Final = 0x7475726E
_TURN_WAIT: Final = "250ms"
"""Shorter than anything that the loop which claims must do meanwhile."""


@compiles(DatabaseNow, "postgresql")
def _now(element: object, compiler: object, **_: Any) -> str:
    # The same throughout a statement, so that indexes on times can be used with it.
    return "extract(epoch FROM statement_timestamp())::double precision"


@compiles(WholePart, "postgresql")
def _whole_part(element: WholePart, compiler: Any, **how: Any) -> str:
    return f"floor({compiler.process(element.clauses, **how)})::bigint"


def connect(url: URL, connections: int) -> Engine:
    """An engine that holds at most so many connections and tries each before it is used.

    Raises ModuleNotFoundError without psycopg.
    """
    engine = create_engine(
        url,
        connect_args={name: value for name, value in _CONNECT.items() if name not in url.query},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        pool_recycle=_RECYCLE_SECONDS,
        pool_pre_ping=True,
        pool_use_lifo=True,
        # Errors end in logs, and parameters hold prompts.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for name, value in _SESSION:
            cursor.execute(f"SET {name} = '{value}'")
        cursor.close()
        connection.commit()

    return engine


def _insert_or_change(table: Table, changes: Changes) -> Insert:
    new = insert(table)
    return new.on_conflict_do_update(index_elements=table.primary_key, set_=changes(new.excluded))


def _take_turns(connection: Connection) -> None:
    # A migration may be long.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))


def _take_turn(connection: Connection, team: str) -> bool:
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(*_turn_of(team)))).scalar_one())


def _await_turn(connection: Connection, team: str) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(text(f"SET LOCAL lock_timeout = '{_TURN_WAIT}'"))
            connection.execute(select(func.pg_advisory_xact_lock(*_turn_of(team))))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


def _turn_of(team: str) -> tuple[int, int]:
    """A lock's name, two signed numbers of 32 bits. Teams that share one wait for each other, that is all."""
    digest = crc32(team.encode())
    return _TURN_LOCKS, digest - (digest >> 31 << 32)


def _passing(error: DBAPIError) -> bool:
    sqlstate: str | None = getattr(error.orig, "sqlstate", None)
    if sqlstate is None:
        # The driver's own words: the connection broke, or none could be made.
        return error.connection_invalidated or isinstance(error, OperationalError)
    return sqlstate.startswith(_PASSING) or sqlstate in {_READ_ONLY, _LOCK_NOT_AVAILABLE}


POSTGRESQL: Final = Dialect(
    embedded=False,
    # One snapshot for all statements, as SQLite gives it.
    reading={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    writing={},
    # No other process waits for the row while we are told that it is written.
    alone={"isolation_level": "AUTOCOMMIT"},
    insert_once=lambda table: insert(table).on_conflict_do_nothing(),
    insert_or_change=_insert_or_change,
    # The tables themselves are unlogged.
    beside=lambda engine: engine,
    prepare=lambda engine: None,
    lock=_take_turns,
    take_turn=_take_turn,
    await_turn=_await_turn,
    passing=_passing,
)
