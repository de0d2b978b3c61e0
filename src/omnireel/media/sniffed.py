"""What a file's header says about it."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.models import MediaKind


@dataclass(frozen=True)
class Sniffed:
    """Facts read from headers, without decoding. They may lie; decoding checks them again.

    `format` is jpg, png, webp, mp4, mov or webm. `width` and `height` are in pixels: as stored for images,
    as shown for videos. `size` is in bytes, `duration` in seconds; it and `fps` are None for images.
    """

    kind: MediaKind
    format: str
    width: int
    height: int
    size: int
    duration: float | None = None
    fps: float | None = None
    codecs: tuple[str, ...] = ()
    has_audio: bool = False
