"""The command line's reference, from the commands themselves."""

from __future__ import annotations

import re
from typing import Final

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from omnireel.cli.main import app

_COMMANDS: Final = re.compile(r"^\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", re.MULTILINE)


def commands() -> str:
    """Every command with its arguments and options."""
    command = get_command(app)
    context = typer.Context(command, info_name="omnireel")
    text = get_docs_for_click(obj=command, ctx=context, name="omnireel")
    # The page has its own first heading, `$ ` would be copied along, and lists of commands are cut short.
    body = text.partition("\n")[2].replace("```console\n$ ", "```text\n")
    return _COMMANDS.sub("", body)
