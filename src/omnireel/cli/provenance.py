"""Where a file is from: who published these very bytes, as far as this machine and a server know."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from omnireel.cli.history import Remembered, remembered
from omnireel.client.errors import NotFoundError
from omnireel.client.types import Task
from omnireel.models import TaskStatus

if TYPE_CHECKING:
    from omnireel.client._sync import Client

MOST_SEARCHED: Final = 1000
"""Finished tasks of the server that are looked through, the newest first."""

_TASK_ID: Final = re.compile(r"task-(?:t2v|i2v|v2v)-[A-Za-z0-9]+")


class Verdict(StrEnum):
    GENUINE = "genuine"
    """A server published exactly these bytes."""
    CHANGED = "changed"
    """The task it is named for published others."""
    UNKNOWN = "unknown"
    """Whoever was asked does not know it."""


@dataclass(frozen=True)
class Origin:
    """What is known of a file: `source` is the server that published it, as `witness` says."""

    verdict: Verdict
    source: str | None = None
    witness: Literal["history", "server"] | None = None
    task_id: str | None = None
    model_id: str | None = None
    engine: str | None = None
    seed: int | None = None
    warnings: tuple[str, ...] = ()


def digest_of(path: Path) -> str:
    """SHA-256 in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def named_task(path: Path, said: str | None) -> str | None:
    """The task a file is from by what somebody says, else by its name."""
    found = _TASK_ID.search(path.name)
    return said or (found[0] if found else None)


def origin_here(digest: str, task_id: str | None) -> Origin:
    """What the history of this machine knows. Raises FileUnusable."""
    entries = [entry for entry in remembered() if entry.sha256 is not None]
    for entry in entries:
        if entry.sha256 == digest:
            return _of_entry(Verdict.GENUINE, entry)
    for entry in entries:
        if entry.task_id == task_id:
            return _of_entry(Verdict.CHANGED, entry)
    return Origin(Verdict.UNKNOWN)


def origin_there(client: Client, digest: str, task_id: str | None) -> Origin:
    """What a server knows: the named task first, then the newest finished ones. Raises APIError."""
    named = _get(client, task_id) if task_id else None
    if named is not None and _published(named, digest):
        return _of_task(Verdict.GENUINE, named, client.base_url)
    for task in islice(_finished(client), MOST_SEARCHED):
        if _published(task, digest):
            return _of_task(Verdict.GENUINE, task, client.base_url)
    if named is not None and named.resources:
        return _of_task(Verdict.CHANGED, named, client.base_url)
    return Origin(Verdict.UNKNOWN, client.base_url, "server")


def _get(client: Client, task_id: str) -> Task | None:
    try:
        return client.tasks.get(task_id)
    except NotFoundError:
        return None


def _finished(client: Client) -> Iterator[Task]:
    return iter(client.tasks.list(status=TaskStatus.SUCCESS, page_size=100))


def _published(task: Task, digest: str) -> bool:
    return any(resource.sha256 == digest for resource in task.resources)


def _of_entry(verdict: Verdict, entry: Remembered) -> Origin:
    return Origin(verdict, entry.origin, "history", entry.task_id, entry.model_id, entry.engine, entry.seed)


def _of_task(verdict: Verdict, task: Task, origin: str) -> Origin:
    found = Origin(verdict, origin, "server", task.task_id, task.model_id, task.engine, task.seed)
    return replace(found, warnings=task.warnings)
