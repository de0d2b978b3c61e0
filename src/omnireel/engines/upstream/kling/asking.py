"""A request in Kling's words, as its published pages on omni-video have them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from omnireel.engines.base import Run
from omnireel.media.image import load_image
from omnireel.media.poster import write_poster
from omnireel.media.sniff import sniff
from omnireel.models import AspectRatio, ImageRole, JobKind, VideoRequest

_MODELS: Final = MappingProxyType({"kling-v3-omni-video": "kling-v3-omni"})
"""Kling's names by ours, where they differ."""
_ROLES: Final = MappingProxyType(
    {ImageRole.FIRST_FRAME: "first_frame", ImageRole.LAST_FRAME: "end_frame", ImageRole.REFERENCE: None}
)
_ENDS: Final = ("first_frame", "end_frame")
_TAKEN: Final = frozenset({"jpg", "png"})
SHORTEST, LONGEST = 3, 10
"""Seconds of a clip that follows a video."""


def kling_body(
    request: VideoRequest, kind: JobKind, run: Run, *, model: str | None, inline_videos: bool
) -> dict[str, Any]:
    """The body of an order, but for its name. `kind` is what the director took the request for, `run` where
    the inputs are.
    """
    images = _images(request, kind, run)
    body: dict[str, Any] = {
        "model_name": model or _MODELS.get(request.model_id, request.model_id),
        "prompt": request.prompt,
        "mode": request.mode.value,
    }
    if images:
        body["image_list"] = images
    if request.videos:
        body["video_list"] = [_video(request, kind, run, inline=inline_videos)]
    if request.multi_shot:
        body |= {"multi_shot": True, "shot_type": "intelligence"}
    if request.sound:
        body["sound"] = "on"
    return body | _aspect(request, images) | _length(request, kind, run)


def left_out(request: VideoRequest) -> Iterator[str]:
    """Our fields that say something and that Kling has no word for."""
    given = {"seed": request.seed is not None, "negative_prompt": request.negative_prompt}
    return (name for name, said in given.items() if said)


def _images(request: VideoRequest, kind: JobKind, run: Run) -> list[dict[str, str]]:
    roles = _roles(request, kind)
    return [
        {"image_url": _base64(_picture(run.open(ref), run.scratch / f"picture-{place}.jpg"))}
        | ({"type": role} if role else {})
        for place, (ref, role) in enumerate(zip(request.images, roles, strict=True))
    ]


def _roles(request: VideoRequest, kind: JobKind) -> tuple[str | None, ...]:
    """What each picture is for: as said, or as the director understood it. Without a role, a reference."""
    count = len(request.images)
    if request.image_types:
        return tuple(_ROLES[role] for role in request.image_types)
    if kind is JobKind.ANIMATE and count <= len(_ENDS):
        return _ENDS[:count]
    return (None,) * count


def _picture(path: Path, target: Path) -> Path:
    """A file that Kling takes: the same, or a WebP written anew at `target`."""
    found = sniff(path).format
    if found in _TAKEN:
        return path
    write_poster(load_image(path, found), target)
    return target


def _video(request: VideoRequest, kind: JobKind, run: Run, *, inline: bool) -> dict[str, str]:
    [ref] = request.videos
    return {
        "video_url": _base64(run.open(ref)) if inline else ref.uri,
        "refer_type": "feature" if kind is JobKind.REFERENCE else "base",
        "keep_original_sound": "yes" if request.keep_original_sound else "no",
    }


def _aspect(request: VideoRequest, images: list[dict[str, str]]) -> dict[str, str]:
    """Required there unless a first frame or an edited video gives the shape."""
    shaped = request.videos or any(image.get("type") == "first_frame" for image in images)
    aspect = request.aspect_ratio or (None if shaped else AspectRatio.WIDE)
    return {"aspect_ratio": aspect.value} if aspect else {}


def _length(request: VideoRequest, kind: JobKind, run: Run) -> dict[str, str]:
    """An edited video sets it; one that is followed does so here only, so it is said."""
    if request.duration is not None:
        return {"duration": str(request.duration)}
    if kind is not JobKind.REFERENCE:
        return {}
    seconds = sniff(run.open(request.videos[0])).duration or float(SHORTEST)
    return {"duration": str(min(LONGEST, max(SHORTEST, round(seconds))))}


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")
