"""`omnireel generate`: ask for a video, watch it being made, save it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag, complain
from omnireel.cli.parser import examples, single_command
from omnireel.cli.progress import shown
from omnireel.cli.session import BaseUrl, connect
from omnireel.client.errors import Timeout
from omnireel.client.types import Task
from omnireel.models import AspectRatio, Mode

if TYPE_CHECKING:
    from omnireel.client._sync import Client, Result, VideoOptions


class Sound(StrEnum):
    ON = "on"
    OFF = "off"


TimeLimit = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the task.")]
Target = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to save; a folder keeps the file's own name."),
]


app = single_command()


@app.command(
    epilog=examples(
        'omnireel generate "A red fox walks through falling snow" -o fox.mp4',
        'omnireel generate "Start from <<<image_1>>>, pull out" --image harbour.jpg',
        'omnireel generate "Restyle the video into clay animation" --video clip.mp4',
        "omnireel generate - < prompt.txt",
    )
)
def generate(
    prompt: Annotated[str, typer.Argument(help="What the video should show, or become.", show_default=False)],
    *,
    video: Annotated[
        str | None, typer.Option(metavar="FILE|URL", help="A source video to edit or follow.")
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option(metavar="FILE|URL", help="A picture to use; may be given again.")
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="std is 720p, pro is 1080p.")] = None,
    aspect_ratio: Annotated[AspectRatio | None, typer.Option(help="Shape of the picture.")] = None,
    duration: Annotated[int | None, typer.Option(metavar="SECONDS", help="Length; not with a video.")] = None,
    sound: Annotated[Sound | None, typer.Option(help="Whether to make sound; not with a video.")] = None,
    multi_shot: Annotated[bool, typer.Option("--multi-shot", help="Cut between shots.")] = False,
    seed: Annotated[int | None, typer.Option(help="The same seed makes the same video.")] = None,
    negative_prompt: Annotated[str | None, typer.Option(help="What the video should not show.")] = None,
    model: Annotated[str, typer.Option(help="Which model to ask; see `omnireel models`.")] = (
        "kling/kling-video-o1"
    ),
    engine: Annotated[
        str | None, typer.Option(help="Which engine to use, where the server allows it.")
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Public HTTPS address to tell when the task has ended.")
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Print the task's id and leave.")] = False,
    output: Target = None,
    timeout: TimeLimit = 3600,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Make a video."""
    options: VideoOptions = {
        "model": model,
        "images": image or (),
        "video": video,
        "mode": mode,
        "aspect_ratio": aspect_ratio,
        "duration": duration,
        "sound": sound,
        "multi_shot": multi_shot or None,
        "seed": seed,
        "negative_prompt": negative_prompt,
        "engine": engine,
        "webhook_url": webhook_url,
    }
    check_target(output)
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        task = client.videos.create(prompt, **options)
        talk.say(f"task {task.task_id}")
        if no_wait:
            talk.data(task.task_id, dict(task.raw))
            return
        result = watch(client, task, talk, timeout, output)
        saved = result.download(output)
        tell_saved(talk, result, saved)


def check_target(output: Path | None) -> None:
    """Refuse a file that cannot be written before anything is asked for."""
    if output is not None and not output.is_dir() and not output.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(output.parent)!r}", param_hint="--output")


def watch(client: Client, task: Task, talk: Output, timeout: float, output: Path | None) -> Result:
    """Wait for a task, showing it. Leaving early says how to come back."""
    with resumable(task.task_id, output), shown(talk) as show:
        show(task)
        return client.tasks.wait(task.task_id, timeout=timeout, on_update=show)


def tell_saved(talk: Output, result: Result, *saved: Path) -> None:
    """Say what was not done, and hand over the paths of the files."""
    for warning in result.warnings:
        talk.say(f"note: {warning}")
    paths = [str(path) for path in saved]
    talk.data("\n".join(paths), dict(result.task.raw) | {"files": paths})


@contextmanager
def resumable(task_id: str, output: Path | None) -> Iterator[None]:
    """Say how to come back to a task when its watcher leaves first."""
    try:
        yield
    except (Timeout, KeyboardInterrupt):
        target = f" -o {shlex.quote(str(output))}" if output else ""
        complain(f"task {task_id} goes on without us. To come back to it, or to stop it:")
        complain(f"  omnireel task wait {task_id}{target}")
        complain(f"  omnireel task cancel {task_id}")
        raise
