"""What the operator's commands work on, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine as Database

from omnireel.app.files import pair_secret
from omnireel.app.house import database_place
from omnireel.clock import SystemClock
from omnireel.errors import CannotStart
from omnireel.settings import Settings
from omnireel.tasks.database import Schema, connect, open_database, schema_of, upgrade_schema
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.gauges import QueueLook, QueueState
from omnireel.tasks.key_pairs import KeyPairs
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.teams import TeamStore


def open_keys(settings: Settings) -> KeyStore:
    """The keys of the server with these settings. Raises CannotStart."""
    return KeyStore(open_database(database_place(settings)), SystemClock())


def open_pairs(settings: Settings) -> KeyPairs:
    """The access keys of the server with these settings. Raises CannotStart."""
    database = open_database(database_place(settings))
    return KeyPairs(database, partial(pair_secret, settings, database), SystemClock())


def open_teams(settings: Settings) -> TeamStore:
    """The teams of the server with these settings. Raises CannotStart."""
    return TeamStore(open_database(database_place(settings)), SystemClock())


def open_files(settings: Settings) -> MediaFiles:
    """The uploaded files of the server with these settings. Raises CannotStart."""
    return MediaFiles(
        open_database(database_place(settings)), SystemClock(), quota=settings.upload_quota_bytes
    )


def inspect_database(settings: Settings) -> Schema:
    """What shape the database has. Raises CannotStart when it cannot be reached."""
    with _connected(settings) as database:
        return schema_of(database)


def inspect_queue(settings: Settings) -> QueueState:
    """The queue as it is now. Raises CannotStart when the database cannot be reached."""
    with _connected(settings) as database:
        state = QueueLook(database, heard=timedelta(seconds=settings.lease_seconds)).latest()
    if state is None:
        raise CannotStart("the queue cannot be read; is the database of this version?")
    return state


def upgrade_database(settings: Settings) -> Schema:
    """Bring the database to the shape this version needs; which it had before. Raises CannotStart."""
    with _connected(settings) as database:
        schema_of(database)
        return upgrade_schema(database)


@contextmanager
def _connected(settings: Settings) -> Iterator[Database]:
    database = connect(database_place(settings))
    try:
        yield database
    finally:
        database.dispose()
