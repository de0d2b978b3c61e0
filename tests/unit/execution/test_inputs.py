"""What an attempt checks before its engine sees an input."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from tests.malformed_media import patched
from tests.media_files import make_video

from omnireel.errors import InvalidMedia
from omnireel.execution.inputs import check_inputs, check_measured, input_paths
from omnireel.models import MediaKind, MediaLimits, MediaRef, VideoRequest

VIDEO = MediaRef(MediaKind.VIDEO, "blob:inputs/clip.mp4")
REQUEST = VideoRequest("kling/kling-video-o1", "a fox", videos=(VIDEO,), duration=None)


def test_a_good_video_passes_both_looks(tmp_path: Path) -> None:
    paths = input_paths(REQUEST, tmp_path)
    make_video(tmp_path / "clip.mp4", width=640, height=360, seconds=3.0).rename(paths[VIDEO])

    check_inputs(REQUEST, paths, MediaLimits())
    check_measured(REQUEST, paths, MediaLimits())


def test_a_header_that_lies_about_its_size_is_found_out(tmp_path: Path) -> None:
    paths = input_paths(REQUEST, tmp_path)
    small = make_video(tmp_path / "clip.mp4", width=640, height=240, seconds=3.0).read_bytes()
    paths[VIDEO].write_bytes(patched(small, b"avc1", 24, struct.pack(">HH", 640, 360), nth=2))

    check_inputs(REQUEST, paths, MediaLimits())
    with pytest.raises(InvalidMedia, match=r"videos\[0\].*240"):
        check_measured(REQUEST, paths, MediaLimits())
