"""Bytes that arrived become a blob, once for each team."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path

from omnireel.errors import Unavailable
from omnireel.storage.base import BlobStore
from omnireel.tasks.files import MediaFiles


class Intake:
    """Stores what callers sent under its content."""

    def __init__(self, blobs: BlobStore, files: MediaFiles) -> None:
        self._blobs = blobs
        self._files = files

    def store(self, team: str, path: Path, format: str) -> str:  # noqa: A002
        """The key of the blob with this file's bytes, stored now unless the team has it already.

        It stays for the janitor's grace, and as long as a task or an upload that is recorded within that
        needs it. Raises Unavailable when storing took longer.
        """
        key = self._files.keep_input(team, digest_of(path), format)
        if not self._blobs.has(key):
            self._blobs.put(key, path)
            if not self._files.hold_input(key):
                raise Unavailable("storing an input took too long; send the request again")
        return key


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
