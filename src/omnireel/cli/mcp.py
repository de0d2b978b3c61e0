"""`omnireel mcp`: Omnireel as tools for language models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import Output
from omnireel.cli.parser import examples, single_command
from omnireel.cli.server_extra import extra
from omnireel.cli.session import BaseUrl, choose_key, choose_origin

app = single_command()

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


@app.command(
    epilog=examples(
        "omnireel mcp --root ~/Videos",
        "omnireel mcp --http --port 8765 --base-url https://video.example",
    )
)
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

    On stdio the key is the one that other commands use. Over HTTP each caller sends its own as the bearer.
    """
    talk = Output()
    with extra("mcp", "mcp"), ending(talk):
        from omnireel.mcp.roots import Roots

        origin, roots = choose_origin(base_url).value, Roots(root or [])
        if http:
            from omnireel.mcp.http import serve_http

            serve_http(
                origin,
                roots,
                host=host,
                port=port,
                names=allow_host or (),
                announce=lambda address: talk.data(f"MCP server on {address}", address),
            )
        else:
            from omnireel.mcp.stdio import serve_stdio

            if sys.stdin.isatty():
                talk.say("speaking MCP on stdin and stdout, for a host that starts this; --http serves many")
            # Asked at every call: the key may be made after the host has started us.
            serve_stdio(origin, roots, lambda _: choose_key(origin).value)
