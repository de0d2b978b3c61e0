"""A task's request as the body that it came with, so that it can be sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omnireel.api.answers import RequestAnswer
from omnireel.models import MediaRef, VideoRequest


def request_answer(request: VideoRequest, sign: Callable[[str], str]) -> RequestAnswer:
    """What was asked, in the wire's fields; `sign` makes a link out of a blob's key.

    A field is there when it says something: what the caller left out and no default filled in is left out.
    """
    fields: dict[str, Any] = {
        "prompt": request.prompt,
        "images": [_address(ref, sign) for ref in request.images],
        "videos": [_address(ref, sign) for ref in request.videos],
        "mode": request.mode.value,
        "aspect_ratio": request.aspect_ratio.value if request.aspect_ratio else None,
        "duration": request.duration,
        "sound": "on" if request.sound else None,
        "multi_shot": request.multi_shot or None,
        "shot_type": "intelligence" if request.multi_shot else None,
        "seed": request.seed,
        "negative_prompt": request.negative_prompt,
        "image_types": [role.value for role in request.image_types],
        "video_type": request.video_type.value if request.video_type else None,
        "keep_original_sound": request.keep_original_sound or None,
        "engine": request.engine,
    }
    said = {name: value for name, value in fields.items() if value is not None and value != []}
    return RequestAnswer(model=request.model, body=said)


def _address(ref: MediaRef, sign: Callable[[str], str]) -> str:
    return ref.uri if ref.blob_key is None else sign(ref.blob_key)
