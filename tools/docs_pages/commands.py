"""The command line's reference, from the commands themselves."""

from __future__ import annotations

import re
from typing import Final

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from omnireel.cli.main import app

_EXAMPLES: Final = re.compile(r"^Examples:\n\n\x08\n((?:  .*\n)+)", re.MULTILINE)
_COMMANDS: Final = re.compile(r"^\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", re.MULTILINE)


def commands() -> str:
    """Every command with its arguments and options."""
    command = get_command(app)
    context = typer.Context(command, info_name="omnireel")
    text = get_docs_for_click(obj=command, ctx=context, name="omnireel")
    # The page has its own first heading, `$ ` would be copied along, and lists of commands are cut short.
    body = text.partition("\n")[2].replace("```console\n$ ", "```text\n")
    return _EXAMPLES.sub(_fenced, _COMMANDS.sub("", body))


def _fenced(found: re.Match[str]) -> str:
    lines = "\n".join(line.strip() for line in found[1].splitlines())
    return f"**Examples**:\n\n```sh\n{lines}\n```\n"
