"""What callers and receivers were told, written down as it happens; any thread may write."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from tests.receiver import Received


@dataclass
class History:
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The task ids that each name, or Idempotency-Key, was answered with."""
    files: set[str] = field(default_factory=set)
    """The uploads that were acknowledged, by id."""
    canceled: set[str] = field(default_factory=set)
    """The tasks that somebody asked to cancel, whether or not an answer came."""
    _lock: Lock = field(default_factory=Lock)

    def acknowledged(self, name: str, task_id: str) -> None:
        with self._lock:
            self.answers[name].add(task_id)

    def uploaded(self, file_id: str) -> None:
        with self._lock:
            self.files.add(file_id)

    def asked_to_cancel(self, task_id: str) -> None:
        with self._lock:
            self.canceled.add(task_id)

    def read(self, receipts: Path) -> None:
        """Add what submitters kept. A receipt cut off by a kill is none."""
        if receipts.exists():
            for line in receipts.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    name, task_id, _ = json.loads(line)
                    self.acknowledged(name, task_id)

    @property
    def tasks(self) -> set[str]:
        return {task_id for ids in self.answers.values() for task_id in ids}


def stories(received: Iterable[Received]) -> dict[str, set[tuple[str, bytes]]]:
    """By task: the webhook ids and bodies it was told of with."""
    told = defaultdict[str, set[tuple[str, bytes]]](set)
    for came in received:
        told[came.headers["x-modellix-task-id"]].add((came.headers["webhook-id"], came.body))
    return told
