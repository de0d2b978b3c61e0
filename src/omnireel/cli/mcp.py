"""`omnireel mcp`: Omnireel as tools for language models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import Output
from omnireel.cli.parser import single_command
from omnireel.cli.server_extra import extra
from omnireel.cli.session import BaseUrl

Root = Annotated[
    list[Path] | None,
    typer.Option(
        "--root",
        metavar="FOLDER",
        help="A folder whose files upload_file may read; may be given several times. None unless given.",
        show_default=False,
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME[:PORT]",
        help="With --http: a host name that clients use; the loopback's are known.",
        show_default=False,
    ),
]

app = single_command()


@app.command()
def mcp(
    *,
    base_url: BaseUrl = None,
    root: Root = None,
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of stdio.")] = False,
    host: Annotated[str, typer.Option(help="With --http: the address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="With --http: the port; 0 takes a free one.")
    ] = 8765,
    allow_host: Names = None,
) -> None:
    """Serve the tools of an Omnireel server to a language model over MCP.

    On stdio the key comes from OMNIREEL_API_KEY or a local server's data folder. Over HTTP each caller sends
    its own as a bearer token.
    """
    talk = Output()
    with extra("mcp", "mcp"), ending(talk):
        from omnireel.client._access import find_origin
        from omnireel.mcp.roots import Roots

        roots = Roots(root or [])
        if http:
            from omnireel.mcp.http import serve_http

            serve_http(
                find_origin(base_url),
                roots,
                host=host,
                port=port,
                names=allow_host or (),
                announce=lambda address: talk.data(f"MCP server on {address}", address),
            )
        else:
            from omnireel.mcp.stdio import serve_stdio

            serve_stdio(base_url, roots)
