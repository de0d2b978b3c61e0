"""What became of the promises: sentences about each one that was broken."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Self


@dataclass
class Verdict:
    """All empty is as it should be."""

    count: int = 0
    """How often the fault was made."""
    hours: float = 0.0
    """How much time passed on an injected clock."""
    tasks: int = 0
    """How many tasks were acknowledged."""
    lost: list[str] = field(default_factory=list)
    """Acknowledged and gone, or never ended, or ended and not told."""
    doubled: list[str] = field(default_factory=list)
    """Two outcomes, two results, two tasks for one name, two stories for one webhook."""
    wrongly_charged: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    """Files that do not decode or are not what was written down; a database that is broken."""
    orphans: list[str] = field(default_factory=list)
    """Blobs, folders and processes that nobody owns and no janitor took away."""

    def __iadd__(self, other: Verdict) -> Self:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self

    @property
    def faults(self) -> list[str]:
        return [
            f"{kind}: {what}"
            for kind in ("lost", "doubled", "wrongly_charged", "corrupt", "orphans")
            for what in getattr(self, kind)
        ]
