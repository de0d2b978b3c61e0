from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.footage import painting, repaint_job, run_on, save
from tests.media_files import frame_number, make_video

from omnireel.engines.studio import StudioEngine
from omnireel.engines.studio.edits.camera_track import track_camera
from omnireel.engines.studio.edits.inbetween import Between
from omnireel.engines.studio.edits.pace import Pace
from omnireel.engines.studio.edits.reel import source_positions
from omnireel.engines.studio.edits.stretching import at_pace
from omnireel.engines.studio.picture.raster import softened
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.media.sound import read_audio
from omnireel.models import CameraMove, Clip, Edit, EditKind, Framing, Job, Shot, Transition
from omnireel.testing.engine import RecordingRun

SIZE = (384, 216)
RECOLOUR, SKY, GREY, SPEED = EditKind.RECOLOUR, EditKind.SKY, EditKind.DESATURATE, EditKind.SPEED


def edit_job(*edits: Edit, shots: Sequence[Shot] = (), keep_sound: bool = False) -> Job:
    job = repaint_job(keep_sound=keep_sound)
    board = replace(job.storyboard, edits=edits, shots=tuple(shots) or job.storyboard.shots)
    return Job(replace(job.request, multi_shot=len(shots) > 1), board)


def drive(count: int) -> list[Frame]:
    """A red car that crosses a green meadow under a blue sky."""
    random = np.random.default_rng(4)
    grain = random.normal(0, 9, (SIZE[1], SIZE[0], 1))
    frames = []
    for index in range(count):
        frame = np.empty((SIZE[1], SIZE[0], 3), np.float32)
        frame[:80] = np.linspace((235, 170, 90), (250, 225, 190), 80)[:, None]
        frame[80:] = (50, 140, 60)
        left = 60 + 6 * index
        cv2.rectangle(frame, (left, 120), (left + 110, 165), (40, 35, 190), -1)
        cv2.rectangle(frame, (left + 20, 98), (left + 85, 120), (30, 25, 150), -1)
        frame[80:] += grain[80:]
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    return frames


@pytest.fixture(scope="session")
def meadow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [cv2.resize(frame, (768, 432), interpolation=cv2.INTER_CUBIC) for frame in drive(8)]
    pictures = [np.asarray(frame, np.uint8) for frame in frames]
    return save(pictures, tmp_path_factory.mktemp("edits") / "meadow.mp4")


def made(job: Job, source: Path, scratch: Path, *, threads: int = 2) -> tuple[Clip, RecordingRun]:
    run = run_on(source, scratch)
    return StudioEngine(threads=threads).generate(job, run), run


def frames_of(path: Path, size: tuple[int, int] = SIZE) -> list[Frame]:
    with VideoReader(path, "mp4", size) as reader:
        return list(reader)


CAR, GRASS, ABOVE = np.s_[130:160, 110:150], np.s_[185:210, 10:370], np.s_[5:60, 10:370]


def colour(frame: Frame, where: tuple[slice, slice]) -> np.typing.NDArray[np.float64]:
    return np.asarray(frame[where].reshape(-1, 3).mean(axis=0), np.float64)


def test_a_red_car_turns_blue_and_the_grass_stays_green(meadow: Path, tmp_path: Path) -> None:
    clip, run = made(edit_job(Edit(RECOLOUR, "car", "red", "blue")), meadow, tmp_path)
    before, after = frames_of(meadow), frames_of(clip.path)
    assert len(after) == len(before) == clip.frames
    for index in (0, 5):
        blue, _, red = colour(after[index], np.s_[130:160, 75 + 6 * index : 150 + 6 * index])
        assert blue > red + 60
        for where in (GRASS, ABOVE):
            assert np.abs(colour(after[index], where) - colour(before[index], where)).max() < 6
    assert run.warnings == []


def test_a_thing_is_recoloured_by_what_stands_out_when_no_colour_is_named(
    meadow: Path, tmp_path: Path
) -> None:
    clip, _ = made(edit_job(Edit(RECOLOUR, "gizmo", None, "yellow")), meadow, tmp_path)
    blue, green, red = colour(frames_of(clip.path)[3], CAR)
    assert min(green, red) > blue + 60


def test_what_is_not_there_is_said_and_nothing_else_changed(meadow: Path, tmp_path: Path) -> None:
    clip, run = made(edit_job(Edit(RECOLOUR, "car", "purple", "blue")), meadow, tmp_path)
    assert any("purple car" in warning for warning in run.warnings)
    before, after = frames_of(meadow), frames_of(clip.path)
    assert np.abs(before[4].astype(int) - after[4]).mean() < 4


def test_everything_turns_grey_but_the_red_car(meadow: Path, tmp_path: Path) -> None:
    clip, _ = made(edit_job(Edit(GREY, "car", "red")), meadow, tmp_path)
    frame = frames_of(clip.path)[3]
    assert np.ptp(colour(frame, CAR)) > 90
    for where in (GRASS, ABOVE):
        assert np.ptp(colour(frame, where)) < 8


