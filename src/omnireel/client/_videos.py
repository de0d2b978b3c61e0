"""Asking for a video: options as people give them, a body as the wire takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_urlsafe
from typing import Literal, TypedDict

from omnireel.client import _wire
from omnireel.client._connection import Connection
from omnireel.client._media import Media, stand_ins, to_wire
from omnireel.client._wire import Wishes
from omnireel.client.types import Estimate, Task


class VideoOptions(TypedDict, total=False):
    """What a video may be asked to be. Left out means the server's default."""

    model: str
    images: Sequence[Media]
    video: Media | None
    mode: str | None
    aspect_ratio: str | None
    duration: int | None
    sound: bool | str | None
    multi_shot: bool | None
    seed: int | None
    negative_prompt: str | None
    image_types: Sequence[str] | None
    video_type: str | None
    keep_original_sound: bool | None
    engine: str | None
    extra: Mapping[str, object]
    """Fields of the body that this version does not know; they overrule those it does."""
    webhook_url: str | None
    """A public HTTPS address that is told when the task has ended."""
    priority: Literal["low", "normal", "high"] | None
    deadline_seconds: int | None
    """After that the task has failed, waiting or running."""
    idempotency_key: str | None
    """The caller's own name for this submit: a second one with the same key makes no second video."""


async def create(connection: Connection, prompt: str, options: VideoOptions) -> Task:
    """Ask for a video. The key is made here, outside all repeating."""

    async def store(filename: str, source: Path | bytes) -> str:
        return (await connection.read(_wire.upload(filename, source), _wire.read_file)).url

    images, video = options.get("images") or (), options.get("video")
    media = await to_wire(connection.waiting, images, video, store)
    model = options.get("model", _wire.DEFAULT_MODEL)
    key = options.get("idempotency_key") or token_urlsafe(24)
    call = _wire.submit(model, _body(prompt, *media, options), key, _wishes(options))
    return await connection.read(call, _wire.read_receipt)


async def estimate(connection: Connection, prompt: str, options: VideoOptions) -> Estimate:
    """Ask what a video would take. Media stay where they are: nobody would look at them."""
    images, video = options.get("images") or (), options.get("video")
    media = await connection.waiting.work(lambda: stand_ins(images, video))
    call = _wire.estimate(options.get("model", _wire.DEFAULT_MODEL), _body(prompt, *media, options))
    return await connection.read(call, _wire.read_estimate)


def _wishes(options: VideoOptions) -> Wishes:
    return Wishes(options.get("webhook_url"), options.get("priority"), options.get("deadline_seconds"))


def _body(
    prompt: str, images: Sequence[str], videos: Sequence[str], options: VideoOptions
) -> dict[str, object]:
    sound = options.get("sound")
    body: dict[str, object] = {
        "prompt": prompt,
        "images": _listed(images),
        "videos": _listed(videos),
        "mode": options.get("mode"),
        "aspect_ratio": options.get("aspect_ratio"),
        "duration": options.get("duration"),
        "sound": ("on" if sound else "off") if isinstance(sound, bool) else sound,
        "multi_shot": options.get("multi_shot"),
        "shot_type": "intelligence" if options.get("multi_shot") else None,
        "seed": options.get("seed"),
        "negative_prompt": options.get("negative_prompt"),
        "image_types": _listed(options.get("image_types")),
        "video_type": options.get("video_type"),
        "keep_original_sound": options.get("keep_original_sound"),
        "engine": options.get("engine"),
        **options.get("extra", {}),
    }
    return {name: value for name, value in body.items() if value is not None}


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return list(values) if values else None
