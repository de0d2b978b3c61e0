"""MCP over standard input and output: one caller, whose key is that of the environment."""

from __future__ import annotations

from typing import Any

import anyio
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

from omnireel.client._sync import Client
from omnireel.mcp.roots import Roots
from omnireel.mcp.server import make_server


def serve_stdio(base_url: str | None, roots: Roots) -> None:
    """Serve until standard input ends. A missing key is told to the model when it calls, not before."""
    clients: list[Client] = []

    def client_of(_request: Any) -> Client:
        # Resolved late and once: the key may be made after the host has started us.
        if not clients:
            clients.append(Client(base_url))
        return clients[0]

    anyio.run(_serve, make_server(client_of, roots))


async def _serve(server: Server[Any]) -> None:
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
