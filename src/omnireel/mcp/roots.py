"""Which local files may be sent: plain files beneath allowed folders, wherever a path leads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from omnireel.errors import CannotStart

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Forbidden(Exception):
    """A path that may not be read, or is no file. `str(error)` is for the model."""


class Roots:
    """The allowed folders. None of them allows nothing."""

    def __init__(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise CannotStart(f"--root must name a folder, got {str(folder)!r}")
        self.folders = tuple(folder.resolve() for folder in folders)

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """The file behind a path, absolute or relative to an allowed folder. Raises Forbidden.

        Links are followed only as far as they stay inside: what is opened is the resolved path, one step at a
        time from the allowed folder down, refusing any link that appeared meanwhile.
        """
        root, inside = self._place(path)
        try:
            descriptor = _descend(root, inside)
        except OSError as error:
            raise Forbidden(f"{path!r} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Forbidden(f"{path!r} is not a file")
        with os.fdopen(descriptor, "rb") as file:
            yield file

    def _place(self, path: str) -> tuple[Path, Path]:
        if not self.folders:
            raise Forbidden("this MCP server may read no local files: it was started without --root FOLDER")
        for root in self.folders:
            found = _resolved(root, path)
            if found.is_relative_to(root):
                return root, found.relative_to(root)
        raise Forbidden(f"{path!r} is outside the allowed folders ({self})")

    def __str__(self) -> str:
        return ", ".join(str(folder) for folder in self.folders) or "none"


def _resolved(root: Path, path: str) -> Path:
    try:
        # An absolute path replaces the root.
        return (root / path).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise Forbidden(f"{path!r} is not a path") from error


def _descend(root: Path, inside: Path) -> int:
    """A descriptor for a file beneath a folder, through no link at all."""
    folder = os.open(root, _FOLDER)
    try:
        for name in inside.parts[:-1]:
            deeper = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = deeper
        return os.open(inside.name or ".", _FILE | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
