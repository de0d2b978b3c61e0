"""Small files that are their owner's alone: whole or not there, and changed by one process at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omnireel.errors import OmnireelError

LIMIT = 4 * 1024 * 1024


class FileUnusable(OmnireelError):
    """A file of ours cannot be used as it is; the text says what to do."""


def read_private(path: Path) -> str | None:
    """The text of a file that nobody else may read; None when there is none. Raises FileUnusable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileUnusable(f"cannot read {path}: {error.strerror}") from error
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        facts = os.fstat(descriptor)
        if stat.S_IMODE(facts.st_mode) & 0o077:
            raise FileUnusable(f"{path} holds secrets and others may read it: chmod 600 {path}")
        if facts.st_size > LIMIT:
            raise FileUnusable(f"{path} has {facts.st_size} bytes; it is not one of ours")
        return file.read()


def write_private(path: Path, text: str) -> None:
    """Replace the file, mode 0600; readers see the old one or the new one. Raises FileUnusable."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileUnusable(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Keep other processes of ours from changing `path` meanwhile. Raises FileUnusable.

    The lock is a file beside it, since the file itself is replaced. Without `wait`, a lock that somebody has
    is an error.
    """
    lock = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FileUnusable(f"cannot write in {path.parent}: {error.strerror}") from error
    try:
        _lock(descriptor, path, wait=wait)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path, *, wait: bool) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise FileUnusable(f"another process is at work on {path}") from None
