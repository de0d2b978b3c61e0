"""The command line of a bubblewrap box: a process with its own view of files, processes and network."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path


def bubblewrap() -> str | None:
    """Where the `bwrap` program is, or None."""
    return shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")


def wrapped(command: Sequence[str], *, readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """The command inside a box without a network, seeing `readable` and `writable` at their own paths and
    little else.

    Paths that do not exist are skipped. Raises FileNotFoundError when bubblewrap is not installed.
    """
    program = bubblewrap()
    if program is None:
        raise FileNotFoundError("bubblewrap (bwrap) is not installed")
    return [
        program,
        "--die-with-parent",
        "--unshare-all",
        "--cap-drop",
        "ALL",
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108 - the box's own
        *(word for path in readable for word in ("--ro-bind-try", str(path), str(path))),
        *(word for path in writable for word in ("--bind-try", str(path), str(path))),
        "--",
        *command,
    ]
