from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.media_files import make_video

from omnireel.media.whole import faults_of_mp4


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4", audio=True).read_bytes()


def cut(video: bytes) -> bytes:
    return video[: len(video) // 2]


def followed(video: bytes) -> bytes:
    return video + b"xx"


def beheaded(video: bytes) -> bytes:
    return video[24:]


def emptied(_: bytes) -> bytes:
    return b""


def pointing_outside(video: bytes) -> bytes:
    """The first chunk's offset is beyond the end."""
    at = video.index(b"stco") + 12
    return video[:at] + struct.pack(">I", len(video)) + video[at + 4 :]


def longer_samples(video: bytes) -> bytes:
    """The first sample is said to be longer than the file."""
    at = video.index(b"stsz") + 16
    return video[:at] + struct.pack(">I", len(video)) + video[at + 4 :]


@pytest.mark.parametrize("damage", [cut, followed, beheaded, emptied, pointing_outside, longer_samples])
def test_every_kind_of_damage_to_an_mp4_is_found(
    tmp_path: Path, video: bytes, damage: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "clip.mp4").write_bytes(damage(video))

    assert faults_of_mp4(tmp_path / "clip.mp4") != []


def test_whole_mp4s_have_no_faults(tmp_path: Path, video: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(video)

    assert faults_of_mp4(tmp_path / "clip.mp4") == []


def test_no_cut_of_an_mp4_passes_for_whole(tmp_path: Path, video: bytes) -> None:
    file = tmp_path / "clip.mp4"
    for length in range(0, len(video), max(1, len(video) // 300)):
        file.write_bytes(video[:length])
        assert faults_of_mp4(file), length
