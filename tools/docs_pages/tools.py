"""The MCP server's tools, from what they publish."""

from __future__ import annotations

from typing import Any

from docs_pages.tables import table
from omnireel.mcp.roots import Roots
from omnireel.mcp.tools import tools


def mcp_tools() -> str:
    """Each tool's name, what it takes and what it is for."""
    rows = [
        (f"`{tool.name}`", _taken(tool.takes.model_json_schema()), tool.description)
        for tool in tools(Roots([]))
    ]
    return table(("tool", "takes", "what it does"), rows)


def _taken(schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    names = [f"**`{name}`**" if name in needed else f"`{name}`" for name in schema["properties"]]
    return ", ".join(names) or "–"
