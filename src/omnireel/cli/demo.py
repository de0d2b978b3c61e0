"""`omnireel demo`: the whole thing once, for real: a server, a clip, and the clip in clay."""

from __future__ import annotations

import signal
import sys
import time
from importlib.resources import as_file, files
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag, complain
from omnireel.cli.parser import single_command
from omnireel.cli.progress import shown
from omnireel.cli.server_extra import server_extra
from omnireel.cli.watching import tell_saved

PROMPT = "Restyle the source video into a clay-animation look while preserving the original motion feel"


app = single_command()


@app.command()
def demo(
    *,
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where results go.")] = Path(
        "demo-output"
    ),
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The server's data folder. Default: DIR/data of --output."),
    ] = None,
    keep: Annotated[
        bool | None,
        typer.Option(
            "--keep/--no-keep", help="Leave the server running until Ctrl-C. Default: on a terminal."
        ),
    ] = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Start a server, restyle the clip that ships with Omnireel into clay, and show where it is."""
    with server_extra("demo"):
        import omnireel.app.serving  # noqa: F401 - says early what is missing
        from omnireel.cli.child_server import ServerNotReady, child_server
    talk = Output(json, quiet)
    folder.mkdir(parents=True, exist_ok=True)
    data = data or folder / "data"
    signal.signal(signal.SIGTERM, _leave)
    try:
        with child_server(data, folder / "server.log", talk.say) as address:
            talk.say(f"server at {address}, its data in {data}")
            _restyle(talk, address, data, folder)
            if sys.stdin.isatty() if keep is None else keep:
                talk.say(f"the playground: {address}  (the reference: {address}/docs)")
                _keep_running(talk, data)
            else:
                talk.say(f"for the playground: omnireel serve --data {data}, then http://127.0.0.1:8000")
    except ServerNotReady as error:
        complain(f"error: {error}")
        raise typer.Exit(FAILED) from None


def _restyle(talk: Output, address: str, data: Path, folder: Path) -> None:
    from omnireel.cli.contact_sheet import write_contact_sheet
    from omnireel.client._sync import Client

    key = (data / "first-key").read_text(encoding="ascii").strip()
    with as_file(files("omnireel") / "demo" / "pond.mp4") as clip, ending(talk):
        talk.say(f"{clip.name}: {PROMPT!r}")
        started = time.monotonic()
        with Client(address, key) as client, shown(talk) as show:
            result = client.videos.create_and_wait(PROMPT, video=clip, mode="std", seed=1, on_update=show)
            saved = result.download(folder / "clay.mp4")
        sheet = folder / "before-after.png"
        write_contact_sheet(clip, saved, sheet)
        talk.say(f"made in {time.monotonic() - started:.1f} s")
        tell_saved(talk, result, saved, sheet)


def _keep_running(talk: Output, data: Path) -> None:
    talk.say(f"the server runs until Ctrl-C; for another terminal: export OMNIREEL_DATA={data.resolve()}")
    try:
        signal.pause()
    except KeyboardInterrupt:
        talk.say("stopping")


def _leave(number: int, frame: FrameType | None) -> None:
    # As an exception, so that the child server is stopped on the way out.
    raise typer.Exit(128 + number)
