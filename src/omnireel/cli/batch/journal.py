"""What a batch has done so far: one JSON line per fact, written to disk before it is relied upon.

    begun     the batch's own random name, and the server
    uploaded  a file of this size and time lies there under this link
    sent      about to be sent, with these media: from here on only the same request may be sent again
    returned  certainly not accepted, and may be sent again
    refused   certainly not accepted, and never will be
    accepted  the task's name
    ended     how the task ended
    saved     where its video lies

If the process dies between `sent` and `accepted`, the next one sends the same request under the same
Idempotency-Key, which makes no second task. The key is made of the batch's name and the line's.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import Any, Final

from omnireel.cli.private_file import FileUnusable, held
from omnireel.errors import InvalidRequest

VERSION: Final = 1


@dataclass(frozen=True)
class Sent:
    """A submit that may have arrived. `media` are links by the path they stand for; `price` is in USD."""

    at: datetime
    key_mark: str
    media: Mapping[str, str]
    price: str | None


@dataclass(frozen=True)
class Progress:
    """How far a line is."""

    sent: Sent | None = None
    refused: Mapping[str, Any] | None = None
    task_id: str | None = None
    ended: Mapping[str, Any] | None = None
    files: tuple[str, ...] | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether a task may exist whose name nobody has."""
        return self.sent is not None and self.task_id is None


@dataclass(frozen=True)
class Uploaded:
    """A link to a local file as it was."""

    size: int
    changed_at: float
    url: str
    at: datetime


@dataclass
class Journal:
    """Safe to use from several threads; one process at a time has it open."""

    path: Path
    batch: str
    _lines: dict[str, Progress] = field(default_factory=dict)
    _uploads: dict[str, Uploaded] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def progress(self, ident: str) -> Progress:
        with self._lock:
            return self._lines.get(ident, Progress())

    def key(self, ident: str) -> str:
        """The Idempotency-Key of a line, the same in every run."""
        return f"batch-{hashlib.sha256(f'{self.batch}/{ident}'.encode()).hexdigest()}"

    def upload(self, path: str) -> Uploaded | None:
        with self._lock:
            return self._uploads.get(path)

    def note_upload(self, path: str, uploaded: Uploaded) -> None:
        fact = {"size": uploaded.size, "changed_at": uploaded.changed_at, "url": uploaded.url}
        self._write("uploaded", path=path, at=uploaded.at.isoformat(), **fact)

    def note_sent(self, ident: str, sent: Sent) -> None:
        """To be called before the request leaves."""
        about = {"key_mark": sent.key_mark, "media": dict(sent.media), "price": sent.price}
        self._write("sent", line=ident, at=sent.at.isoformat(), **about)

    def note_returned(self, ident: str) -> None:
        self._write("returned", line=ident)

    def note_refused(self, ident: str, error: Mapping[str, Any]) -> None:
        self._write("refused", line=ident, error=error)

    def note_accepted(self, ident: str, task_id: str) -> None:
        self._write("accepted", line=ident, task_id=task_id)

    def note_ended(self, ident: str, outcome: Mapping[str, Any]) -> None:
        self._write("ended", line=ident, outcome=outcome)

    def note_saved(self, ident: str, files: tuple[str, ...]) -> None:
        self._write("saved", line=ident, files=list(files))

    def _write(self, fact: str, **about: Any) -> None:
        document = {"fact": fact, **about}
        with self._lock:
            _append(self.path, json.dumps(document) + "\n")
            self._take(document)

    def _take(self, document: Mapping[str, Any]) -> None:
        """Bring a fact into the picture. Raises KeyError, ValueError, TypeError for what is none."""
        if document["fact"] == "uploaded":
            at = datetime.fromisoformat(document["at"])
            uploaded = Uploaded(document["size"], document["changed_at"], document["url"], at)
            self._uploads[document["path"]] = uploaded
            return
        ident = document["line"]
        self._lines[ident] = _after(self._lines.get(ident, Progress()), document)


def _after(before: Progress, document: Mapping[str, Any]) -> Progress:
    match document["fact"]:
        case "sent":
            at = datetime.fromisoformat(document["at"])
            return replace(before, sent=Sent(at, document["key_mark"], document["media"], document["price"]))
        case "returned":
            return replace(before, sent=None)
        case "refused":
            return replace(before, refused=document["error"])
        case "accepted":
            return replace(before, task_id=document["task_id"])
        case "ended":
            return replace(before, ended=document["outcome"])
        case "saved":
            return replace(before, files=tuple(document["files"]))
    raise ValueError(f"no such fact: {document['fact']}")


@contextmanager
def open_journal(path: Path, origin: str) -> Iterator[Journal]:
    """Go on with what the file says, or begin a batch when there is none.

    Raises FileUnusable when it cannot be used or another process has it, InvalidRequest when it is about
    another server.
    """
    with held(path, wait=False):
        documents = list(_documents(path))
        if not documents:
            first = {"fact": "begun", "version": VERSION, "batch": token_hex(16), "origin": origin}
            _append(path, json.dumps(first | {"at": datetime.now(UTC).isoformat()}) + "\n")
            documents = [first]
        yield _journal(path, documents, origin)


def _journal(path: Path, documents: list[Mapping[str, Any]], origin: str) -> Journal:
    first = documents[0]
    if first.get("fact") != "begun" or first.get("version") != VERSION:
        raise FileUnusable(f"{path} is no state of a batch that this version knows")
    if first["origin"] != origin:
        raise InvalidRequest(f"{path} is about {first['origin']}, not {origin}; use another --state")
    journal = Journal(path, first["batch"])
    try:
        for document in documents[1:]:
            journal._take(document)
    except (KeyError, ValueError, TypeError):
        raise FileUnusable(f"{path} is damaged; what it tells of tasks cannot be trusted") from None
    return journal


def _documents(path: Path) -> Iterator[Mapping[str, Any]]:
    """The facts in the file. A last line that was cut short was never relied upon, and is cut off."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileUnusable(f"cannot read {path}: {error.strerror}") from error
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(path, len(whole))
    for line in whole.splitlines():
        try:
            document = json.loads(line)
        except ValueError:
            raise FileUnusable(f"{path} is damaged; what it tells of tasks cannot be trusted") from None
        if not isinstance(document, dict):
            raise FileUnusable(f"{path} is no state of a batch")
        yield document


def _append(path: Path, line: str) -> None:
    """Raises FileUnusable; then the fact is not on disk and must not be relied upon."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    data = line.encode()
    try:
        descriptor = os.open(path, flags, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            if os.write(descriptor, data) < len(data):
                # Half a fact would swallow the next one.
                os.ftruncate(descriptor, before)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileUnusable(f"cannot write {path}: {error.strerror}") from error
