"""The attempt's side, with a model that paints instead of one that was trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from tests.media_files import make_image, make_video
from tests.unit.engines.diffusers.test_mapping import unshipped

from omnireel.director.direct import direct
from omnireel.engines.diffusers.attempt import make
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.profile import profile
from omnireel.engines.link import LinkLost, Message
from omnireel.errors import Canceled, EngineFailed, WorkerLost
from omnireel.media.reader import VideoReader
from omnireel.media.sound import read_audio
from omnireel.models import Clip, ImageRole, Job, MediaKind, MediaRef, VideoRequest
from omnireel.testing.engine import RecordingRun

MODEL = "kling/kling-video-o1"
IMAGE, LAST = MediaRef(MediaKind.IMAGE, "blob:i"), MediaRef(MediaKind.IMAGE, "blob:l")
VIDEO = MediaRef(MediaKind.VIDEO, "blob:v")
PACE = profile("wan-vace-1.3b").pro.model_copy(update={"width": 160, "height": 96, "steps": 4})
SMALL = profile("wan-vace-1.3b").model_copy(update={"std": PACE, "pro": PACE})
SOUNDING = SMALL.model_copy(update={"sound": True})


class Painter:
    """Fades from its first frame to its last; without any it paints its seed's grey, and of a source the
    negative.
    """

    def __init__(self) -> None:
        self.calls: list[Message] = []

    def answer(self, asked: Message, step: Callable[[float, str], None]) -> Message:
        self.calls.append(asked)
        call, arrays = asked.head["call"], asked.arrays
        for number in range(call["steps"]):
            step(number / call["steps"], "denoising")
        shape = call["frames"], call["height"], call["width"], 3
        if "fail" in call["prompt"]:
            raise EngineFailed("it was told to")
        if "short" in call["prompt"]:
            return Message({}, {"frames": np.zeros((1, *shape[1:]), np.uint8)})
        grey = np.full((1, *shape[1:]), call["seed"] % 200, np.uint8)
        if "source" in arrays:
            frames = 255 - arrays["source"]
        else:
            first = arrays.get("opening", grey)[-1].astype(np.float32)
            last = arrays["closing"][0] if "closing" in arrays else first
            share = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None, None]
            frames = (first + (last - first) * share).round().astype(np.uint8)
        rate = 24_000
        tone = np.sin(np.arange(shape[0] * rate // call["fps"]) * (2 * np.pi * 440 / rate))
        return Message({"rate": rate}, {"frames": frames, "audio": np.stack([tone, tone]).astype(np.float32)})

    def close(self) -> None:
        """Holds nothing."""


def run_in(folder: Path, **inputs: Path) -> RecordingRun:
    folder.mkdir()
    known = {"i": IMAGE, "l": LAST, "v": VIDEO}
    return RecordingRun(
        folder, seed=77, inputs={known[name]: path for name, path in inputs.items()}, kept=Painter()
    )


def made(request: VideoRequest, run: RecordingRun, options: DiffusersOptions | None = None) -> Clip:
    return make(Job(request, direct(request)), run, options or unshipped(SMALL), threads=2)


def frames_of(clip: Clip) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    with VideoReader(clip.path, "mp4") as reader:
        assert (reader.facts.width, reader.facts.height) == (clip.width, clip.height)
        assert reader.fps == clip.fps
        found = [frame.copy() for frame in reader]
    assert len(found) == clip.frames
    return found


def calls_of(run: RecordingRun) -> list[Message]:
    assert isinstance(run.kept, Painter)
    return run.kept.calls


def test_words_make_a_clip_of_the_exact_length(tmp_path: Path) -> None:
    run = run_in(tmp_path / "a")
    clip = made(VideoRequest(MODEL, "a fox runs"), run)
    assert (clip.frames, clip.fps, clip.has_audio) == (80, Fraction(16), False)
    assert float(frames_of(clip)[40].mean()) == pytest.approx(77, abs=2)
    assert clip.poster.read_bytes().startswith(b"\xff\xd8")
    assert run.warnings == ["The model made 160x96; 'pro' would be 1800x1080."]
    values = [value for value, _ in run.reports]
    assert values == sorted(values)
    assert values[-1] == 1.0


def test_a_clip_lands_on_its_last_picture(tmp_path: Path) -> None:
    first = make_image(tmp_path / "i.png", width=900, height=600)
    last = make_image(tmp_path / "l.png", width=600, height=600)
    run = run_in(tmp_path / "a", i=first, l=last)
    roles = (ImageRole.FIRST_FRAME, ImageRole.LAST_FRAME)
    clip = made(VideoRequest(MODEL, "the sun sets", images=(IMAGE, LAST), image_types=roles), run)
    [call] = calls_of(run)
    shown = frames_of(clip)
    assert clip.width / clip.height == pytest.approx(1.5, abs=0.06)
    for frame, array in ((shown[0], call.arrays["opening"]), (shown[-1], call.arrays["closing"])):
        assert np.abs(frame[..., ::-1].astype(int) - array[0]).mean() < 4


def test_a_longer_clip_goes_on_where_it_was(tmp_path: Path) -> None:
    run = run_in(tmp_path / "a")
    clip = made(VideoRequest(MODEL, "a fox runs", duration=10), run)
    assert clip.frames == 160
    first, *later = calls_of(run)
    assert "opening" not in first.arrays
    for call in later:
        assert call.arrays["opening"].shape == (5, 96, 160, 3)
    assert len(frames_of(clip)) == 160


def test_an_edit_keeps_the_sources_rate_and_length(tmp_path: Path) -> None:
    source = make_video(tmp_path / "v.mp4", seconds=6, fps=30)
    run = run_in(tmp_path / "a", v=source)
    clip = made(VideoRequest(MODEL, "turn it into clay", videos=(VIDEO,), duration=None), run)
    assert (clip.fps, clip.frames) == (Fraction(30), 180)
    assert all(call.arrays["source"].shape[1:] == (clip.height, clip.width, 3) for call in calls_of(run))
    with VideoReader(source, "mp4", (clip.width, clip.height)) as reader:
        original = [frame.copy() for frame in reader]
    # The painter makes negatives: the sum is white wherever the frames belong together.
    for number in range(0, 180, 15):
        total = frames_of(clip)[number].astype(int) + original[number]
        assert abs(float(total.mean()) - 255) < 8


def test_an_edit_keeps_the_sound_where_it_is_asked_to(tmp_path: Path) -> None:
    source = make_video(tmp_path / "v.mp4", seconds=3, audio=True)
    request = VideoRequest(MODEL, "turn it into clay", videos=(VIDEO,), duration=None)
    for wanted in (True, False):
        run = run_in(tmp_path / f"{wanted}", v=source)
        clip = made(replace(request, keep_original_sound=wanted), run)
        assert clip.has_audio is wanted
        heard = list(read_audio(clip.path, "mp4"))
        assert bool(heard) is wanted


def test_sound_that_was_made_is_as_long_as_the_clip(tmp_path: Path) -> None:
    run = run_in(tmp_path / "a")
    clip = made(VideoRequest(MODEL, "a fox runs", sound=True, duration=10), run, unshipped(SOUNDING))
    sound = np.concatenate(list(read_audio(clip.path, "mp4")))
    assert len(sound) == pytest.approx(10 * 48_000, abs=2048)
    assert float(np.sqrt((sound[24_000:] ** 2).mean())) == pytest.approx(0.707, abs=0.05)


def test_sound_nobody_asked_for_is_left_out(tmp_path: Path) -> None:
    clip = made(VideoRequest(MODEL, "a fox runs"), run_in(tmp_path / "a"), unshipped(SOUNDING))
    assert not clip.has_audio


def test_shots_lie_where_they_are_said_to(tmp_path: Path) -> None:
    run = run_in(tmp_path / "a")
    prompt = "Shot 1: a fox runs through snow. Shot 2: a bear sleeps in a cave."
    clip = made(VideoRequest(MODEL, prompt, multi_shot=True), run)
    assert [shot.start for shot in clip.shots] == [0, clip.shots[0].frames]
    assert sum(shot.frames for shot in clip.shots) == clip.frames
    shown, cut = frames_of(clip), clip.shots[1].start
    assert abs(float(shown[cut].mean()) - float(shown[cut - 1].mean())) > 0.4
    assert "fox" in clip.shots[0].prompt
    assert "bear" in clip.shots[1].prompt


def test_the_same_job_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    request = VideoRequest(MODEL, "a fox runs")
    digests = {sha256(made(request, run_in(tmp_path / name)).path.read_bytes()).hexdigest() for name in "ab"}
    assert len(digests) == 1


def test_a_cancel_is_heard_between_two_steps(tmp_path: Path) -> None:
    run = run_in(tmp_path / "a")
    run.stop_at = 3
    with pytest.raises(Canceled):
        made(VideoRequest(MODEL, "a fox runs"), run)
    assert not (run.scratch / "clip.mp4").exists()


def test_what_the_model_fails_of_reaches_the_caller(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="it was told to"):
        made(VideoRequest(MODEL, "fail"), run_in(tmp_path / "a"))


def test_an_answer_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="not what was asked"):
        made(VideoRequest(MODEL, "a short film"), run_in(tmp_path / "a"))


def test_a_rate_between_frames_shows_each_at_its_time() -> None:
    from omnireel.engines.diffusers.joining import in_step

    film = (np.full((1,), number, np.uint8) for number in range(16))
    shown = [int(frame[0]) for frame in in_step(film, 16, 24, Fraction(24))]
    assert shown == sorted(shown)
    assert (shown[0], shown[-1], len(set(shown))) == (0, 15, 16)


def test_a_process_that_dies_loses_the_attempt(tmp_path: Path) -> None:
    run = run_in(tmp_path / "a")

    class Dying(Painter):
        def answer(self, asked: Message, step: Callable[[float, str], None]) -> Message:
            raise LinkLost("the process is gone")

    run.kept = Dying()
    with pytest.raises(WorkerLost, match="process is gone"):
        made(VideoRequest(MODEL, "a fox runs"), run)
