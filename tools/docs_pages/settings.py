"""The table of settings, which the README keeps and a test holds against the code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

README: Final = Path(__file__).parents[2] / "README.md"


def settings() -> str:
    """The table alone; its links lead to pages beside this one."""
    section = README.read_text(encoding="utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    if not rows:
        raise ValueError("the README has no table of settings")
    return "\n".join(rows).replace("](docs/", "](")
