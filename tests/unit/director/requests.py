"""Requests to direct, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence

from omnireel.models import ImageRole, MediaKind, MediaRef, VideoRequest, VideoRole


def a_request(
    prompt: str,
    *,
    images: int = 0,
    videos: int = 0,
    multi_shot: bool = False,
    sound: bool = False,
    duration: int = 5,
    negative_prompt: str | None = None,
    image_types: Sequence[ImageRole] = (),
    video_type: VideoRole | None = None,
) -> VideoRequest:
    """A valid request; the length is left out when a video sets it."""
    return VideoRequest(
        model="kling/kling-video-o1",
        prompt=prompt,
        images=tuple(MediaRef(MediaKind.IMAGE, f"blob:image-{number}") for number in range(images)),
        videos=tuple(MediaRef(MediaKind.VIDEO, f"blob:video-{number}") for number in range(videos)),
        multi_shot=multi_shot,
        sound=sound,
        duration=None if videos else duration,
        negative_prompt=negative_prompt,
        image_types=tuple(image_types),
        video_type=video_type,
    )
