"""Where finished files live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

Method = Literal["GET", "HEAD"]


@dataclass(frozen=True)
class BlobInfo:
    """A stored blob, as a listing shows it."""

    key: str
    size: int
    modified: datetime


class BlobStore(Protocol):
    """Bytes by key. Keys are relative paths of letters, digits, `.`, `_`, `-` and `/`."""

    def put(self, key: str, source: Path) -> None:
        """Store a copy of a file. All of it appears under the key, or none of it.

        Raises OSError for a file that cannot be read. This and all below raise StorageAway.
        """
        ...

    def put_new(self, key: str, source: Path) -> None:
        """Store a copy of a file as `put` does, once. Raises FileExistsError when the key is taken."""
        ...

    def has(self, key: str) -> bool:
        """Whether there is a blob by this key."""
        ...

    def get(self, key: str, target: Path) -> None:
        """Make the blob readable at `target`, where nothing is yet: whole or not at all. Raises NotFound."""
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


class ServedBlobs(BlobStore, Protocol):
    """Blobs that visitors reach through links to this service, which `sign` makes."""

    def opens(self, key: str, *, expires: str, signature: str) -> bool:
        """Whether a link's query, as it came, opens this key now."""
        ...

    def place(self, key: str, method: Method, lifetime: timedelta) -> Path | str:
        """What a visitor with a good link is given: a file to be sent, or the address to be sent to.

        The address works for this method alone, for `lifetime`. Raises NotFound.
        """
        ...
