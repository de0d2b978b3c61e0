from __future__ import annotations

import hashlib
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from benchmarks.measures import palette_distance
from tests.footage import filmed, painting, repaint_job, run_on, save
from tests.media_files import make_video

from omnireel.engines.studio import StudioEngine, restyle
from omnireel.errors import Canceled, EngineFailed
from omnireel.media.probe import probe
from omnireel.media.reader import VideoReader
from omnireel.media.sound import read_audio
from omnireel.models import AspectRatio, Clip, Job, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

SIZE = (384, 216)


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    return save(filmed(painting(560, 360), SIZE, 9), folder / "source.mp4", Fraction(30000, 1001))


def made(job: Job, run: RecordingRun, threads: int = 2) -> Clip:
    return StudioEngine(threads=threads).generate(job, run)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def frames_of(path: Path, size: tuple[int, int] | None = None) -> list[np.typing.NDArray[np.uint8]]:
    with VideoReader(path, "mp4", size) as reader:
        return list(reader)


def test_clay_keeps_rate_and_length_to_the_frame(source: Path, tmp_path: Path) -> None:
    run = run_on(source, tmp_path)
    clip = made(repaint_job("clay"), run)
    facts = probe(clip.path, "mp4")
    assert (facts.width, facts.height, facts.frames, facts.fps) == (1280, 720, 9, Fraction(30000, 1001))
    assert (clip.width, clip.height, clip.frames, clip.fps) == (1280, 720, 9, Fraction(30000, 1001))
    assert clip.poster.read_bytes().startswith(b"\xff\xd8")
    assert [(shot.start, shot.frames) for shot in clip.shots] == [(0, 9)]
    assert run.warnings == []
    progress = [value for value, _ in run.reports]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert len(progress) >= 4


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    source = save(filmed(painting(560, 360), SIZE, 5), tmp_path / "short.mp4")
    clips = [
        made(repaint_job("clay", "sci-fi"), run_on(source, tmp_path / name), threads)
        for name, threads in (("a", 1), ("b", 2), ("c", 2))
    ]
    assert len({digest(clip.path) for clip in clips}) == 1


def test_a_cancel_midway_leaves_neither_files_nor_threads(source: Path, tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(Canceled):
        made(repaint_job("clay"), run_on(source, tmp_path, stop_at=3))
    assert not list(tmp_path.glob("*.mp4*"))
    assert threading.active_count() == before


def test_on_twos_each_drawing_is_shown_twice(source: Path, tmp_path: Path) -> None:
    clip = made(repaint_job("clay", on_twos=True), run_on(source, tmp_path))
    frames = [frame.astype(int) for frame in frames_of(clip.path, (320, 180))]
    assert len(frames) == 9
    held = [np.abs(frames[i + 1] - frames[i]).mean() for i in range(0, 8, 2)]
    moved = [np.abs(frames[i + 1] - frames[i]).mean() for i in range(1, 8, 2)]
    assert max(held) < min(moved) / 2


def test_a_requested_shape_is_filled_without_bars(source: Path, tmp_path: Path) -> None:
    clip = made(repaint_job("sci-fi", aspect_ratio=AspectRatio.TALL), run_on(source, tmp_path))
    assert (clip.width, clip.height) == (720, 1280)
    final = frames_of(clip.path)[-1]
    for edge in (final[:40], final[-40:], final[:, :40], final[:, -40:]):
        assert edge.std() > 3


def test_a_vertical_clip_stays_vertical(tmp_path: Path) -> None:
    tall = save(filmed(painting(400, 560), (216, 384), 3), tmp_path / "tall.mp4")
    clip = made(repaint_job("clay"), run_on(tall, tmp_path / "out"))
    assert (clip.width, clip.height) == (720, 1280)


def test_a_black_clip_is_repainted(tmp_path: Path) -> None:
    black = save([np.zeros((216, 384, 3), np.uint8)] * 4, tmp_path / "black.mp4")
    assert made(repaint_job("clay", "sci-fi"), run_on(black, tmp_path / "out")).frames == 4


def test_more_than_sixty_frames_a_second_become_sixty(tmp_path: Path) -> None:
    fast = save(filmed(painting(560, 360), SIZE, 20), tmp_path / "fast.mp4", Fraction(100))
    clip = made(repaint_job("noir"), run_on(fast, tmp_path / "out"))
    assert (clip.fps, clip.frames) == (Fraction(60), 12)
    assert probe(clip.path, "mp4").frames == 12


def test_pro_is_1080_lines(tmp_path: Path, source: Path) -> None:
    clip = made(repaint_job("clay", mode=Mode.PRO), run_on(source, tmp_path))
    assert (clip.width, clip.height) == (1920, 1080)


def test_what_no_look_can_do_is_said_and_the_picture_left_alone(source: Path, tmp_path: Path) -> None:
    run = run_on(source, tmp_path)
    clip = made(repaint_job("holography"), run)
    assert any("holography" in warning for warning in run.warnings)
    assert any("left as it is" in warning for warning in run.warnings)
    before, after = frames_of(source, (320, 180)), frames_of(clip.path, (320, 180))
    assert palette_distance(before[5], after[5]) < 2
    assert np.abs(before[5].astype(int) - after[5]).mean() < 5


def test_the_original_sound_is_kept_when_asked_for(tmp_path: Path) -> None:
    noisy = make_video(tmp_path / "noisy.mp4", width=SIZE[0], height=SIZE[1], seconds=0.5, audio=True)
    clip = made(repaint_job("noir", keep_sound=True), run_on(noisy, tmp_path / "out"))
    assert clip.has_audio
    sound = np.concatenate(list(read_audio(clip.path, "mp4")))
    assert np.abs(sound).max() > 0.01
    assert not made(repaint_job("noir"), run_on(noisy, tmp_path / "silent")).has_audio


def test_a_silent_source_has_no_sound_to_keep_and_says_so(source: Path, tmp_path: Path) -> None:
    run = run_on(source, tmp_path)
    assert not made(repaint_job("noir", keep_sound=True), run).has_audio
    assert any("silent" in warning for warning in run.warnings)


def test_repainting_without_a_video_is_an_error(source: Path, tmp_path: Path) -> None:
    job = repaint_job("clay")
    request = VideoRequest(model="kling/kling-video-o1", prompt="x")
    with pytest.raises(EngineFailed, match="source video"):
        made(Job(request, job.storyboard), run_on(source, tmp_path))


def test_warming_up_runs_every_repainting_look() -> None:
    restyle.warm()
