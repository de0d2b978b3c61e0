"""Writes every generated page's content, before Sphinx reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from docs_pages import wire
from docs_pages.commands import commands
from docs_pages.profiles import profiles
from docs_pages.rooms import rooms
from docs_pages.settings import settings
from docs_pages.tools import mcp_tools

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "calls": wire.calls,
    "fields": wire.fields,
    "rules": wire.rules,
    "limits": wire.limits,
    "errors": wire.errors,
    "failures": wire.failures,
    "commands": commands,
    "profiles": profiles,
    "settings": settings,
    "mcp-tools": mcp_tools,
}


def write_pages(docs: Path) -> None:
    """`generated/`, to be included by pages written by hand, and `architecture/`."""
    for name, content in PAGES.items():
        _write(docs / "generated" / f"{name}.md", content() + "\n")
    for name, text in rooms().items():
        _write(docs / "architecture" / name, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    # Sphinx reads again what is newer than it was.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
