"""Files on their way in: somewhere to write them, gone afterwards whatever happens."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from omnireel.errors import Unavailable

_PREFIX = "incoming-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def scratch_file(folder: Path) -> Iterator[Path]:
    """A path nobody else uses. Raises Unavailable when the disk turns out to be full."""
    path = folder / f"{_PREFIX}{token_hex(12)}"
    try:
        yield path
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise Unavailable("the disk is full", retry_after=60) from error
    finally:
        path.unlink(missing_ok=True)


def sweep_arrivals(folder: Path, age: timedelta) -> int:
    """Remove what killed processes left in `folder` at least `age` ago; returns how many files that were."""
    latest = time.time() - age.total_seconds()
    count = 0
    for path in folder.glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime <= latest:
                path.unlink()
                count += 1
    return count
