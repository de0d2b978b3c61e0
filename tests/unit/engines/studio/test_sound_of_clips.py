"""Clips with sound: a track as long as the pictures, made of what is in them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.footage import painting

from omnireel.director.direct import direct
from omnireel.engines.studio.animate import animate
from omnireel.engines.studio.photo.shown import Photo
from omnireel.engines.studio.scene import compose
from omnireel.engines.studio.scenery.hearing import contacts_of
from omnireel.engines.studio.scenery.motion import GAITS, pose_at
from omnireel.engines.studio.sound.loudness import loudness, true_peak
from omnireel.media.frames import SAMPLE_RATE, Samples
from omnireel.media.reader import VideoReader
from omnireel.media.sound import read_audio
from omnireel.models import Clip, Job, MediaKind, MediaRef, VideoRequest
from omnireel.testing.engine import RecordingRun

_PHOTO = MediaRef(MediaKind.IMAGE, "blob:photo")
_SIZE = (256, 144)


def _made(
    folder: Path, prompt: str, *, sound: bool = True, images: tuple[MediaRef, ...] = (), threads: int = 2
) -> Clip:
    request = VideoRequest("kling/kling-video-o1", prompt, images, sound=sound, duration=3)
    run = RecordingRun(folder, 3)
    job = Job(request, direct(request))
    if images:
        return animate(job, run, [Photo(painting(640, 400))], _SIZE, threads=threads)
    return compose(job, run, _SIZE, threads=threads)


def _sound(clip: Clip) -> Samples:
    return np.concatenate(list(read_audio(clip.path, "mp4")))


@pytest.mark.parametrize("images", [(), (_PHOTO,)])
def test_a_clip_with_sound_has_it_to_the_end_at_the_promised_loudness(
    tmp_path: Path, images: tuple[MediaRef, ...]
) -> None:
    clip = _made(tmp_path, "Waves roll onto a beach, seagulls", images=images)
    sound = _sound(clip).astype(np.float64)
    with VideoReader(clip.path, "mp4") as reader:
        assert Fraction(reader.frames, 1) / reader.fps == 3
    assert clip.has_audio
    assert abs(len(sound) - 3 * SAMPLE_RATE) <= 1024
    assert loudness(sound) == pytest.approx(-16.0, abs=1.0)
    assert true_peak(sound) <= -1.0


def test_a_clip_without_sound_has_none(tmp_path: Path) -> None:
    clip = _made(tmp_path, "Waves roll onto a beach", sound=False)
    assert not clip.has_audio
    assert not list(read_audio(clip.path, "mp4"))


def test_sound_is_the_same_on_one_thread_and_on_two(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    clips = [_made(folder, "A dog runs along the beach", threads=n + 1) for n, folder in enumerate(folders)]
    assert clips[0].path.read_bytes() == clips[1].path.read_bytes()


@pytest.mark.parametrize(
    ("gait", "steps"), [("walk", (8, 10)), ("run", (13, 15)), ("gallop", (14, 17)), ("float", (0, 0))]
)
def test_feet_touch_the_ground_as_often_as_the_picture_shows(gait: str, steps: tuple[int, int]) -> None:
    contacts = contacts_of(GAITS[gait], 0.1, front=False, seconds=3.0)
    assert steps[0] <= len(contacts) <= steps[1]


def test_at_a_contact_the_body_is_low() -> None:
    contacts = contacts_of(GAITS["walk"], 0.3, front=False, seconds=3.0)
    heights = [pose_at(GAITS["walk"], t, 0.5, 0.3, front=False).y for t in contacts]
    highest = max(pose_at(GAITS["walk"], t / 100, 0.5, 0.3, front=False).y for t in range(200))
    assert max(heights) < 0.2 * highest
