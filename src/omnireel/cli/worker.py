"""`omnireel worker`: a dispatcher on its own, for a server that runs with `--workers 0` or beside one."""

from __future__ import annotations

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


@app.command(epilog=examples("omnireel serve --workers 0 &", "omnireel worker --workers 2"))
def worker(
    data: DataFolder = None,
    workers: Workers = None,
    engine: EngineName = None,
    allow_private_network: PrivateNetwork = None,
    sandbox: SandboxLevel = None,
) -> None:
    """Work on the tasks of the server that keeps its data in the same folder."""
    with server_extra("worker"):
        from omnireel.app.serving import worker as run

        settings = settings_from(
            data=data,
            workers=workers,
            engine=engine,
            allow_private_network=allow_private_network,
            sandbox=sandbox,
        )
    with ending(Output()):
        raise typer.Exit(run(settings))
