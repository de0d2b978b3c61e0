"""Blobs in a folder: whole files or none."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from omnireel.clock import Clock
from omnireel.crashpoints import crash_point
from omnireel.errors import NotFound
from omnireel.storage.base import BlobInfo, Method
from omnireel.storage.keys import check_key
from omnireel.storage.links import FileLinks

# Inside the root, so that a rename never crosses file systems; keys cannot begin with a dot.
_INCOMING = ".incoming"
_CANNOT_LINK = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP)
_CHUNK = 1024 * 1024
_MOVE_TRIES = 10


class LocalBlobs:
    """A `BlobStore` under `root`. Links start with `base_url` and are signed with `secret`."""

    def __init__(self, root: Path, *, base_url: str, secret: bytes, clock: Clock) -> None:
        self._root = root
        self._links = FileLinks(base_url, secret=secret, clock=clock)
        self._incoming = root / _INCOMING
        self._incoming.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Where a stored blob lies. Raises NotFound. The file is to be read only."""
        path = self._root / check_key(key)
        if not path.is_file():
            raise NotFound("no such file")
        return path

    def put(self, key: str, source: Path) -> None:
        target = self._root / check_key(key)
        partial = self._copy_in(source)
        try:
            crash_point("before_blob_rename")
            _move(os.replace, partial, target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync_folders(target.parent, self._root)
        crash_point("after_blob_put")

    def put_new(self, key: str, source: Path) -> None:
        target = self._root / check_key(key)
        partial = self._copy_in(source)
        try:
            crash_point("before_blob_rename")
            _move(_link, partial, target)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folders(target.parent, self._root)
        crash_point("after_blob_put")

    def has(self, key: str) -> bool:
        return (self._root / check_key(key)).is_file()

    def get(self, key: str, target: Path) -> None:
        source = self.path(key)
        try:
            target.hardlink_to(source)
        except OSError as error:
            if error.errno not in _CANNOT_LINK:
                raise
            shutil.copyfile(source, target)

    def delete(self, key: str) -> None:
        path = self._root / check_key(key)
        path.unlink(missing_ok=True)
        for folder in path.parents[: len(Path(key).parts) - 1]:
            try:
                folder.rmdir()
            except OSError:
                # Not empty, or another delete was quicker.
                return

    def sign(self, key: str, lifetime: timedelta) -> str:
        return self._links.sign(key, lifetime)

    def opens(self, key: str, *, expires: str, signature: str) -> bool:
        return self._links.opens(key, expires=expires, signature=signature)

    def place(self, key: str, method: Method, lifetime: timedelta) -> Path:
        return self.path(key)

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        for path in _files(self._start(prefix)):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix) and not key.startswith(_INCOMING):
                with suppress(FileNotFoundError):
                    stat = path.stat()
                    yield BlobInfo(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def sweep(self, older_than: timedelta) -> int:
        # Against the file system's time, which is the machine's, whatever clock signs the links.
        latest = datetime.now(UTC) - older_than
        gone = [path for path in self._incoming.iterdir() if _modified(path) < latest]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def _start(self, prefix: str) -> Path:
        """The deepest folder that holds everything with this prefix."""
        folder = prefix.rpartition("/")[0]
        return self._root / check_key(folder) if folder else self._root

    def _copy_in(self, source: Path) -> Path:
        with source.open("rb") as original, NamedTemporaryFile(dir=self._incoming, delete=False) as copy:
            partial = Path(copy.name)
            try:
                while chunk := original.read(_CHUNK):
                    copy.write(chunk)
                    crash_point("mid_blob_put")
                copy.flush()
                os.fchmod(copy.fileno(), 0o444)
                os.fsync(copy.fileno())
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        return partial


def _link(partial: Path, target: Path) -> None:
    """Give the file its name unless that is taken. Raises FileExistsError."""
    try:
        target.hardlink_to(partial)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        # A file system without links; two at the same moment are not told apart there.
        if target.exists():
            raise FileExistsError(f"{target.name} is stored already") from None
        partial.replace(target)


def _move(how: Callable[[Path, Path], None], partial: Path, target: Path) -> None:
    for attempt in range(1, _MOVE_TRIES + 1):
        # That may trip over the same delete, and what is missing then is found missing below.
        with suppress(FileNotFoundError, FileExistsError):
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            how(partial, target)
        except FileNotFoundError:
            # A delete next door removed the folder as empty in between.
            if attempt == _MOVE_TRIES or not partial.exists():
                raise
        else:
            return


def _sync_folders(folder: Path, root: Path) -> None:
    """Make the name durable: the entry in its folder, and the folders that may be new."""
    while True:
        with suppress(FileNotFoundError):
            _sync(folder)
        if folder == root:
            return
        folder = folder.parent


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry


def _modified(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)
