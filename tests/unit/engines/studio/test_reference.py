from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.footage import SOURCE, filmed, painting, path_step, run_on, save
from tests.media_files import make_image

from omnireel.engines.studio import StudioEngine
from omnireel.engines.studio.edits.borrowed import borrow, recut
from omnireel.engines.studio.edits.camera_track import CameraTrack, track_camera
from omnireel.errors import EngineFailed
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import (
    AspectRatio,
    Clip,
    Job,
    JobKind,
    MediaKind,
    MediaRef,
    Mode,
    Shot,
    Storyboard,
    VideoRequest,
)

SIZE = (384, 216)
PHOTO = MediaRef(MediaKind.IMAGE, "blob:photo")


def panned(count: int, speed: float, seed: int = 1) -> list[Frame]:
    """A camera that pans right at `speed` pixels a frame: the picture goes left."""
    picture = painting(SIZE[0] + round(abs(speed) * count) + 8, SIZE[1], seed)
    return [np.ascontiguousarray(picture[:, round(speed * n) :][:, : SIZE[0]]) for n in range(count)]


def track_of(clip: Clip) -> CameraTrack:
    with VideoReader(clip.path, "mp4", SIZE) as reader:
        return track_camera(reader, float(clip.fps))


def reference_job(*shots: Shot, images: bool = False) -> Job:
    request = VideoRequest(
        model="kling/kling-video-o1",
        prompt="film it like the video",
        images=(PHOTO,) if images else (),
        videos=(SOURCE,),
        duration=None,
        mode=Mode.STD,
        aspect_ratio=AspectRatio.WIDE,
    )
    return Job(request, Storyboard(JobKind.REFERENCE, shots or (Shot("a quiet beach", place="beach"),)))


def test_a_known_camera_path_is_read_back() -> None:
    frames = filmed(painting(560, 360), SIZE, 12)
    steps = track_camera(frames, 24.0).steps[1:]
    here, there = path_step(4), path_step(5)
    growth = np.log(np.hypot(*here[:, 0]) / np.hypot(*there[:, 0]))
    turn = np.arctan2(here[1, 0], here[0, 0]) - np.arctan2(there[1, 0], there[0, 0])
    assert np.allclose(steps[:, 2], growth, atol=0.0015)
    assert np.allclose(steps[:, 3], turn, atol=0.0015)
    middle = np.array((*np.array(SIZE) / 2, 1))
    moved = cv2.invertAffineTransform(there) @ np.append(here @ middle, 1) - middle[:2]
    assert np.allclose(steps[4, :2], moved / SIZE[0], atol=0.0015)


def test_cuts_are_found_and_start_a_path_anew() -> None:
    track = track_camera(panned(8, 4) + panned(8, 4, seed=5), 24.0)
    assert track.cuts == (8,)
    assert np.array_equal(track.steps[8], np.zeros(4))
    assert track.paths()[8:].min() > track.paths()[:8].min() * 1.2


def test_a_borrowed_path_stays_within_reach_and_keeps_its_shape() -> None:
    wild = CameraTrack(24.0, np.tile((0.05, 0.0, 0.0, 0.0), (48, 1)), (), np.zeros(48))
    camera = borrow(wild, 24, 48)
    assert camera.scaled < 0.5
    assert np.abs(camera.path).max() <= 0.25
    assert np.all(np.diff(camera.path[4:-4, 0]) > 0)


def test_a_storyboard_is_cut_where_the_video_is() -> None:
    board = recut(Storyboard(JobKind.REFERENCE, (Shot("a cat"),)), (30, 70), 120)
    assert board.frame_counts(120) == (30, 40, 50)
    assert len({shot.framing for shot in board.shots}) == 3


@pytest.mark.parametrize("speed", [3.0, -3.0])
def test_a_scene_pans_the_way_the_video_does(tmp_path: Path, speed: float) -> None:
    frames = panned(24, 3.0)
    source = save(frames if speed > 0 else frames[::-1], tmp_path / "pan.mp4")
    clip = StudioEngine().generate(reference_job(), run_on(source, tmp_path / "out"))
    assert (clip.frames, clip.fps) == (24, Fraction(24))
    gone = track_of(clip).steps[:, 0].sum()
    assert np.sign(gone) == -np.sign(speed)
    assert abs(gone) > 0.04


def test_a_photograph_is_filmed_like_the_video(tmp_path: Path) -> None:
    source = save(panned(24, 3.0), tmp_path / "pan.mp4")
    photo = make_image(tmp_path / "photo.jpg", width=640, height=400)
    cv2.imwrite(str(photo), painting(640, 400, 3))
    run = run_on(source, tmp_path / "out")
    run = replace(run, inputs={**run.inputs, PHOTO: photo})
    clip = StudioEngine().generate(reference_job(Shot("like it"), images=True), run)
    gone = track_of(clip).steps[:, 0].sum()
    assert -0.25 < gone < -0.06


def test_cuts_come_when_the_videos_do(tmp_path: Path) -> None:
    source = save(panned(18, 2.0) + panned(14, 2.0, seed=5), tmp_path / "cut.mp4", Fraction(24))
    clip = StudioEngine().generate(reference_job(), run_on(source, tmp_path / "out"))
    assert [(shot.start, shot.frames) for shot in clip.shots] == [(0, 18), (18, 14)]


def test_a_camera_cannot_be_borrowed_from_nothing(tmp_path: Path) -> None:
    job = reference_job()
    without = Job(replace(job.request, videos=()), job.storyboard)
    with pytest.raises(EngineFailed, match="needs a video"):
        StudioEngine().generate(without, run_on(tmp_path / "none.mp4", tmp_path / "out"))
