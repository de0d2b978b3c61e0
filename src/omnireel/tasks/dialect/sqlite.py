"""SQLite: a file beside the others, written by one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry

from omnireel.tasks.dialect.base import Changes, DatabaseNow, Dialect, WholePart

_BEGIN: Final = "omnireel_begin"
_DURABLE: Final = ("synchronous=FULL",)
# In WAL mode NORMAL waits for the disk at checkpoints only: a power cut takes the last writes, but never
# harms the file. A log of few pages has its full size soon, and then needs no more of a disk that is full.
_HASTY: Final = ("synchronous=NORMAL", "wal_autocheckpoint=100")
_PRAGMAS: Final = ("foreign_keys=ON", "journal_size_limit=67108864")
_LOCK_SECONDS: Final = 30
_CONNECTIONS: Final = 16
_MORE_CONNECTIONS: Final = 48
_PASSING: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")


@compiles(DatabaseNow, "sqlite")
def _now(element: object, compiler: object, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(WholePart, "sqlite")
def _whole_part(element: WholePart, compiler: Any, **how: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **how)} AS INTEGER)"


def connect(url: URL, pragmas: Sequence[str] = _DURABLE) -> Engine:
    """An engine whose connections are durable and strict, and begin transactions as we say."""
    engine = create_engine(
        url,
        connect_args={"timeout": _LOCK_SECONDS},
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        # Errors end in logs, and parameters hold prompts.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver would otherwise begin and commit as it sees fit.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*pragmas, *_PRAGMAS):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if begin := connection.get_execution_options().get(_BEGIN, "BEGIN"):
            connection.exec_driver_sql(begin)

    return engine


def _use_wal(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA journal_mode=WAL").close()


def _beside(engine: Engine) -> Engine:
    """A file next to the database's."""
    path = Path(str(engine.url.database))
    beside = connect(engine.url.set(database=str(path.with_name(f"{path.stem}-counts{path.suffix}"))), _HASTY)
    _use_wal(beside)
    return beside


def _insert_or_change(table: Table, changes: Changes) -> Insert:
    new = insert(table)
    return new.on_conflict_do_update(index_elements=table.primary_key, set_=changes(new.excluded))


def _take_turns(connection: Connection) -> None:
    """Writers do so already."""


def _alone(connection: Connection, team: str) -> bool:
    """Whoever writes is the only one."""
    return True


def _passing(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlite_errorname", "").startswith(_PASSING)


SQLITE: Final = Dialect(
    embedded=True,
    reading={},
    # The lock is taken at once, so no transaction has to be upgraded later.
    writing={_BEGIN: "BEGIN IMMEDIATE"},
    # Begun and committed by the statement: others wait for one call into SQLite, not for three and what a
    # thread does in between.
    alone={_BEGIN: ""},
    insert_once=lambda table: insert(table).on_conflict_do_nothing(),
    insert_or_change=_insert_or_change,
    beside=_beside,
    prepare=_use_wal,
    lock=_take_turns,
    take_turn=_alone,
    await_turn=_alone,
    passing=_passing,
)
