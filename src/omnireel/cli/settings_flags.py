"""Flags laid over the other sources of settings, for the commands that run a server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel.cli.ending import BAD_INPUT
from omnireel.cli.output import complain

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from omnireel.settings import Settings


class Sandbox(StrEnum):
    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


DataFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder for everything the server keeps. Default: omnireel-data.",
        show_default=False,
    ),
]
Workers = Annotated[int | None, typer.Option(help="Tasks worked on at once. Default: 1.", show_default=False)]
EngineName = Annotated[str | None, typer.Option(help="Engine to use. Default: studio.", show_default=False)]
PrivateNetwork = Annotated[
    bool | None,
    typer.Option(
        "--allow-private-network",
        help="Let inputs be fetched from private and loopback addresses; for local work only.",
        show_default=False,
    ),
]
SandboxLevel = Annotated[
    Sandbox | None,
    typer.Option(help="Box for decoding: the tightest there is, required, or off.", show_default=False),
]


def settings_from(**flags: object) -> Settings:
    """Settings with the flags that were given on top. Exits with 2, saying why, when a value is no good."""
    from pydantic import ValidationError

    from omnireel.settings import Settings

    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        for fault in error.errors():
            complain(f"error: {_sentence(fault)}")
    except ValueError as error:
        complain(f"error: the settings cannot be read: {error}")
    raise typer.Exit(BAD_INPUT)


def _sentence(fault: ErrorDetails) -> str:
    """What is wrong, and with which setting."""
    name = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if name:
        return f"setting {name!r}: {message}"
    if isinstance(fault.get("ctx", {}).get("error"), TOMLDecodeError):
        return f"the settings cannot be read: omnireel.toml: {message}"
    return f"settings: {message}"
