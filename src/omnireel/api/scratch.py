"""Files on their way in: somewhere to write them, gone afterwards whatever happens."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from omnireel.errors import Unavailable

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def scratch_file(folder: Path) -> Iterator[Path]:
    """A path nobody else uses. Raises Unavailable when the disk turns out to be full."""
    path = folder / f"incoming-{token_hex(12)}"
    try:
        yield path
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise Unavailable("the disk is full", retry_after=60) from error
    finally:
        path.unlink(missing_ok=True)
