"""Where the database is: a file, or a URL with a password in it that nobody else may see."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from omnireel.errors import CannotStart

_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_FORMS: Final = "'sqlite:///FILE' or 'postgresql://USER:PASSWORD@HOST/NAME'"


def parse(where: str | Path) -> URL:
    """The address of a SQLite file, or of the database at a URL. Raises CannotStart without repeating it."""
    if "://" not in str(where):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(str(where))
    except (ArgumentError, ValueError):
        # Their messages and their tracebacks may hold parts of the password.
        raise CannotStart(f"the database's URL cannot be read; it must be like {_FORMS}") from None
    if url.drivername not in _DRIVERS or not url.database:
        raise CannotStart(f"the database's URL must be like {_FORMS}")
    return url.set(drivername=_DRIVERS[url.drivername])


def describe(url: URL) -> str:
    """The database in words fit for logs: never a user's name, a password or an option."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite file {url.database}"
    named = url.query.get("host", "the local socket")
    host = url.host or (named if isinstance(named, str) else ", ".join(named))
    return f"PostgreSQL database {url.database} at {host}{f':{url.port}' if url.port else ''}"
