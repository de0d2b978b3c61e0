"""Scratch folders that can tell whether their owner still lives.

Each attempt gets `<root>/<unique>/` with four folders inside: `inputs` and `script`, which the engine may
only read; `work`, the engine's own; `home`, for caches and temporary files of the libraries it uses. Beside
the folder lies `<unique>.lock`, made before it and removed after it, on which the owning process holds a
`flock`. The kernel drops that lock when the process dies however it dies, so a folder whose lock can be
taken belongs to nobody. Nobody ever waits for a lock: its holder may be frozen.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

PREFIX = "attempt-"
LOCK_SUFFIX = ".lock"
TRIES = 20
BLOCK = 4096
MAX_ENTRIES = 10_000
"""Files and folders one attempt may have."""


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
    def script(self) -> Path:
        """For what a language model says to the request."""
        return self.folder / "script"

    @property
    def home(self) -> Path:
        """Home, cache and temporary folder of the child process."""
        return self.folder / "home"

    @property
    def all(self) -> tuple[Path, ...]:
        return self.inputs, self.script, self.work, self.home

    def overfull(self, most: int) -> bool:
        """Whether there are more than `most` bytes, each file and folder taken for at least 4 KiB, or more
        than 10,000 of them. A folder nobody can look into is over every limit.
        """
        size = 0
        try:
            for count, length in enumerate(_sizes(self.folder), start=1):
                size += max(BLOCK, length)
                if size > most or count > MAX_ENTRIES:
                    return True
        except OSError:
            return True
        return False


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
    folder, lock = _reserved(root)
    scratch = Scratch(folder, lock)
    try:
        for part in (folder, *scratch.parts.all):
            part.mkdir(mode=0o700)
    except BaseException:
        scratch.remove()
        raise
    return scratch


def sweep(root: Path) -> int:
    """Remove the folders under `root` whose owner is gone; how many that were."""
    if not root.is_dir():
        return 0
    bare = [path for path in root.glob(f"{PREFIX}*") if path.is_dir() and not _lock_path(path).exists()]
    for folder in bare:
        shutil.rmtree(folder, ignore_errors=True)
    return len(bare) + sum(_sweep_locked(lock) for lock in root.glob(f"{PREFIX}*{LOCK_SUFFIX}"))


def _sweep_locked(path: Path) -> bool:
    """Remove a lock nobody holds, and its folder first. True when there was a folder."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        if not _taken(lock):
            return False
        folder = path.with_suffix("")
        found = folder.is_dir()
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            path.unlink(missing_ok=True)
        return found
    finally:
        os.close(lock)


def _reserved(root: Path) -> tuple[Path, int]:
    """A name nobody has, and the lock that keeps it."""
    for _ in range(TRIES):
        folder = root / f"{PREFIX}{token_hex(8)}"
        lock = os.open(_lock_path(folder), os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            # A sweep may have seen the file before it was locked, and then it is gone or about to go.
            if _taken(lock) and os.fstat(lock).st_nlink:
                return folder, lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
    raise OSError(errno.EAGAIN, "no scratch folder could be reserved")


def _taken(lock: int) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sizes(folder: Path) -> Iterator[int]:
    """Bytes of each file and folder below, as they are found. Raises OSError for a folder it cannot list."""
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    yield entry.stat(follow_symlinks=False).st_size
        except (FileNotFoundError, NotADirectoryError):
            # It went while we looked.
            continue


def _lock_path(folder: Path) -> Path:
    return folder.with_name(folder.name + LOCK_SUFFIX)
