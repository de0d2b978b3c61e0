"""Limits name the measure, what it must be and what it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omnireel.errors import OutOfRange
from omnireel.media.limits import check_limits
from omnireel.media.sniff import Sniffed
from omnireel.models import MediaKind, MediaLimits

IMAGE = Sniffed(MediaKind.IMAGE, "jpg", 800, 600, 50_000, codecs=("jpeg",))
VIDEO = Sniffed(MediaKind.VIDEO, "mp4", 1280, 720, 900_000, 5.0, 24.0, ("h264",))
MIB = 1024 * 1024


@pytest.mark.parametrize(
    "sniffed",
    [
        IMAGE,
        replace(IMAGE, width=300, height=300),
        replace(IMAGE, width=8000, height=3200),
        replace(IMAGE, width=400, height=1000),
        replace(IMAGE, size=10 * MIB),
        VIDEO,
        replace(VIDEO, duration=3.0),
        replace(VIDEO, duration=2.9997),
        replace(VIDEO, duration=10.05),
        replace(VIDEO, width=360, height=2160),
        replace(VIDEO, fps=12.0),
        replace(VIDEO, fps=60.004),
        replace(VIDEO, size=200 * MIB),
    ],
)
def test_what_lies_on_a_limit_is_taken(sniffed: Sniffed) -> None:
    check_limits(sniffed, MediaLimits())


@pytest.mark.parametrize(
    ("sniffed", "message"),
    [
        (replace(VIDEO, duration=2.48), "the video's duration must be 3 to 10.05 seconds, got 2.48"),
        (replace(VIDEO, duration=10.1), "the video's duration must be 3 to 10.05 seconds, got 10.1"),
        (replace(VIDEO, duration=None), "the video's duration must be 3 to 10.05 seconds, got 0"),
        (replace(VIDEO, fps=10.0), "the video's frame rate must be 12 to 60 frames per second, got 10"),
        (replace(VIDEO, fps=1e6), "the video's frame rate must be 12 to 60 frames per second, got 1e+06"),
        (replace(VIDEO, height=359), "the video's height must be 360 to 2160 pixels, got 359"),
        (replace(VIDEO, width=65_535), "the video's width must be 360 to 2160 pixels, got 65535"),
        (replace(VIDEO, size=200 * MIB + 60_000), "the video must be at most 200 MiB, got 200.1"),
        (replace(IMAGE, size=11 * MIB), "the image must be at most 10 MiB, got 11.0"),
        (replace(IMAGE, height=299), "the image's height must be 300 to 8000 pixels, got 299"),
        (replace(IMAGE, width=8001), "the image's width must be 300 to 8000 pixels, got 8001"),
        (
            replace(IMAGE, width=1600),
            "the image's width to height must be 1:2.5 to 2.5:1, got 1600x600",
        ),
        (
            replace(IMAGE, width=300, height=900),
            "the image's width to height must be 1:2.5 to 2.5:1, got 300x900",
        ),
    ],
)
def test_what_lies_outside_is_refused_with_its_measure(sniffed: Sniffed, message: str) -> None:
    with pytest.raises(OutOfRange) as refusal:
        check_limits(sniffed, MediaLimits())

    assert str(refusal.value) == message


def test_an_operators_own_limits_hold() -> None:
    limits = MediaLimits(video_max_seconds=30.0, video_min_fps=5.0)

    check_limits(replace(VIDEO, duration=29.0, fps=6.0), limits)
    with pytest.raises(OutOfRange, match="3 to 30 seconds, got 31"):
        check_limits(replace(VIDEO, duration=31.0), limits)
