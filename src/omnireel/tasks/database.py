"""Opening the database, and the two kinds of transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from omnireel.errors import CannotStart
from omnireel.tasks.address import describe, parse
from omnireel.tasks.away import DatabaseAway, patiently
from omnireel.tasks.dialect import dialect_of, postgresql, sqlite
from omnireel.tasks.tables import REVISION

CONNECTIONS: Final = 16


@dataclass(frozen=True)
class Schema:
    """The shape a database has. `found` is None for one without our tables."""

    place: str
    found: str | None
    known: bool
    """Whether this version of Omnireel knows how to bring it to `needed`."""
    needed: str = REVISION

    @property
    def current(self) -> bool:
        return self.found == self.needed


def open_database(where: str | Path, *, connections: int = CONNECTIONS) -> Engine:
    """Connect to a SQLite file, or to the database at a URL; its tables must be those of this version.

    An embedded database is brought up to date; several processes may do this at once. A shared one is not:
    others may be using it. `connections` bounds those to a shared one. Raises CannotStart.
    """
    engine = connect(where, connections=connections)
    with _closed_on_error(engine):
        schema = schema_of(engine)
        if not schema.current:
            _refuse_newer(schema)
            if not dialect_of(engine).embedded:
                raise CannotStart(_outdated(schema))
            upgrade_schema(engine)
    return engine


def connect(where: str | Path, *, connections: int = CONNECTIONS) -> Engine:
    """Connect without a look at the tables. Raises CannotStart for an address that is no good."""
    url = parse(where)
    if url.get_backend_name() == "sqlite":
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        return sqlite.connect(url)
    try:
        return postgresql.connect(url, connections)
    except ModuleNotFoundError as error:
        raise CannotStart("PostgreSQL needs one more package: pip install 'omnireel[postgres]'") from error


def schema_of(engine: Engine) -> Schema:
    """What shape the database has. Raises CannotStart, with the reason, when it cannot be reached."""
    try:
        found = patiently(lambda: _revision(engine))
    except DatabaseAway as error:
        raise CannotStart(_unreachable(engine.url, error)) from None
    return Schema(describe(engine.url), found, known=found in {None, REVISION} or _is_known(found))


def upgrade_schema(engine: Engine) -> Schema:
    """Bring the tables up to date in one transaction; what they were before. Raises CannotStart."""
    # Alembic takes longer to import than a migrated database takes to open.
    from omnireel.tasks.migrations import upgrade

    dialect_of(engine).prepare(engine)
    with writing(engine) as connection:
        dialect_of(engine).lock(connection)
        found = _revision_in(connection)
        before = Schema(describe(engine.url), found, known=found is None or _is_known(found))
        _refuse_newer(before)
        upgrade.upgrade(connection)
    return before


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one moment of the database and writes nothing. Raises DatabaseAway."""
    with (
        _faults_of(engine),
        engine.connect().execution_options(**dialect_of(engine).reading) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is durable when the block is left, or undone when it raises.

    After DatabaseAway it may be either: the answer to the commit may be what was lost.
    """
    with (
        _faults_of(engine),
        engine.connect().execution_options(**dialect_of(engine).writing) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """For one writing statement that is a transaction by itself. After DatabaseAway it was done or not."""
    with (
        _faults_of(engine),
        engine.connect().execution_options(**dialect_of(engine).alone) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _faults_of(engine: Engine) -> Iterator[None]:
    try:
        yield
    except PoolExhausted as error:
        raise DatabaseAway from error
    except DBAPIError as error:
        if dialect_of(engine).passing(error):
            raise DatabaseAway from error
        raise


@contextmanager
def _closed_on_error(engine: Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


def _revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return _revision_in(connection)


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _is_known(revision: str | None) -> bool:
    from omnireel.tasks.migrations import upgrade

    return revision in upgrade.revisions()


def _refuse_newer(schema: Schema) -> None:
    if not schema.known:
        raise CannotStart(
            f"the database has schema {schema.found}, newer than this Omnireel's {schema.needed}; "
            "start the version that wrote it, or a later one"
        )


def _outdated(schema: Schema) -> str:
    state = "none of Omnireel's tables" if schema.found is None else f"schema {schema.found}"
    needed = f"this Omnireel needs schema {schema.needed}: run `omnireel db upgrade`"
    return f"the {schema.place} has {state}, {needed}"


def _unreachable(url: URL, error: DatabaseAway) -> str:
    """Names the reason, in the driver's words, which are about addresses and names."""
    cause = error.__cause__
    said = str(cause.orig if isinstance(cause, DBAPIError) else cause).strip()
    hidden = said.replace(str(url.password), "***") if url.password else said
    return f"the {describe(url)} cannot be reached: {hidden.splitlines()[0] if hidden else 'no reason given'}"
