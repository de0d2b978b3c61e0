"""Where finished files live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class BlobInfo:
    """A stored blob, as a listing shows it."""

    key: str
    size: int
    modified: datetime


class BlobStore(Protocol):
    """Bytes by key. Keys are relative paths of letters, digits, `.`, `_`, `-` and `/`."""

    def put(self, key: str, source: Path) -> None:
        """Store a copy of a file. All of it appears under the key, or none of it."""
        ...

    def get(self, key: str, target: Path) -> None:
        """Make the blob readable at `target`. Raises NotFound."""
        ...

    def delete(self, key: str) -> None:
        """Forget the blob. Deleting one that is not there is fine."""
        ...

    def sign(self, key: str, lifetime: timedelta) -> str:
        """An absolute link that works without a key until `lifetime` is over."""
        ...

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """Every blob whose key starts with `prefix`, in no particular order."""
        ...

    def sweep(self, older_than: timedelta) -> int:
        """Remove what interrupted puts left behind longer ago than this; how many that were."""
        ...
