"""A SQLite database that waits for no disk: for tests in which no power is cut."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, event

from omnireel.tasks.database import open_database


def hasty_sqlite(path: Path) -> Engine:
    """A file with our tables; waiting for its disk would be most of the time."""
    engine = open_database(path)
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return engine
