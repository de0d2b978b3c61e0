"""Clips composed from words: what comes out of the maker."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.engines.studio.photographs import landscape

from omnireel.engines.studio.scene import compose, make
from omnireel.engines.studio.scenery.shot import FPS
from omnireel.errors import Canceled, InvalidMedia
from omnireel.media.canvas import canvas
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import (
    AspectRatio,
    Clip,
    Framing,
    Job,
    JobKind,
    MediaKind,
    MediaRef,
    Mode,
    Shot,
    Storyboard,
    Subject,
    TimeOfDay,
    Transition,
    VideoRequest,
    Weather,
)
from omnireel.testing.engine import RecordingRun

SIZE = (192, 108)
PICTURE = MediaRef(MediaKind.IMAGE, "blob:picture")
DOG = (Subject("dog", action="run"),)


def a_job(
    *shots: Shot,
    seconds: int = 1,
    mode: Mode = Mode.STD,
    ratio: AspectRatio | None = None,
    styles: tuple[str, ...] = (),
    on_twos: bool = False,
    sound: bool = False,
    images: tuple[MediaRef, ...] = (),
) -> Job:
    request = VideoRequest(
        "kling/kling-video-o1",
        "a scene",
        images=images,
        duration=seconds,
        mode=mode,
        aspect_ratio=ratio,
        sound=sound,
    )
    kind = JobKind.SUBJECTS if images else JobKind.TEXT
    return Job(request, Storyboard(kind, shots or (Shot("", place="beach", subjects=DOG),), styles, on_twos))


def composed(folder: Path, job: Job, *, threads: int = 1, seed: int = 5) -> tuple[Clip, RecordingRun]:
    folder.mkdir()
    run = RecordingRun(folder, seed=seed)
    return compose(job, run, SIZE, threads=threads), run


def digest(clip: Clip) -> str:
    return sha256(clip.path.read_bytes()).hexdigest()


def frames_of(clip: Clip) -> list[Frame]:
    with VideoReader(clip.path, "mp4") as reader:
        return list(reader)


def difference(a: Frame, b: Frame) -> float:
    return float(np.abs(a.astype(np.int16) - b).mean())


@pytest.mark.parametrize("ratio", AspectRatio)
def test_a_clip_has_the_canvas_and_the_frames_it_promises(tmp_path: Path, ratio: AspectRatio) -> None:
    mode = Mode.PRO if ratio is AspectRatio.WIDE else Mode.STD
    job = a_job(Shot("", place="stage", subjects=(Subject("robot"),)), mode=mode, ratio=ratio)
    clip = make(job, RecordingRun(tmp_path, seed=3), threads=2)
    assert (clip.width, clip.height) == canvas(mode, ratio)
    with VideoReader(clip.path, "mp4") as reader:
        assert (reader.facts.width, reader.facts.height) == canvas(mode, ratio)
        assert reader.frames == clip.frames == FPS
    with Image.open(clip.poster) as poster:
        assert poster.size == canvas(mode, ratio)
    assert not clip.has_audio


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(tmp_path: Path) -> None:
    shots = (
        Shot("", place="neon-city", subjects=(Subject("car", action="drive"),), weather=Weather.RAIN),
        Shot("", place="sea", subjects=(Subject("sailboat"),), transition=Transition.DISSOLVE),
    )
    one, _ = composed(tmp_path / "one", a_job(*shots))
    three, _ = composed(tmp_path / "three", a_job(*shots), threads=3)
    other, _ = composed(tmp_path / "other", a_job(*shots), seed=6)
    assert digest(one) == digest(three)
    assert digest(one) != digest(other)


def test_shots_follow_each_other_and_add_up(tmp_path: Path) -> None:
    shots = (
        Shot("wide", share=1, place="desert", subjects=(Subject("camel"),), framing=Framing.WIDE),
        Shot("close", share=2, place="desert", subjects=(Subject("camel"),), framing=Framing.CLOSE),
        Shot("end", share=2, place="space", subjects=(Subject("rocket"),)),
    )
    clip, _ = composed(tmp_path / "clip", a_job(*shots, seconds=2))
    assert [shot.prompt for shot in clip.shots] == ["wide", "close", "end"]
    assert sum(shot.frames for shot in clip.shots) == clip.frames == 2 * FPS
    frames = frames_of(clip)
    cut = clip.shots[2].start
    assert difference(frames[cut - 1], frames[cut]) > 5 * difference(frames[cut - 2], frames[cut - 1])


def test_a_dissolve_mixes_two_shots(tmp_path: Path) -> None:
    def clip(name: str, transition: Transition) -> tuple[list[Frame], int]:
        shots = (Shot("", place="meadow"), Shot("", place="space", transition=transition))
        made, _ = composed(tmp_path / name, a_job(*shots, seconds=2))
        return frames_of(made), made.shots[1].start

    cut, start = clip("cut", Transition.CUT)
    dissolved, _ = clip("dissolve", Transition.DISSOLVE)
    assert difference(dissolved[start], dissolved[start - 1]) < 0.3 * difference(cut[start], cut[start - 1])
    assert difference(dissolved[-1], cut[-1]) < 5


def test_a_style_repaints_the_scene(tmp_path: Path) -> None:
    plain, _ = composed(tmp_path / "plain", a_job())
    noir, run = composed(tmp_path / "noir", a_job(styles=("noir",)))
    assert run.warnings == []

    def colour(frames: list[Frame]) -> float:
        return float(np.mean([np.ptp(frame.astype(np.int16), axis=2).mean() for frame in frames[:3]]))

    assert colour(frames_of(noir)) < 0.5 * colour(frames_of(plain))


def test_an_unknown_style_is_named_in_a_warning(tmp_path: Path) -> None:
    _, run = composed(tmp_path / "clip", a_job(styles=("woodcut",)))
    assert any("woodcut" in warning for warning in run.warnings)


def test_on_twos_every_drawing_is_shown_twice(tmp_path: Path) -> None:
    clip, _ = composed(tmp_path / "clip", a_job(on_twos=True))
    frames = frames_of(clip)
    steps = [difference(a, b) for a, b in pairwise(frames)]
    assert clip.frames == len(frames) == FPS
    assert max(steps[0::2]) < 0.5 * min(steps[1::2])


def test_a_sound_nobody_can_make_is_named(tmp_path: Path) -> None:
    job = a_job(Shot("", place="forest", subjects=DOG, sounds=("birds", "laughter")), sound=True)
    clip, run = composed(tmp_path / "clip", job)
    assert clip.has_audio
    assert [warning for warning in run.warnings if "laughter" in warning]
    assert not [warning for warning in run.warnings if "birds" in warning]


def test_an_unknown_subject_is_named_and_the_scene_made_without_it(tmp_path: Path) -> None:
    job = a_job(Shot("", place="forest", subjects=(Subject("quaternion"), *DOG)))
    _, run = composed(tmp_path / "clip", job)
    assert [warning for warning in run.warnings if "quaternion" in warning]
    assert len(run.warnings) == 1


def test_a_warning_is_given_once_for_all_shots(tmp_path: Path) -> None:
    shot = Shot("", place="forest", subjects=(Subject("quaternion"),))
    _, run = composed(tmp_path / "clip", a_job(shot, shot, shot))
    assert len(run.warnings) == 1


def test_a_prompt_of_emoji_only_becomes_a_scene(tmp_path: Path) -> None:
    _, run = composed(tmp_path / "clip", a_job(Shot("🐶🏖🌅")))
    assert run.warnings == []


def test_a_prompt_that_says_nothing_becomes_an_abstract_scene_and_says_so(tmp_path: Path) -> None:
    clip, run = composed(tmp_path / "clip", a_job(Shot("qwrt zzz")))
    assert any("abstract" in warning for warning in run.warnings)
    assert float(np.std(frames_of(clip)[0])) > 15


def test_a_place_without_a_set_is_replaced_and_named(tmp_path: Path) -> None:
    _, run = composed(tmp_path / "clip", a_job(Shot("", place="volcano", subjects=(Subject("hiker"),))))
    assert any("volcano" in warning and "mountains" in warning for warning in run.warnings)


def test_an_hour_changes_the_light_and_not_twice_with_a_style(tmp_path: Path) -> None:
    def brightness(name: str, time: TimeOfDay) -> float:
        shot = Shot("", place="meadow", time_of_day=time)
        return float(np.mean(frames_of(composed(tmp_path / name, a_job(shot))[0])[3]))

    assert brightness("night", TimeOfDay.NIGHT) < 0.6 * brightness("day", TimeOfDay.DAY)


def test_a_cancel_stops_the_work_and_leaves_no_clip(tmp_path: Path) -> None:
    run = RecordingRun(tmp_path, stop_at=3)
    with pytest.raises(Canceled):
        compose(a_job(), run, SIZE, threads=2)
    assert len(run.reports) == 3
    assert not list(tmp_path.glob("*.mp4*"))


def test_progress_never_goes_back_and_ends_at_one(tmp_path: Path) -> None:
    _, run = composed(tmp_path / "clip", a_job())
    values = [value for value, _ in run.reports]
    assert values == sorted(values)
    assert values[-1] == 1.0


def a_picture_run(folder: Path, picture: Frame) -> RecordingRun:
    path = folder / "picture.png"
    Image.fromarray(picture[..., ::-1]).save(path)
    (folder / "scratch").mkdir()
    return RecordingRun(folder / "scratch", inputs={PICTURE: path})


def test_a_picture_of_a_subject_appears_in_the_scene(tmp_path: Path) -> None:
    run = a_picture_run(tmp_path, landscape(640, 400))
    shot = Shot("", place="snowfield", images=(1,))
    clip = compose(a_job(shot, images=(PICTURE,)), run, SIZE, threads=1)
    frame = frames_of(clip)[5].astype(np.int16)
    red = (frame[..., 2] > 130) & (frame[..., 1] < 90) & (frame[..., 0] < 90)
    assert float(red.mean()) > 0.001


def test_a_picture_that_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(landscape(640, 400)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    run = RecordingRun(tmp_path, inputs={PICTURE: path})
    shot = Shot("", place="snowfield", images=(1,))
    with pytest.raises(InvalidMedia):
        compose(a_job(shot, images=(PICTURE,)), run, SIZE, threads=1)
