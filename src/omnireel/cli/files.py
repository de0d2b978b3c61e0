"""`omnireel files`: upload once, use in many requests."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import ItemsFlag, JsonFlag, LinesFlag, Output, QuietFlag
from omnireel.cli.parser import command_group, examples
from omnireel.cli.session import BaseUrl, connect
from omnireel.client.types import File

app = command_group("Upload pictures and clips once, and use them in many requests.")


@app.command(
    epilog=examples(
        "omnireel files upload clip.mp4",
        'omnireel generate "Make it clay" --video "$(omnireel files upload -q clip.mp4)"',
    )
)
def upload(
    path: Annotated[
        list[str], typer.Argument(metavar="FILE", help="A picture or a clip.", show_default=False)
    ],
    *,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    jsonl: LinesFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Upload files; their links may stand in --image and --video until they expire.

    With --quiet, the links alone.
    """
    talk = Output(json, quiet, jsonl)
    with ending(talk), connect(base_url) as client:
        done: list[File] = []
        for name in path:
            talk.say(f"sending {name}")
            file = client.files.upload(name)
            talk.event("uploaded", file.raw)
            done.append(file)
        if not jsonl:
            lines = [file.url if quiet else f"{file.file_id}  {file.url}" for file in done]
            talk.items(lines, [file.raw for file in done])


@app.command("list")
def list_files(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 100,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    jsonl: ItemsFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List the team's files, newest first; with --quiet, their ids alone."""
    talk = Output(json, quiet, jsonl)
    with ending(talk), connect(base_url) as client:
        found = list(islice(client.files.list(), limit))
        usage = client.files.usage()
        talk.items([file.file_id if quiet else _row(file) for file in found], [file.raw for file in found])
        if usage.used_bytes is not None and usage.quota_bytes is not None:
            talk.say(f"{_size(usage.used_bytes)} of {_size(usage.quota_bytes)} used")


@app.command()
def delete(
    file_id: Annotated[
        list[str], typer.Argument(metavar="FILE_ID", help="As `files list` shows it.", show_default=False)
    ],
    *,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Take files away. Tasks that were asked for before keep them."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        for name in file_id:
            client.files.delete(name)
        talk.items(file_id, [{"file_id": name, "deleted": True} for name in file_id])


def _row(file: File) -> str:
    size = "" if file.size is None else _size(file.size)
    until = f"until {file.expires_at.astimezone():%Y-%m-%d %H:%M}" if file.expires_at else ""
    return "  ".join(filter(None, [file.file_id, f"{file.type:<5}", f"{size:>9}", until, file.filename]))


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
