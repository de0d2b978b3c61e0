"""How far a decoder is let go: the limits on a source, with room for what headers round."""

from __future__ import annotations

from math import ceil

from omnireel.errors import InvalidMedia
from omnireel.models import MediaLimits

_SLACK = 2
# Coded sides are rounded up to whole blocks, of 64 pixels and twice that in the newest codecs.
_BLOCK = 128


def max_pixels(limits: MediaLimits) -> int:
    """The largest coded picture worth starting a decoder for."""
    return (limits.video_max_side + _BLOCK) ** 2


def max_frames(limits: MediaLimits) -> int:
    """The most pictures that are looked at."""
    return ceil(limits.video_max_seconds * limits.video_max_fps * _SLACK)


def max_seconds(limits: MediaLimits) -> float:
    """The longest picture or sound track that is looked at."""
    return limits.video_max_seconds * _SLACK


def check_side(width: int, height: int, limits: MediaLimits) -> None:
    """Raise InvalidMedia for pictures larger than the limits allow, whatever the header said."""
    most = limits.video_max_side
    if max(width, height) > most:
        raise InvalidMedia(f"the video's pictures must be at most {most} pixels a side, got {width}x{height}")
