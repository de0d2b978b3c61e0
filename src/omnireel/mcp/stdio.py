"""MCP over standard input and output: one caller."""

from __future__ import annotations

import anyio
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

from omnireel.mcp.roots import Roots
from omnireel.mcp.server import ClientOf, KeyOf, make_server


def serve_stdio(base_url: str, roots: Roots, key_of: KeyOf) -> None:
    """Serve until standard input ends. A missing key is told to the model when it calls, not before."""
    anyio.run(_serve, make_server(base_url, roots, key_of))


async def _serve(server: Server[ClientOf]) -> None:
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
