"""Where a download collects its bytes: one collector per file, and a file that a later call goes on from."""

from __future__ import annotations

import fcntl
import os
import random
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from omnireel.client.types import Resource

_DIGEST = re.compile(r"[0-9a-f]{16}")


@contextmanager
def partial_file(resource: Resource, target: Path) -> Generator[Path, None, None]:
    """A path beside `target` that nobody else writes to meanwhile. Raises OSError.

    It is named for the content, so that only a try for the very same bytes goes on from it, and outlasts a
    failure. Without a digest, or while somebody else holds that name, it is a name of its own that does not.
    """
    mark = _DIGEST.match(resource.sha256 or "")
    shared = target.with_name(f".{target.name}.{mark[0] if mark else ''}.part")
    lock = _hold(shared) if mark else None
    if lock is None:
        with _own(target) as partial:
            yield partial
        return
    try:
        yield shared
    finally:
        if os.fstat(lock).st_size == 0 and _lies_at(lock, shared):
            shared.unlink()
        os.close(lock)


@contextmanager
def _own(target: Path) -> Generator[Path, None, None]:
    partial = target.with_name(f".{target.name}.{os.getpid()}-{random.getrandbits(32):08x}.part")
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def _hold(path: Path) -> int | None:
    """The locked file's descriptor; None when it is another's or cannot be locked here."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    # Whoever held it may have published or removed it between the two calls above.
    if _lies_at(lock, path):
        return lock
    os.close(lock)
    return None


def _lies_at(file: int, path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file), path.stat())
