"""Clips made by stand-ins for the inference servers, which check requests as the real ones do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.inference_servers import Habits, InferenceServer, inference_server
from tests.media_files import make_image, make_video
from tests.service.house import House
from tests.service.upstream import Upstream, upstream

from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.sidecar.engine import SidecarEngine
from omnireel.engines.sidecar.options import SidecarOptions
from omnireel.engines.spec import EngineSpec
from omnireel.errors import (
    Canceled,
    CannotStart,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    HandedOver,
    InvalidRequest,
)
from omnireel.models import AspectRatio, Clip, Job, MediaKind, MediaRef, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

KIND = "omnireel.engines.sidecar.engine:SidecarEngine"
PICTURE = MediaRef(MediaKind.IMAGE, "blob:picture")
VIDEO = MediaRef(MediaKind.VIDEO, "blob:video")
SMALL = {"std": (64, 48), "pro": (96, 64), "fps": 8, "wait_seconds": 0, "patience_seconds": 0}


@pytest.fixture(params=["sglang", "vllm-omni"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InferenceServer]:
    with inference_server(request.param, tmp_path / "there") as found:
        yield found


@dataclass
class StubbornRun(RecordingRun):
    """Raises `raised` at the first report with this note."""

    at: str = ""
    raised: type[Canceled] = Canceled

    def report(self, progress: float, note: str = "") -> None:
        super().report(progress, note)
        if self.at and self.at in note:
            raise self.raised("the test stopped the run")


def engine(*servers: InferenceServer, **more: object) -> SidecarEngine:
    options = {"dialect": servers[0].dialect, "replicas": [each.origin for each in servers], **SMALL, **more}
    made = make_engine("gpu", EngineSpec(KIND, options), threads=1)
    assert isinstance(made, SidecarEngine)
    return made


def job(prompt: str = "a cat", **more: Any) -> Job:
    asked = {"mode": Mode.STD, "duration": 1, "aspect_ratio": AspectRatio.WIDE, **more}
    request = VideoRequest("kling/kling-video-o1", prompt, **asked)
    return Job(request, direct(request))


def made(run: RecordingRun, *servers: InferenceServer, **more: object) -> Clip:
    return engine(*servers, **more).generate(job(), run)


def test_a_clip_of_exactly_the_length_asked_for(server: InferenceServer, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path, seed=5)
    clip = made(run, server, model="wan", std_fields={"num_inference_steps": "4"})
    assert server.forms == [
        {
            "prompt": "a cat", "model": "wan", "seconds": "1", "size": "64x48", "num_frames": "9", "fps": "8",
            "seed": "5", "num_inference_steps": "4",
        }
    ]  # fmt: skip
    assert (clip.width, clip.height, clip.fps, clip.frames) == (64, 48, Fraction(8), 8)
    assert clip.poster.read_bytes().startswith(b"\xff\xd8\xff")
    assert run.warnings == ["The model made 64x48; 'std' would be 960x720."]
    values = [value for value, _ in run.reports]
    assert values == sorted(values)
    assert server.jobs == {}


def test_a_picture_goes_along_and_gives_the_shape(server: InferenceServer, tmp_path: Path) -> None:
    path = make_image(tmp_path / "picture.png", width=300, height=500)
    run = RecordingRun(tmp_path, inputs={PICTURE: path})
    engine(server).generate(job(images=(PICTURE,), aspect_ratio=None), run)
    assert server.uploads == [[("input_reference", path.read_bytes())]]
    assert server.forms[0]["size"] == "48x64"


def test_a_source_video_gives_the_length(server: InferenceServer, tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mp4", seconds=3)
    run = RecordingRun(tmp_path, inputs={VIDEO: path})
    clip = engine(server).generate(job(videos=(VIDEO,), duration=None, aspect_ratio=None), run)
    assert clip.duration == 3
    [[(name, content)]] = server.uploads
    assert name == ("video_reference" if server.dialect == "sglang" else "input_reference")
    assert content == path.read_bytes()


def test_sound_that_nobody_asked_for_is_taken_away(server: InferenceServer, tmp_path: Path) -> None:
    server.habits.audio = True
    assert not made(RecordingRun(tmp_path), server).has_audio


def test_a_job_that_fails_is_believed_whatever_the_status(server: InferenceServer, tmp_path: Path) -> None:
    server.habits.fails = "CUDA out of memory"
    with pytest.raises(EngineFailed, match="the inference server failed: CUDA out of memory"):
        made(RecordingRun(tmp_path), server)


def test_a_request_that_is_refused_says_why(server: InferenceServer, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"refuses the request: .*num_inference_steps"):
        made(RecordingRun(tmp_path), server, fields={"num_inference_steps": "many"})


def test_a_job_lost_in_a_restart_is_begun_again_once(server: InferenceServer, tmp_path: Path) -> None:
    gone = json.dumps({"origin": server.origin, "job_id": "99", "lost": 0})
    run = RecordingRun(tmp_path, note=gone)
    made(run, server)
    assert len(server.forms) == 1
    assert [json.loads(note)["lost"] for note in run.notes] == [1, 1]
    again = json.dumps({"origin": server.origin, "job_id": "99", "lost": 1})
    with pytest.raises(EngineLost, match="lost it again"):
        made(RecordingRun(tmp_path, note=again), server)


def test_another_attempt_goes_on_with_the_same_job(server: InferenceServer, tmp_path: Path) -> None:
    first = StubbornRun(tmp_path, at="making", raised=HandedOver)
    with pytest.raises(HandedOver):
        made(first, server)
    second = RecordingRun(tmp_path, note=first.note)
    made(second, server)
    assert len(server.forms) == 1
    assert second.held == {0}


def test_a_cancel_frees_the_server_where_it_can_be_freed(server: InferenceServer, tmp_path: Path) -> None:
    server.habits = Habits(steps=50, stubborn=2)
    run = StubbornRun(tmp_path, at="making")
    with pytest.raises(Canceled):
        made(run, server)
    if server.dialect == "vllm-omni":
        assert server.deleted == ["video_gen_1"]
        assert run.note == ""
        return
    assert run.note
    # It cannot be stopped, and is not asked to work on something else meanwhile.
    with pytest.raises(EngineUnavailable, match="1 inference servers are busy"):
        made(RecordingRun(tmp_path), server)
    assert len(server.forms) == 1


def test_a_job_of_an_attempt_that_is_gone_is_stopped_where_it_can_be(tmp_path: Path) -> None:
    notes = []
    for dialect in ("sglang", "vllm-omni"):
        with inference_server(dialect, tmp_path / dialect, Habits(steps=50)) as server:
            run = StubbornRun(tmp_path, at="making", raised=HandedOver)
            with pytest.raises(HandedOver):
                made(run, server)
            for note in ("", json.dumps({"origin": "", "job_id": "", "lost": 1}), run.note):
                engine(server).recall(note)
            assert bool(server.jobs) == (dialect == "sglang")
            notes.append(run.note)
    engine(server).recall("")
    with pytest.raises(EngineUnavailable, match="cannot be stopped now"):
        engine(server).recall(notes[-1])


def test_a_job_past_its_time_is_given_up(server: InferenceServer, tmp_path: Path) -> None:
    server.habits = Habits(steps=50)
    with pytest.raises(EngineFailed, match=r"took longer than 0\.5 seconds"):
        made(RecordingRun(tmp_path), server, deadline_seconds=0.5)
    assert bool(server.deleted) == (server.dialect == "vllm-omni")


def test_work_goes_to_a_replica_that_is_well_and_free(server: InferenceServer, tmp_path: Path) -> None:
    with (
        inference_server(server.dialect, tmp_path / "sick", Habits(sick=True)) as sick,
        inference_server(server.dialect, tmp_path / "busy") as busy,
    ):
        busy.jobs["7"] = {"id": "7", "status": "in_progress"}
        run = RecordingRun(tmp_path, taken={0})
        with pytest.raises(EngineUnavailable, match="2 inference servers are busy"):
            made(run, server, sick, busy)
        made(RecordingRun(tmp_path), sick, busy, server)
        assert (len(server.forms), sick.forms, busy.forms) == (1, [], [])


def test_servers_that_are_gone_are_unavailable(tmp_path: Path) -> None:
    with inference_server("sglang", tmp_path / "there") as server:
        run = StubbornRun(tmp_path, at="making", raised=HandedOver)
        with pytest.raises(HandedOver):
            made(run, server)
    with pytest.raises(EngineUnavailable, match="none of 1 inference servers answers"):
        made(RecordingRun(tmp_path), server)
    with pytest.raises(EngineLost, match="went away"):
        made(RecordingRun(tmp_path, note=run.note), server)


def test_what_the_model_cannot_take_is_refused_at_once(server: InferenceServer) -> None:
    with pytest.raises(InvalidRequest, match="takes 1 pictures, got 2"):
        engine(server).check(job(images=(PICTURE, PICTURE)).request)
    with pytest.raises(InvalidRequest, match="makes 5 seconds at most"):
        engine(server, longest=5).check(job(duration=10).request)


@pytest.mark.parametrize(
    ("dialect", "says"),
    [("sglang", "keeps only the first picture"), ("vllm-omni", "for models with mixed inputs only")],
)
def test_servers_cannot_be_told_to_take_pictures_that_they_would_not(dialect: str, says: str) -> None:
    options = {"dialect": dialect, "replicas": ["http://gpu:30000"], "pictures": 4}
    with pytest.raises(CannotStart, match=says):
        make_engine("gpu", EngineSpec(KIND, options), threads=1)


def test_several_inputs_go_to_a_model_that_takes_them(server: InferenceServer, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "picture.png")
    video = make_video(tmp_path / "video.mp4", seconds=3)
    asked = job(images=(PICTURE,), videos=(VIDEO,), duration=None)
    if server.dialect == "vllm-omni":
        with pytest.raises(InvalidRequest, match="takes one input, a picture or a video, got 2"):
            engine(server).check(asked.request)
    server.habits.mixed = True
    gpu = engine(server, mixed=True)
    gpu.check(asked.request)
    gpu.generate(asked, RecordingRun(tmp_path, inputs={PICTURE: picture, VIDEO: video}))
    [sent] = server.uploads
    assert [content for _, content in sent] == [picture.read_bytes(), video.read_bytes()]
    names = {"sglang": ["input_reference", "video_reference"], "vllm-omni": ["input_references"] * 2}
    assert [name for name, _ in sent] == names[server.dialect]


@pytest.mark.parametrize(("seconds", "frames"), [(5, 81), (10, 161), (1, 17), (0.01, 1)])
def test_frames_are_the_next_legal_count(seconds: float, frames: int) -> None:
    options = SidecarOptions.model_validate({"dialect": "sglang", "replicas": ["http://gpu:30000"]})
    assert options.frames(seconds) == frames


@pytest.fixture
def there(standing: House, port: int, tmp_path: Path) -> Iterator[Upstream]:
    with upstream(standing, port, tmp_path / "omnireel") as found:
        yield found


def chained(there: Upstream, run: RecordingRun, asked: Job) -> Clip:
    """Over a second Omnireel, as if it were an SGLang."""
    options = {
        "dialect": "sglang",
        "replicas": [there.origin],
        "api_key": there.key,
        "health": "/healthz",
        "std": (1280, 720),
        "fps": 24,
        "kinds": ["text", "animate"],
        "wait_seconds": 0,
    }
    return make_engine("gpu", EngineSpec(KIND, options), threads=1).generate(asked, run)


def test_a_second_omnireel_stands_in_for_an_inference_server(there: Upstream, tmp_path: Path) -> None:
    path = make_image(tmp_path / "picture.png", width=640, height=360)
    run = RecordingRun(tmp_path, inputs={PICTURE: path}, seed=9)
    clip = chained(there, run, job("a cat fake:frames=96", images=(PICTURE,), duration=4))
    assert (clip.frames, clip.fps, clip.has_audio) == (96, Fraction(24), False)
    # It has fetched the clip, and left nothing behind.
    assert there.orders == ()


def test_a_second_omnireel_says_why_it_fails_and_is_left_alone_while_it_works(
    there: Upstream, tmp_path: Path
) -> None:
    first = StubbornRun(tmp_path, at="making", raised=HandedOver)
    slow = job("a cat fake:seconds=2 fake:frames=96", duration=4)
    with pytest.raises(HandedOver):
        chained(there, first, slow)
    [order] = there.orders
    assert (order.request.seed, order.request.duration, order.request.mode) == (1, 4, Mode.STD)
    with pytest.raises(EngineUnavailable, match="busy with other work"):
        chained(there, RecordingRun(tmp_path), slow)
    chained(there, RecordingRun(tmp_path, note=first.note), slow)
    with pytest.raises(EngineFailed, match="the fake engine was told to refuse"):
        chained(there, RecordingRun(tmp_path), job("a cat fake:refuse", duration=4))
