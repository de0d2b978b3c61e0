"""`omnireel serve`: the server, with a dispatcher inside unless told otherwise."""

from __future__ import annotations

from typing import Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import Output
from omnireel.cli.parser import examples, single_command
from omnireel.cli.server_extra import server_extra
from omnireel.cli.settings_flags import (
    DataFolder,
    EngineName,
    PrivateNetwork,
    SandboxLevel,
    Workers,
    settings_from,
)

app = single_command()


@app.command(epilog=examples("omnireel serve", "omnireel serve --port 9000 --data /srv/omnireel --workers 2"))
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on. Default: 8000.", show_default=False)
    ] = None,
    data: DataFolder = None,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Origin that links in answers start with.", show_default=False),
    ] = None,
    workers: Workers = None,
    engine: EngineName = None,
    allow_private_network: PrivateNetwork = None,
    sandbox: SandboxLevel = None,
) -> None:
    """Run the server. On a new data folder it makes a first key, prints it once and keeps it there."""
    with server_extra("serve"):
        from omnireel.app.serving import serve as run

        settings = settings_from(
            host=host,
            port=port,
            data=data,
            public_url=public_url,
            workers=workers,
            engine=engine,
            allow_private_network=allow_private_network,
            sandbox=sandbox,
        )
    with ending(Output()):
        raise typer.Exit(run(settings))
