"""The parser's parts: commands that are loaded when they are named, and help that is plain text.

Typer's own help goes through Rich, which costs more time to load than everything else here together.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import typer
from typer._click.core import Command, Context
from typer._click.formatting import HelpFormatter
from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup

PROGRAM = "omnireel"
COMPLETE = f"_{PROGRAM}_COMPLETE".upper()
"""The variable through which a shell asks what may come next."""


@dataclass(frozen=True)
class Entry:
    """A command by its name: the module whose `app` it is, its line in the list, and which list."""

    name: str
    module: str
    help: str
    section: str


class Plain(TyperGroup):
    """A group that answers no words at all with its help, as data on stdout."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit(2)
        return super().parse_args(ctx, args)


def command_group(
    help_text: str, *, cls: type[TyperGroup] = Plain, no_args_is_help: bool = True
) -> typer.Typer:
    """For a file of several commands, or of one that is to be named all the same."""
    app = _plain_typer(help=help_text, cls=cls, no_args_is_help=no_args_is_help)
    # Without a callback Typer takes a group of one for the command itself.
    app.callback()(_nothing)
    return app


def single_command() -> typer.Typer:
    """For a file that is one command."""
    return _plain_typer()


def _plain_typer(**settings: Any) -> typer.Typer:
    return typer.Typer(
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        **settings,
    )


def _nothing() -> None:
    """What a group does itself."""


def examples(*lines: str) -> str:
    """What stands below a command's options: lines to copy."""
    # A paragraph that begins with a backspace is not filled anew.
    return "\n".join(["Examples:", "", "\b", *(f"  {line}" for line in lines)])


class Shelf(MutableMapping[str, Command]):
    """Commands by name, each taken from its module when somebody first asks for it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._loaded: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._loaded:
            self._loaded[name] = _load(self._entries[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class Root(Plain):
    """The first level of commands; a subclass names them."""

    entries: ClassVar[Sequence[Entry]] = ()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Shelf(self.entries)

    def list_commands(self, ctx: Context) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        width = max(len(entry.name) for entry in self.entries)
        for section, entries in groupby(self.entries, lambda entry: entry.section):
            with formatter.section(section):
                # Padded, so that all sections line up.
                formatter.write_dl([(entry.name.ljust(width), entry.help) for entry in entries])

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        names = [
            CompletionItem(entry.name, help=entry.help)
            for entry in self.entries
            if entry.name.startswith(incomplete)
        ]
        return [*names, *Command.shell_complete(self, ctx, incomplete)]


def _load(entry: Entry) -> Command:
    app: typer.Typer = importlib.import_module(entry.module).app
    command = typer.main.get_command(app)
    command.name = entry.name
    return command
