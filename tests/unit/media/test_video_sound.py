"""The source's sound, in step with its frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.media_files import make_video

from omnireel.errors import InvalidMedia
from omnireel.media.frames import Samples
from omnireel.media.sound import read_audio
from omnireel.models import MediaLimits


def sound(path: Path, start: Fraction = Fraction(0)) -> Samples:
    return np.concatenate(list(read_audio(path, path.suffix[1:], start=start)))


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("clip.mp4", "aac"),
        ("clip.mp4", "libmp3lame"),
        ("clip.mp4", "libopus"),
        ("clip.mov", "pcm_s16le"),
        ("clip.webm", "libopus"),
        ("clip.webm", "vorbis"),
    ],
)
def test_every_accepted_codec_becomes_48_khz_stereo(tmp_path: Path, name: str, codec: str) -> None:
    path = make_video(tmp_path / name, width=160, height=120, seconds=2.0, audio=True, audio_codec=codec)

    samples = sound(path)

    assert samples.dtype == np.float32
    assert samples.shape[1] == 2
    assert abs(len(samples) - 96_000) < 2_500
    peaks = np.argmax(np.abs(np.fft.rfft(samples[24_000:72_000], axis=0)), axis=0)
    assert peaks.tolist() == [440, 880]
    assert 0.2 < np.abs(samples).max() < 0.6


def test_it_comes_in_small_blocks(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=160, height=120, seconds=2.0, audio=True)

    assert max(len(block) for block in read_audio(path, "mp4")) <= 48_000 // 4


def test_sound_from_before_the_first_frame_is_left_out(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mov", seconds=2.0, audio=True, audio_codec="pcm_s16le")

    assert np.array_equal(sound(path, Fraction(1, 4)), sound(path)[12_000:])


def test_silence_stands_in_for_sound_that_begins_late(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mov", seconds=2.0, audio=True, audio_codec="pcm_s16le")

    samples = sound(path, Fraction(-1, 2))

    assert not samples[:24_000].any()
    assert np.array_equal(samples[24_000:], sound(path))


def test_a_silent_video_has_no_sound(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=160, height=120, seconds=0.5)

    assert list(read_audio(path, "mp4")) == []


def test_endless_sound_is_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=160, height=120, seconds=5.0, audio=True)

    with pytest.raises(InvalidMedia, match="runs longer than 4 seconds"):
        list(read_audio(path, "mp4", limits=MediaLimits(video_max_seconds=2.0)))
