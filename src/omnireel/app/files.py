"""Where the service keeps files: the data folder, or a bucket."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Engine as Database

from omnireel.clock import SystemClock
from omnireel.errors import CannotStart, StorageAway
from omnireel.settings import Settings
from omnireel.storage.base import ServedBlobs
from omnireel.storage.bucket import open_bucket
from omnireel.storage.links import FileLinks
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.dialect import dialect_of
from omnireel.tasks.link_secret import shared_link_secret

FIRST_KEY: Final = "first-key"
"""The file in the data folder with the key that the first start makes."""

log = structlog.get_logger(__name__)


def inspect_bucket(settings: Settings) -> tuple[str, bool]:
    """Store, read and delete an object: where that is, and whether it refuses to store one twice.

    Raises CannotStart.
    """
    bucket = open_bucket(settings, FileLinks("", secret=b"", clock=SystemClock()))
    try:
        return str(bucket), bucket.probe()
    except StorageAway as error:
        raise CannotStart(error.reason) from error


def open_blobs(settings: Settings, database: Database, base_url: str) -> tuple[ServedBlobs, ServedBlobs]:
    """Where files are kept, for those who are waited for and for those who work long. Raises CannotStart."""
    clock = SystemClock()
    if settings.s3_bucket is None:
        secret = _secret(settings.data / "secret")
        folder = LocalBlobs(settings.data / "files", base_url=base_url, secret=secret, clock=clock)
        return folder, folder
    place, careful = inspect_bucket(settings)
    if not careful:
        log.warning("bucket stores twice under one name", bucket=place)
    # Other machines are to know our links, and we theirs.
    links = FileLinks(base_url, secret=shared_link_secret(database), clock=clock)
    return open_bucket(settings, links), open_bucket(settings, links, patient=True)


def pair_secret(settings: Settings, database: Database) -> bytes:
    """What secret keys are derived from, the same for all who share the database; made on first use.

    Beside a database in a file it is in a file of its own, so that a copy of the database tells it to nobody.
    """
    if dialect_of(database).embedded:
        return _secret(settings.data / "secret")
    return shared_link_secret(database)


def _secret(path: Path) -> bytes:
    """What this data folder alone knows, made on first use: links to results are signed with it."""
    with suppress(FileExistsError):
        write_private(path, secrets.token_hex(32))
    return bytes.fromhex(path.read_text())


def write_private(path: Path, content: str) -> None:
    """Write a file only its owner may read, whole or not at all. Raises FileExistsError when there is one."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    finally:
        partial.unlink()
