"""MCP over standard input and output: one caller, whose key is that of the environment."""

from __future__ import annotations

import anyio
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

from omnireel.mcp.roots import Roots
from omnireel.mcp.server import ClientOf, make_server


def serve_stdio(base_url: str | None, roots: Roots) -> None:
    """Serve until standard input ends. A missing key is told to the model when it calls, not before."""
    anyio.run(_serve, make_server(base_url, roots, lambda _: None))


async def _serve(server: Server[ClientOf]) -> None:
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
