"""`omnireel generate`: ask for a video, watch it being made, save it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from omnireel.cli.ending import ending
from omnireel.cli.history import remember
from omnireel.cli.output import JsonFlag, LinesFlag, Output, QuietFlag
from omnireel.cli.parser import examples, single_command
from omnireel.cli.prompt import read_prompt
from omnireel.cli.session import BaseUrl, connect
from omnireel.cli.watching import Preview, Target, TimeLimit, check_target, save, watch
from omnireel.models import AspectRatio, Mode

if TYPE_CHECKING:
    from omnireel.client._sync import VideoOptions
    from omnireel.client.types import Estimate


class Sound(StrEnum):
    ON = "on"
    OFF = "off"


class VideoType(StrEnum):
    EDIT = "edit"
    REFERENCE = "reference"


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
    prompt: Annotated[
        str,
        typer.Argument(help="What the video should show, or become; - reads stdin.", show_default=False),
    ],
    *,
    video: Annotated[
        str | None, typer.Option(metavar="FILE|URL", help="A source video to edit or follow.")
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option(metavar="FILE|URL", help="A picture to use; may be given again.")
    ] = None,
    first_frame: Annotated[
        str | None, typer.Option(metavar="FILE|URL", help="A picture that the video begins with.")
    ] = None,
    last_frame: Annotated[
        str | None, typer.Option(metavar="FILE|URL", help="A picture that the video ends with.")
    ] = None,
    video_type: Annotated[
        VideoType | None, typer.Option(help="Whether to edit the video, or to film something new like it.")
    ] = None,
    keep_original_sound: Annotated[
        bool, typer.Option("--keep-original-sound", help="Keep the source video's own sound.")
    ] = False,
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
    priority: Annotated[
        Literal["low", "normal", "high"] | None,
        typer.Option(help="Whom it goes before, where the server allows it."),
    ] = None,
    deadline: Annotated[
        int | None, typer.Option(metavar="SECONDS", help="Have the task fail when it has not ended by then.")
    ] = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Your name for the request; sent again, it makes no second video."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the request, print what it would take, send nothing.")
    ] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Print the task's id and leave.")] = False,
    output: Target = None,
    preview: Preview = False,
    timeout: TimeLimit = 3600,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    jsonl: LinesFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Make a video: ask for it, wait for it, save it.

    The video's path goes to stdout, all else to stderr. Exits with 0 when it is saved, 1 when it failed,
    2 when it cannot be asked for like this, 124 when the time is up and 130 after Ctrl-C; in both of these
    the task goes on, and the command that comes back to it is printed.
    """
    images, types = _pictures(first_frame, image or (), last_frame)
    options: VideoOptions = {
        "model": model,
        "images": images,
        "image_types": types,
        "video": video,
        "video_type": video_type,
        "keep_original_sound": keep_original_sound or None,
        "mode": mode,
        "aspect_ratio": aspect_ratio,
        "duration": duration,
        "sound": sound,
        "multi_shot": multi_shot or None,
        "seed": seed,
        "negative_prompt": negative_prompt,
        "engine": engine,
        "webhook_url": webhook_url,
        "priority": priority,
        "deadline_seconds": deadline,
        "idempotency_key": idempotency_key,
    }
    check_target(output)
    talk = Output(json, quiet, jsonl)
    with ending(talk):
        words = read_prompt(prompt, talk)
        with connect(base_url) as client:
            if dry_run:
                _tell(client.videos.estimate(words, **options), talk)
                return
            task = client.videos.create(words, **options)
            remember(client.base_url, task)
            talk.say(f"task {task.task_id}")
            if no_wait:
                talk.data(task.task_id, dict(task.raw), event="status")
                return
            save(watch(client, task, talk, timeout, output), output, talk, preview=preview)


def _pictures(
    first: str | None, others: Sequence[str], last: str | None
) -> tuple[list[str], list[str] | None]:
    """The pictures in the order that prompts count them in, and what each is for, where anybody said."""
    images = [image for image in (first, *others, last) if image is not None]
    if first is None and last is None:
        return images, None
    starts, ends = ["first_frame"] * (first is not None), ["last_frame"] * (last is not None)
    return images, [*starts, *["reference"] * len(others), *ends]


def _tell(estimate: Estimate, talk: Output) -> None:
    """What a video would take, for a person and for a program."""
    price, seconds, place = estimate.price, estimate.expected_seconds, estimate.queue_position
    facts = {
        "price": None if price is None else f"at most {price:.4f} USD",
        "time": None if seconds is None else f"about {seconds:.0f} s of work",
        "queue": None if place is None else f"place {place}",
    }
    text = "\n".join(f"{name:<9}{value}" for name, value in facts.items() if value)
    talk.data(text, dict(estimate.raw), event="estimate")
