"""Which blob keys there are: relative paths that cannot lead anywhere else."""

from __future__ import annotations

import re

from omnireel.errors import NotFound

LONGEST_KEY = 512

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)
# A part of a path may not be longer on the file systems there are.
_LONGEST_PART = 200


def check_key(key: str) -> str:
    """The key itself. Raises NotFound for one that no blob can have, such as `../x` or `/etc/passwd`."""
    if not is_key(key):
        raise NotFound("no such file")
    return key


def is_key(key: str) -> bool:
    """Whether a blob can have this key."""
    fits = len(key) <= LONGEST_KEY and all(len(part) <= _LONGEST_PART for part in key.split("/"))
    return fits and _KEY.fullmatch(key) is not None
