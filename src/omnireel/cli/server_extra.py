"""The server's parts are an extra; a command that needs them says so plainly when they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from omnireel.cli.ending import FAILED
from omnireel.cli.output import complain

INSTALL = "pip install 'omnireel[server]'"


@contextmanager
def server_extra(command: str) -> Iterator[None]:
    """Imports inside may fail for want of the extra; then say what to install and exit with 1."""
    try:
        yield
    except ModuleNotFoundError as error:
        # A module of our own that is missing is a broken install, not a missing extra.
        if (error.name or "omnireel").partition(".")[0] == "omnireel":
            raise
        complain(
            f"error: `omnireel {command}` needs the server's packages; {error.name} is missing. Install:"
        )
        complain(f"       {INSTALL}")
        raise typer.Exit(FAILED) from None
