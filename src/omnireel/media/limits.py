"""Whether an input measures what the service takes."""

from __future__ import annotations

from omnireel.errors import OutOfRange
from omnireel.media.sniffed import Sniffed
from omnireel.models import MediaKind, MediaLimits

_MIB = 1024 * 1024


def check_limits(sniffed: Sniffed, limits: MediaLimits) -> None:
    """Raise OutOfRange, with the limit and the measured value, for the first limit the file is outside of."""
    if sniffed.kind is MediaKind.IMAGE:
        _check_image(sniffed, limits)
    else:
        _check_video(sniffed, limits)


def _check_image(image: Sniffed, limits: MediaLimits) -> None:
    check_size(image.kind, image.size, limits)
    for side, length in (("width", image.width), ("height", image.height)):
        _within(f"the image's {side}", length, limits.image_min_side, limits.image_max_side, "pixels")
    shape = image.width / image.height
    if not 1 / limits.image_max_shape <= shape <= limits.image_max_shape:
        most = f"{limits.image_max_shape:g}"
        raise OutOfRange(
            f"the image's width to height must be 1:{most} to {most}:1, got {image.width}x{image.height}"
        )


def _check_video(video: Sniffed, limits: MediaLimits) -> None:
    check_size(video.kind, video.size, limits)
    for side, length in (("width", video.width), ("height", video.height)):
        _within(f"the video's {side}", length, limits.video_min_side, limits.video_max_side, "pixels")
    seconds, fps = video.duration or 0.0, video.fps or 0.0
    _within("the video's duration", seconds, limits.video_min_seconds, limits.video_max_seconds, "seconds")
    _within("the video's frame rate", fps, limits.video_min_fps, limits.video_max_fps, "frames per second")


def check_size(kind: MediaKind, size: int, limits: MediaLimits) -> None:
    """Raise OutOfRange when a file of this kind has too many bytes."""
    most = max_bytes(kind, limits)
    if size > most:
        raise OutOfRange(f"the {kind} must be at most {most / _MIB:g} MiB, got {size / _MIB:.1f}")


def max_bytes(kind: MediaKind, limits: MediaLimits) -> int:
    """The most bytes a file of this kind may have."""
    return limits.image_bytes if kind is MediaKind.IMAGE else limits.video_bytes


def _within(what: str, value: float, least: float, most: float, unit: str) -> None:
    # Headers count in ticks: a clip of 3 s may measure 2.9997.
    slack = 0.0 if isinstance(value, int) else 5e-3
    if not least - slack <= value <= most + slack:
        raise OutOfRange(f"{what} must be {least:g} to {most:g} {unit}, got {_shown(value)}")


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{round(value, 3):g}" if value < 1e6 else f"{value:.3g}"
