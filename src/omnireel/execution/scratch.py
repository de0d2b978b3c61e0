"""Scratch folders that can tell whether their owner still lives.

Each attempt gets `<root>/<unique>/` with three folders inside: `inputs`, which the engine may only read;
`work`, the engine's own; `home`, for caches and temporary files of the libraries it uses. Beside the
folder lies `<unique>.lock`, on which the owning process holds a `flock`. The kernel drops that lock when
the process dies however it dies, so a folder whose lock can be taken belongs to nobody.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp

LOCK_SUFFIX = ".lock"
BLOCK = 4096
MAX_COUNTED = 10_000


@dataclass(frozen=True)
class Parts:
    """The folders inside one attempt's folder."""

    folder: Path

    @property
    def inputs(self) -> Path:
        """For the request's media, under names of ours."""
        return self.folder / "inputs"

    @property
    def work(self) -> Path:
        """The engine's own folder, where the clip will be."""
        return self.folder / "work"

    @property
    def home(self) -> Path:
        """Home, cache and temporary folder of the child process."""
        return self.folder / "home"

    def size(self) -> int:
        """Bytes in all files, each taken for at least 4 KiB. Counts no further than 10,000 files."""
        files = (Path(top, name) for top, _, names in os.walk(self.folder) for name in names)
        return sum(max(BLOCK, _file_size(path)) for path in islice(files, MAX_COUNTED))


class Scratch:
    """One attempt's folder, held by this process until `remove`."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.parts = Parts(folder)
        self._lock = lock

    @property
    def folder(self) -> Path:
        return self.parts.folder

    def remove(self) -> None:
        """Delete everything. Once is enough; more is harmless."""
        if self._lock < 0:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        if not self.folder.exists():
            _lock_path(self.folder).unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = -1


def create(root: Path) -> Scratch:
    """A new folder under `root`. Raises OSError when the disk will not have it."""
    root.mkdir(parents=True, exist_ok=True)
    with _guard(root):
        folder = Path(mkdtemp(prefix="attempt-", dir=root))
        lock = os.open(_lock_path(folder), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    scratch = Scratch(folder, lock)
    for part in (scratch.parts.inputs, scratch.parts.work, scratch.parts.home):
        part.mkdir()
    return scratch


def sweep(root: Path) -> int:
    """Remove the folders under `root` whose owner is gone; how many that were."""
    if not root.is_dir():
        return 0
    with _guard(root):
        orphans = [path for path in root.glob("attempt-*") if path.is_dir() and not _owned(path)]
        strays = [lock for lock in root.glob(f"*{LOCK_SUFFIX}") if not lock.with_suffix("").exists()]
        for lock in strays:
            lock.unlink(missing_ok=True)
    for folder in orphans:
        shutil.rmtree(folder, ignore_errors=True)
        _lock_path(folder).unlink(missing_ok=True)
    return len(orphans)


def _owned(folder: Path) -> bool:
    try:
        lock = os.open(_lock_path(folder), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _file_size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _lock_path(folder: Path) -> Path:
    return folder.with_name(folder.name + LOCK_SUFFIX)


@contextmanager
def _guard(root: Path) -> Iterator[None]:
    """Keeps a sweep from seeing a folder in the moment before it is locked."""
    guard = os.open(root / "guard", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield
    finally:
        os.close(guard)