def test_all_colour_goes_when_nothing_is_spared(meadow: Path, tmp_path: Path) -> None:
    clip, _ = made(edit_job(Edit(GREY)), meadow, tmp_path)
    assert np.ptp(colour(frames_of(clip.path)[3], CAR)) < 8


def test_a_sky_is_replaced_and_its_light_falls_on_the_rest(meadow: Path, tmp_path: Path) -> None:
    before = frames_of(meadow)
    for kind, darker in (("sunset", False), ("stars", True)):
        clip, _ = made(edit_job(Edit(SKY, "sky", value=kind)), meadow, tmp_path / kind)
        after = frames_of(clip.path)[4]
        assert np.abs(colour(after, ABOVE) - colour(before[4], ABOVE)).max() > 50
        assert bool(after[GRASS].mean() < before[4][GRASS].mean() * 0.7) == darker
        assert after[CAR][..., 2].mean() > after[CAR][..., 0].mean() + 4


def test_a_moving_sky_moves_and_a_still_one_is_the_same_for_any_threads(meadow: Path, tmp_path: Path) -> None:
    job = edit_job(Edit(SKY, "sky", value="storm"))
    one, _ = made(job, meadow, tmp_path / "one", threads=1)
    two, _ = made(job, meadow, tmp_path / "two", threads=2)
    assert one.path.read_bytes() == two.path.read_bytes()
    frames = frames_of(one.path)
    assert 0.3 < np.abs(frames[0][ABOVE].astype(int) - frames[7][ABOVE]).mean() < 30


def test_where_there_is_no_sky_none_is_painted(tmp_path: Path) -> None:
    source = save([painting(*SIZE, seed=2)] * 4, tmp_path / "indoors.mp4")
    clip, run = made(edit_job(Edit(SKY, "sky", value="sunset")), source, tmp_path / "out")
    assert any("no sky" in warning for warning in run.warnings)
    assert np.abs(frames_of(source)[2].astype(int) - frames_of(clip.path)[2]).mean() < 8


def test_the_background_goes_soft_and_the_subject_stays_sharp(tmp_path: Path) -> None:
    frames = []
    for index in range(6):
        frame = softened(painting(*SIZE, seed=9, colour=0.2), 1)
        disc = np.zeros(frame.shape[:2], np.uint8)
        cv2.circle(disc, (170 + 4 * index, 115), 58, 255, -1)
        frame[disc > 0] = (20, 40, 230)
        frame[::6][disc[::6] > 0] = (250, 250, 250)
        frames.append(frame)
    source = save(frames, tmp_path / "subject.mp4")
    clip, _ = made(edit_job(Edit(EditKind.BLUR_BACKGROUND)), source, tmp_path / "out")

    def sharpness(frame: Frame, where: tuple[slice, slice]) -> float:
        return float(np.abs(cv2.Laplacian(frame[where].astype(np.float32), cv2.CV_32F)).mean())

    before, after = frames_of(source)[4], frames_of(clip.path)[4]
    corner, middle = np.s_[4:40, 4:60], np.s_[95:135, 165:205]
    assert sharpness(after, corner) < 0.4 * sharpness(before, corner)
    assert sharpness(after, middle) > 0.5 * sharpness(before, middle)


def test_between_two_frames_things_are_on_their_way() -> None:
    ground = painting(240, 160, seed=3)
    frames = []
    for left in (60, 76, 68):
        frame = ground.copy()
        frame[50:110, left : left + 60] = painting(60, 60, seed=8)
        frames.append(frame)
    between = Between(frames[0], frames[1])
    middle = between.at(0.5)
    mixed = np.abs(cv2.addWeighted(frames[0], 0.5, frames[1], 0.5, 0).astype(int) - frames[2]).mean()
    assert np.abs(middle.astype(int) - frames[2]).mean() < 0.5 * mixed
    assert not between.cut
    assert Between(frames[0], painting(240, 160, seed=77)).cut


def test_slow_motion_keeps_the_length_and_shows_the_first_half(tmp_path: Path) -> None:
    source = make_video(tmp_path / "numbers.mp4", width=SIZE[0], height=SIZE[1], seconds=0.5)
    clip, run = made(edit_job(Edit(SPEED, factor=0.5)), source, tmp_path / "out")
    shown = [frame_number(frame) for frame in frames_of(clip.path)]
    assert shown[::2] == [0, 1, 2, 3, 4, 5]
    assert len(shown) == 12
    assert any("50%" in warning for warning in run.warnings)


def test_a_source_played_faster_ends_early_and_begins_again(tmp_path: Path) -> None:
    source = make_video(tmp_path / "numbers.mp4", width=SIZE[0], height=SIZE[1], seconds=0.5)
    clip, _ = made(edit_job(Edit(SPEED, factor=2.0)), source, tmp_path / "out")
    assert [frame_number(frame) for frame in frames_of(clip.path)] == [0, 2, 4, 6, 8, 10] * 2
    assert list(source_positions(12, Pace(2.0))) == [0, 2, 4, 6, 8, 10] * 2


