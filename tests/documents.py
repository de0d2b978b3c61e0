"""The commands and snippets in our Markdown, as a reader would type them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = ("sh", "python")
_FENCE = re.compile(r"^```(\w*)$")
_MARKER = re.compile(r"^<!-- not run: (.+) -->$")
"""Stands on the line above a fence that cannot be run, and says why."""


@dataclass(frozen=True)
class Fence:
    """A block of code; `reason` says why it is not run, None when it is. `line` is that of its first line."""

    page: str
    line: int
    language: str
    code: str
    reason: str | None


def pages() -> list[str]:
    """Every page a reader is meant to follow, by its path in the repository."""
    found = [
        ROOT / "README.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/models/*.md"),
        *ROOT.glob("architecture/*.md"),
    ]
    return sorted(str(path.relative_to(ROOT)) for path in found if list(fences(str(path.relative_to(ROOT)))))


def fences(page: str) -> Iterator[Fence]:
    """The page's shell and Python blocks, in order."""
    before, opened, code = "", None, list[str]()
    for number, line in enumerate((ROOT / page).read_text(encoding="utf-8").splitlines(), 1):
        if opened is None and (start := _FENCE.match(line)):
            opened, code = (number + 1, start[1], _MARKER.match(before)), []
        elif opened is not None and line == "```":
            first, language, marker = opened
            if language in RUN:
                yield Fence(page, first, language, "\n".join(code), marker and marker[1])
            opened = None
        else:
            code.append(line)
        before = line
