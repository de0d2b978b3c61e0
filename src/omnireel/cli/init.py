"""`omnireel init`: a settings file with every setting in it, commented out, ready to be changed."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import examples, single_command
from omnireel.cli.server_extra import server_extra
from omnireel.cli.settings_guide import SECTIONS, Guide
from omnireel.errors import InvalidRequest, OmnireelError

WIDTH = 100
HEAD = """\
# Settings of `omnireel serve` and `omnireel worker`, which read this file in the folder they start in.
# Take the # away to change a value; where a setting has no default, what stands here is an example.
# Flags and environment variables (OMNIREEL_PORT for `port`) come before this file.
# `omnireel config show --origin` tells what is in force and why.
"""

app = single_command()


@app.command(epilog=examples("omnireel init", "omnireel init - | less"))
def init(
    path: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Where to write; - prints it.", show_default="omnireel.toml"),
    ] = Path("omnireel.toml"),
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is there; it is kept as FILE.old.")
    ] = False,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Write a settings file for a server: every setting with its default, commented out."""
    talk = Output(json, quiet)
    with ending(talk), server_extra("init"):
        text = settings_file()
        if str(path) == "-":
            talk.data(text.removesuffix("\n"), {"text": text})
            return
        kept = _put_aside(path) if force else None
        _write_new(path, text)
        if kept is not None:
            talk.say(f"the file that was there is now {kept}")
        talk.say("change what you like, then run `omnireel serve` in this folder; it reads omnireel.toml")
        talk.data(str(path), {"file": str(path), "replaced": str(kept) if kept else None})


def settings_file() -> str:
    """The text: plain settings first, then the tables, as TOML wants it."""
    from omnireel.settings import PRICES, Settings

    # Constructed, so that neither the environment nor a file has a say.
    defaults = Settings.model_construct(prices=PRICES).model_dump(mode="json")
    parts, tables = [HEAD], list[str]()
    for title, guides in SECTIONS:
        parts.append(f"# --- {title} " + "-" * (WIDTH - len(title) - 7) + "\n")
        for guide in guides:
            value = defaults[guide.name]
            kind = tables if isinstance(value, dict) else parts
            kind.append(_entry(guide, value))
    parts.append("# --- Tables " + "-" * (WIDTH - 13) + "\n")
    return "\n".join([*parts, *tables])


def _entry(guide: Guide, value: Any) -> str:
    about = textwrap.wrap(_sentence(guide.meaning), WIDTH, initial_indent="# ", subsequent_indent="# ")
    lines = _table(guide.name, value) if isinstance(value, dict) else [_assignment(guide, value)]
    return "\n".join([*about, *lines]) + "\n"


def _sentence(meaning: str) -> str:
    return meaning if "://" in meaning.split(" ", 1)[0] else f"{meaning[0].upper()}{meaning[1:]}"


def _assignment(guide: Guide, value: Any) -> str:
    return f"#{guide.name} = {guide.example if value is None else json.dumps(value)}"


def _table(name: str, value: dict[str, Any]) -> list[str]:
    plain = [f"#{key} = {_number(inner)}" for key, inner in value.items() if not isinstance(inner, dict)]
    deeper = [
        line
        for key, inner in value.items()
        if isinstance(inner, dict)
        for line in _table(f"{name}.{json.dumps(key)}", inner)
    ]
    return [*([f"#[{name}]", *plain] if plain else []), *deeper]


def _number(value: Any) -> str:
    # Prices are decimals, which JSON writes as text to keep their digits.
    return str(value)


def _put_aside(path: Path) -> Path | None:
    kept = path.with_name(path.name + ".old")
    try:
        path.replace(kept)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OmnireelError(f"cannot put {path} aside: {error.strerror}") from error
    return kept


def _write_new(path: Path, text: str) -> None:
    """All of the file, mode 0600 since it may come to hold secrets; never over one that is there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            # Unlike a rename, a link fails where a name is taken.
            os.link(partial, path)
        finally:
            partial.unlink()
    except FileExistsError:
        raise InvalidRequest(
            f"{path} is there already; --force replaces it and keeps it as {path}.old"
        ) from None
    except OSError as error:
        raise OmnireelError(f"cannot write {path}: {error.strerror}") from error