def test_backwards_is_the_source_from_its_end(tmp_path: Path) -> None:
    source = make_video(tmp_path / "numbers.mp4", width=SIZE[0], height=SIZE[1], seconds=0.5, gop=5)
    clip, run = made(edit_job(Edit(EditKind.REVERSE)), source, tmp_path / "out")
    assert [frame_number(frame) for frame in frames_of(clip.path)] == list(range(11, -1, -1))
    assert run.warnings == []


def test_shake_is_taken_out_for_a_tenth_of_the_picture(tmp_path: Path) -> None:
    random, picture = np.random.default_rng(3), painting(520, 320, seed=6)
    places = [(60 + 1.2 * n + random.normal(0, 2.2), 50 + random.normal(0, 2.2)) for n in range(40)]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    frames = [
        np.asarray(cv2.warpAffine(picture, np.array(((1, 0, x), (0, 1, y)), np.float32), SIZE, flags=flags))
        for x, y in places
    ]
    source = save([frame.astype(np.uint8) for frame in frames], tmp_path / "shaky.mp4")
    clip, _ = made(edit_job(Edit(EditKind.STABILISE)), source, tmp_path / "out")
    before, after = (track_camera(frames_of(path), 24.0).steps[2:, :2] for path in (source, clip.path))
    assert np.diff(after, axis=0).std() < 0.45 * np.diff(before, axis=0).std()
    assert np.isclose(after[:, 0].mean(), before[:, 0].mean(), atol=0.0012)


def test_a_camera_pushes_in_inside_the_frame(meadow: Path, tmp_path: Path) -> None:
    job = edit_job(shots=[Shot("push", camera=CameraMove.PUSH_IN)])
    clip, _ = made(job, meadow, tmp_path)
    growth = track_camera(frames_of(clip.path), 24.0).paths()[-1, 2]
    assert growth > 0.1


def test_shots_are_views_of_the_source_and_add_up(meadow: Path, tmp_path: Path) -> None:
    shots = [
        Shot("wide", 1.0, framing=Framing.WIDE),
        Shot("close", 0.6, framing=Framing.CLOSE),
        Shot("medium", 0.8, framing=Framing.MEDIUM, transition=Transition.DISSOLVE),
    ]
    clip, run = made(edit_job(shots=shots), meadow, tmp_path)
    assert [(shot.start, shot.frames, shot.prompt) for shot in clip.shots] == [
        (0, 3, "wide"),
        (3, 2, "close"),
        (5, 3, "medium"),
    ]
    assert run.warnings == []
    before, after = frames_of(meadow), frames_of(clip.path)
    assert np.abs(before[1].astype(int) - after[1]).mean() < 5

    def red(frame: Frame) -> float:
        return float(((frame[..., 2] > 110) & (frame[..., 1] < 80)).mean())

    assert red(after[4]) > 1.8 * red(before[4])
    assert red(after[4]) > red(after[7]) > 1.2 * red(before[7])


def test_sound_is_played_the_way_the_pictures_are(tmp_path: Path) -> None:
    source = make_video(tmp_path / "tone.mp4", width=SIZE[0], height=SIZE[1], seconds=1.0, audio=True)
    for name, edit in (("slow", Edit(SPEED, factor=0.5)), ("back", Edit(EditKind.REVERSE))):
        clip, _ = made(edit_job(edit, keep_sound=True), source, tmp_path / name)
        sound = np.concatenate(list(read_audio(clip.path, "mp4")))
        assert abs(len(sound) / 48_000 - 1) < 0.03
        assert abs(pitch(sound[8_000:40_000, 0]) - 440) < 6


def pitch(wave: np.typing.NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    return float(np.argmax(spectrum) * 48_000 / len(wave))


def test_a_stretched_tone_keeps_its_pitch_and_level() -> None:
    wave = 0.4 * np.sin(2 * np.pi * 330 * np.arange(48_000) / 48_000)
    tone = np.stack([wave, wave], axis=1).astype(np.float32)
    for factor in (0.5, 0.8, 2.0):
        played = at_pace(tone, factor)
        assert len(played) == round(48_000 / factor)
        inner = played[2_000 : len(played) - 4_000, 0]
        assert abs(pitch(inner) - 330) < 4
        assert 0.8 < inner.std() / tone.std() < 1.1


def test_a_reader_plays_backwards_whatever_the_key_frames(tmp_path: Path) -> None:
    for gop in (3, 48):
        source = make_video(tmp_path / f"{gop}.mp4", width=SIZE[0], height=SIZE[1], fps=Fraction(25), gop=gop)
        with VideoReader(source, "mp4", (192, 108)) as reader:
            shown = [frame_number(frame) for frame in reader.backwards()]
            again = [frame_number(frame) for frame in reader]
        assert shown == again[::-1]
