"""Some commands need an extra; they say so plainly when its packages are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from omnireel.cli.ending import FAILED
from omnireel.cli.output import complain

INSTALL = "pip install 'omnireel[server]'"


@contextmanager
def server_extra(command: str) -> Iterator[None]:
    """Imports inside may fail for want of the server's packages; then say so and exit with 1."""
    with extra("server", command):
        yield


@contextmanager
def extra(name: str, command: str) -> Iterator[None]:
    """Imports inside may fail for want of the extra; then say what to install and exit with 1."""
    try:
        yield
    except ModuleNotFoundError as error:
        # A module of our own that is missing is a broken install, not a missing extra.
        if (error.name or "omnireel").partition(".")[0] == "omnireel":
            raise
        complain(
            f"error: `omnireel {command}` needs the {name}'s packages; {error.name} is missing. Install:"
        )
        complain(f"       pip install 'omnireel[{name}]'")
        raise typer.Exit(FAILED) from None
