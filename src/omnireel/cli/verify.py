"""`omnireel verify`: is a file whole, and who made it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import examples, single_command
from omnireel.cli.session import BaseUrl, connect
from omnireel.errors import InvalidRequest

if TYPE_CHECKING:
    from omnireel.cli.provenance import Origin
    from omnireel.media.sniffed import Sniffed

app = single_command()


@dataclass(frozen=True)
class Findings:
    """What a file is. `faults` say why it is not whole; `unasked` why a server was not asked."""

    path: Path
    sha256: str
    size: int
    media: Sniffed | None
    faults: list[str]
    origin: Origin
    unasked: str = ""

    @property
    def good(self) -> bool:
        return not self.faults and self.origin.verdict == "genuine"


@app.command(
    epilog=examples(
        "omnireel verify fox.mp4",
        "omnireel verify fox.mp4 --task task-t2v-4mZ8",
        "omnireel verify fox.mp4 --offline --json",
    )
)
def verify(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A video or a poster.", show_default=False)],
    *,
    task: Annotated[
        str | None, typer.Option(metavar="TASK_ID", help="The task it is from, when its name does not tell.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask this machine's history only, no server.")
    ] = False,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Tell whether a file is whole and which engine made it.

    Results carry no mark inside: the same request makes the same bytes. What proves where a file is from is
    the SHA-256 that a server publishes with each result, and that this command line notes down. Exits with 0
    when the file is whole and genuine, with 1 when it is cut, changed or unknown.
    """
    talk = Output(json, quiet)
    with ending(talk):
        found = _examine(path, task)
        if not offline and found.origin.verdict != "genuine":
            found = _ask(found, task, base_url)
        talk.data(str(found.origin.verdict) if quiet else "\n".join(_lines(found)), _document(found))
    if not found.good:
        raise typer.Exit(FAILED)


def _examine(path: Path, task: str | None) -> Findings:
    from omnireel.cli.provenance import digest_of, named_task, origin_here

    try:
        media, faults = _look(path)
        digest, size = digest_of(path), path.stat().st_size
    except OSError as error:
        raise InvalidRequest(f"cannot read {path}: {error.strerror}") from error
    return Findings(path, digest, size, media, faults, origin_here(digest, named_task(path, task)))


def _look(path: Path) -> tuple[Sniffed | None, list[str]]:
    """What the file says it is, and what of that is not there."""
    from omnireel.errors import InvalidFormat
    from omnireel.media.sniff import sniff
    from omnireel.media.whole import faults_of_mp4

    try:
        media = sniff(path)
    except InvalidFormat as error:
        return None, [str(error)]
    return media, faults_of_mp4(path) if media.format == "mp4" else []


def _ask(found: Findings, task: str | None, base_url: str | None) -> Findings:
    """With what the server knows; without, when it cannot be asked."""
    from omnireel.cli.provenance import named_task, origin_there
    from omnireel.client.errors import APIError

    try:
        with connect(base_url) as client:
            there = origin_there(client, found.sha256, named_task(found.path, task))
    except APIError as error:
        return replace(found, unasked=str(error))
    better = there.verdict != "unknown" or found.origin.verdict == "unknown"
    return replace(found, origin=there) if better else found


def _lines(found: Findings) -> list[str]:
    facts = {
        "file": f"{found.path}, {found.size} bytes",
        "whole": f"no: {'; '.join(found.faults)}" if found.faults else "yes",
        "media": _media(found.media) if found.media else "",
        "sha256": found.sha256,
        "origin": _origin(found),
        "made by": found.origin.engine,
        "task": found.origin.task_id,
        "seed": None if found.origin.seed is None else str(found.origin.seed),
        "not asked": found.unasked,
    }
    lines = [f"{name:<11}{value}" for name, value in facts.items() if value]
    return [*lines, *(f"{'note':<11}{warning}" for warning in found.origin.warnings)]


def _origin(found: Findings) -> str:
    origin = found.origin
    says = ", says this machine's history" if origin.witness == "history" else ""
    match origin.verdict:
        case "genuine":
            return f"genuine: {origin.source} published exactly these bytes{says}"
        case "changed":
            return f"changed: {origin.source} published other bytes for this task{says}"
        case _:
            asked = f"{origin.source} and " if origin.source else ""
            return f"unknown to {asked}this machine's history: changed, made elsewhere, or expired"


def _media(media: Sniffed) -> str:
    rate = "" if media.fps is None else f"{media.fps:g} fps"
    length = "" if media.duration is None else f"{media.duration:.3f} s"
    sound = "" if media.duration is None else "with sound" if media.has_audio else "no sound"
    codecs = "/".join(media.codecs)
    size = f"{media.width}x{media.height}"
    return ", ".join(filter(None, [media.format.upper(), size, length, rate, codecs, sound]))


def _document(found: Findings) -> dict[str, Any]:
    return {
        "file": str(found.path),
        "size": found.size,
        "sha256": found.sha256,
        "whole": not found.faults,
        "faults": found.faults,
        "media": asdict(found.media) if found.media else None,
        **asdict(found.origin),
        "unasked": found.unasked or None,
    }
