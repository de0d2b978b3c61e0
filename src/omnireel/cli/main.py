"""The parser: every command by its name."""

from __future__ import annotations

from typing import Annotated

import typer

from omnireel import __version__
from omnireel.cli import (
    database,
    demo,
    doctor,
    generate,
    keys,
    mcp,
    models,
    serve,
    task,
    teams,
    webhooks,
    worker,
)

app = typer.Typer(
    name="omnireel",
    help="Make videos from words, pictures and videos, on your own server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("generate")(generate.generate)
app.add_typer(task.app, name="task")
app.add_typer(webhooks.app, name="webhooks")
app.command("models")(models.models)
app.command("doctor")(doctor.doctor)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.add_typer(keys.app, name="keys")
app.add_typer(teams.app, name="teams")
app.add_typer(database.app, name="db")
app.command("demo")(demo.demo)
app.command("mcp")(mcp.mcp)


def _version(asked: bool) -> None:  # noqa: FBT001 - the parser's callback
    if asked:
        typer.echo(f"omnireel {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Make videos from words, pictures and videos, on your own server."""


def main() -> None:
    """Run a command and exit: 0 done, 1 failed, 2 bad usage or input, 124 timed out, 130 interrupted."""
    app()
