"""What `/readyz` and `omnireel doctor` look at: each a small look of its own that says how a part is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from omnireel.api.rooms import Check
from omnireel.errors import CannotStart, Unavailable
from omnireel.storage.base import BlobStore
from omnireel.tasks.away import DatabaseAway
from omnireel.tasks.database import schema_of, writing
from omnireel.tasks.workers import Workers

PROBE: Final = "probes/readiness"
_PROBE_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Report:
    """How a part is. `retry_after` is when to look again, seconds."""

    ok: bool
    reason: str
    retry_after: int = 5


DRAINING: Final = Report(ok=False, reason="the server is stopping")


def look(checks: Mapping[str, Check]) -> dict[str, Report]:
    """Make every check, also when one of them fails."""
    return {name: _report(check) for name, check in checks.items()}


def _report(check: Check) -> Report:
    try:
        return Report(ok=True, reason=check())
    except Unavailable as error:
        return Report(ok=False, reason=str(error), retry_after=error.retry_after)


def writable(database: Engine) -> Check:
    """A check that a write transaction can be begun."""

    def check() -> str:
        try:
            with writing(database):
                return "writable"
        except (SQLAlchemyError, DatabaseAway) as error:
            raise Unavailable("the database cannot be written", retry_after=10) from error

    return check


def current_schema(database: Engine) -> Check:
    """A check that the tables are those of this version: somebody may have upgraded them meanwhile."""

    def check() -> str:
        try:
            schema = schema_of(database)
        except (SQLAlchemyError, CannotStart) as error:
            raise Unavailable("the database's schema cannot be read", retry_after=10) from error
        if not schema.current:
            raise Unavailable(f"the database has schema {schema.found}, this version needs {schema.needed}")
        return f"schema {schema.found}"

    return check


def storable(blobs: BlobStore, *, clock: Callable[[], float] = time.monotonic) -> Check:
    """A check that a blob can be stored and deleted, tried at most four times a minute.

    `clock` is in seconds and never goes back.
    """
    lock = Lock()
    tried: list[tuple[float, str]] = []

    def check() -> str:
        with lock:
            if not tried or clock() - tried[0][0] >= _PROBE_SECONDS:
                tried[:] = [(clock(), _fault_in(blobs))]
            if fault := tried[0][1]:
                raise Unavailable(f"files cannot be stored ({fault})", retry_after=int(_PROBE_SECONDS))
        return "writable"

    return check


def _fault_in(blobs: BlobStore) -> str:
    """What goes wrong when something is stored, in a word; "" when nothing does."""
    try:
        with NamedTemporaryFile() as probe:
            blobs.put(PROBE, Path(probe.name))
        blobs.delete(PROBE)
    except Exception as error:  # noqa: BLE001 - any store's own kinds of faults all mean the same here
        return type(error).__name__
    return ""


def free_disk(folder: Path, least: int) -> Check:
    """A check that `folder` has at least so many bytes to spare."""

    def check() -> str:
        free = shutil.disk_usage(folder).free
        if free < least:
            raise Unavailable(f"the disk has {free} bytes free, {least} are needed", retry_after=60)
        return f"{free} bytes free"

    return check


def live_worker(workers: Workers, within: timedelta, own: Check | None = None) -> Check:
    """A check that somebody works on tasks; `own` says why this process does not, or not yet."""

    def check() -> str:
        try:
            crew = workers.crew(within)
        except (SQLAlchemyError, DatabaseAway) as error:
            raise Unavailable("the database cannot be asked for workers", retry_after=10) from error
        if crew.workers:
            return f"{crew.workers} live, {crew.slots} tasks at once"
        if own is not None:
            own()
        raise Unavailable(f"no worker has reported for {within.total_seconds():g} seconds", retry_after=10)

    return check
