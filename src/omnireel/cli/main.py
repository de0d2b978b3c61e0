"""The commands by name. Each is a file of its own, loaded when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, ClassVar

import typer

from omnireel import __version__
from omnireel.cli.parser import COMPLETE, PROGRAM, Entry, Root, command_group

MAKE, LOOK, SET_UP, SERVE = "Make videos", "Look after them", "Set up", "Run a server"

ENTRIES = (
    Entry("generate", "omnireel.cli.generate", "Make a video.", MAKE),
    Entry("run", "omnireel.cli.generate", "The same.", MAKE),
    Entry("batch", "omnireel.cli.batch.command", "Make many, from a file of requests.", MAKE),
    Entry(
        "demo", "omnireel.cli.demo", "See all of it once, for real: a server, a clip, the clip in clay.", MAKE
    ),
    Entry("task", "omnireel.cli.task", "Look at a task, wait for it, stop it, save its video.", LOOK),
    Entry("files", "omnireel.cli.files", "Upload once, use in many requests.", LOOK),
    Entry("models", "omnireel.cli.models", "What can be asked for, and how.", LOOK),
    Entry("verify", "omnireel.cli.verify", "Is a file whole, and which engine made it?", LOOK),
    Entry("balance", "omnireel.cli.balance", "What is left to spend.", LOOK),
    Entry("webhooks", "omnireel.cli.webhooks", "What was told to whom; send it again.", LOOK),
    Entry("init", "omnireel.cli.init", "Write a settings file for a server.", SET_UP),
    Entry("auth", "omnireel.cli.auth", "Keep API keys for servers; say which is used.", SET_UP),
    Entry("config", "omnireel.cli.config", "Show every setting and where it is from.", SET_UP),
    Entry("doctor", "omnireel.cli.doctor", "Check this machine and the server.", SET_UP),
    Entry("completion", "omnireel.cli.completion", "Have your shell complete commands.", SET_UP),
    Entry("serve", "omnireel.cli.serve", "Run the server.", SERVE),
    Entry("worker", "omnireel.cli.worker", "Work on the tasks of a server beside it.", SERVE),
    Entry("mcp", "omnireel.cli.mcp", "Offer the server to language models over MCP.", SERVE),
    Entry("keys", "omnireel.cli.keys", "Make, list, rotate and revoke API keys.", SERVE),
    Entry("teams", "omnireel.cli.teams", "Make, list and fund teams.", SERVE),
    Entry("cluster", "omnireel.cli.cluster", "What the machines of a Ray cluster do, and the queue.", SERVE),
    Entry("db", "omnireel.cli.database", "Look at the database's tables, bring them up to date.", SERVE),
)


class Commands(Root):
    entries: ClassVar[Sequence[Entry]] = ENTRIES


app = command_group("Make videos from words, pictures and videos, on your own server.", cls=Commands)


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
    if COMPLETE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    # Also as `python -m omnireel`, so that what is printed can be copied.
    app(prog_name=PROGRAM)
