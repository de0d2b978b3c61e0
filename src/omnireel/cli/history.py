"""What this user's commands asked for, on this machine: ids, never prompts or keys.

A journal of JSON lines, appended to; the last line on a task counts. It is cut to the newest tasks when it
has grown. Nothing depends on it: a line that cannot be written costs a remark.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omnireel.cli.output import complain
from omnireel.cli.places import state_folder
from omnireel.cli.private_file import LIMIT, FileUnusable, held, read_private, write_private
from omnireel.client.types import Task

MOST_TASKS = 1000
COMPACT_AT = LIMIT // 2


@dataclass(frozen=True)
class Remembered:
    """A task as it was last seen. `sha256` is that of its video."""

    task_id: str
    origin: str
    model_id: str
    status: str
    submitted_at: str
    seen_at: str
    engine: str | None = None
    seed: int | None = None
    sha256: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.origin, self.task_id


def history_file() -> Path:
    return state_folder() / "history.jsonl"


def remember(origin: str, task: Task) -> None:
    """Write down how a task is now; says so on stderr when that cannot be."""
    video = task.resource("primary")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Remembered(
        task.task_id,
        origin,
        task.model_id,
        str(task.status),
        task.created_at.isoformat() if task.created_at else now,
        now,
        task.engine,
        task.seed,
        video.sha256 if video else None,
    )
    with _forgiven():
        _append(json.dumps(asdict(entry)) + "\n")


def remembered() -> list[Remembered]:
    """The tasks, newest first. Raises FileUnusable."""
    latest: dict[tuple[str, str], Remembered] = {}
    for entry in _entries(read_private(history_file()) or ""):
        before = latest.pop(entry.key, None)
        latest[entry.key] = replace(entry, submitted_at=before.submitted_at) if before else entry
    return sorted(latest.values(), key=lambda entry: entry.submitted_at, reverse=True)


def forget_all() -> None:
    """Raises FileUnusable."""
    with held(history_file()):
        write_private(history_file(), "")


def _append(line: str) -> None:
    path = history_file()
    with held(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags, 0o600)
            try:
                os.write(descriptor, line.encode())
                size = os.fstat(descriptor).st_size
            finally:
                os.close(descriptor)
        except OSError as error:
            raise FileUnusable(f"cannot write {path}: {error.strerror}") from error
        if size > COMPACT_AT:
            kept = remembered()[:MOST_TASKS]
            write_private(path, "".join(json.dumps(asdict(entry)) + "\n" for entry in reversed(kept)))


def _entries(text: str) -> Iterator[Remembered]:
    """What can be read; a line that a crash cut short is passed over."""
    for line in text.splitlines():
        try:
            yield _entry(json.loads(line))
        except (ValueError, TypeError, RecursionError):
            continue


def _entry(fields: Any) -> Remembered:
    """Raises TypeError when it is none of ours."""
    entry = Remembered(**fields)
    texts = (entry.task_id, entry.origin, entry.model_id, entry.status, entry.submitted_at, entry.seen_at)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("not an entry")
    return entry


@contextmanager
def _forgiven() -> Iterator[None]:
    try:
        yield
    except FileUnusable as error:
        complain(f"note: not kept in the history: {error}")
