"""`omnireel completion`: a script that has a shell complete commands, options and task ids."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from omnireel.cli.parser import COMPLETE, PROGRAM, examples, single_command


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


app = single_command()


@app.command(
    epilog=examples(
        "bash:  echo 'eval \"$(omnireel completion bash)\"' >> ~/.bashrc",
        "zsh:   omnireel completion zsh > ~/.zfunc/_omnireel   (a folder in $fpath)",
        "fish:  omnireel completion fish > ~/.config/fish/completions/omnireel.fish",
    )
)
def completion(shell: Annotated[Shell, typer.Argument(show_default=False)]) -> None:
    """Print a script for your shell. Nothing is installed."""
    from typer._completion_shared import get_completion_script

    typer.echo(get_completion_script(prog_name=PROGRAM, complete_var=COMPLETE, shell=shell.value))
