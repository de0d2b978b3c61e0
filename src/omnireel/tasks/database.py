"""Opening the database: durable settings, then the migrations it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text

from omnireel.errors import CannotStart
from omnireel.tasks.dialect import WRITING, durable_sqlite
from omnireel.tasks.tables import REVISION

_LOCK_SECONDS = 30
_CONNECTIONS = 16
_MORE_CONNECTIONS = 48


def open_database(where: str | Path) -> Engine:
    """Connect to a SQLite file, or to the database at a SQLAlchemy URL, and bring its tables up to date.

    Several processes may do this at once. Raises CannotStart for a database that a newer Omnireel wrote.
    """
    engine = _connect(where)
    try:
        if _revision(engine) != REVISION:
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one moment of the database and writes nothing."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is durable when the block is left, or undone when it raises."""
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        yield connection


def _connect(where: str | Path) -> Engine:
    url = make_url(str(where)) if "://" in str(where) else make_url(f"sqlite:///{where}")
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": _LOCK_SECONDS},
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        # Errors end in logs, and parameters hold prompts.
        hide_parameters=True,
    )
    durable_sqlite(engine)
    return engine


def _revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return _revision_in(connection)


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    # Alembic takes longer to import than a migrated database takes to open.
    from omnireel.tasks.migrations import upgrade

    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA journal_mode=WAL").close()
    with writing(engine) as connection:
        found = _revision_in(connection)
        if found is not None and found not in upgrade.revisions():
            raise CannotStart(
                f"the database has schema {found}, newer than this Omnireel's {REVISION}; "
                "start the version that wrote it, or a later one"
            )
        upgrade.upgrade(connection)
