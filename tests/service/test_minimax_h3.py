"""MiniMax-H3 through a stand-in for vLLM-Omni that refuses what the model's own request processor refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.inference_servers import InferenceServer, inference_server
from tests.media_files import make_image, make_video

from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.errors import CannotStart
from omnireel.models import AspectRatio, Clip, ImageRole, Job, MediaKind, MediaRef, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

KIND = "omnireel.engines.sidecar.engine:SidecarEngine"
MODEL = "MiniMaxAI/MiniMax-H3"
FIRST, SECOND = (MediaRef(MediaKind.IMAGE, f"blob:{name}") for name in ("first", "second"))
VIDEO = MediaRef(MediaKind.VIDEO, "blob:video")
SMALL = {"std": (64, 48), "pro": (96, 64), "wait_seconds": 0, "patience_seconds": 0}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[InferenceServer]:
    with inference_server("vllm-omni", tmp_path / "there") as found:
        found.habits.audio = True
        found.habits.mixed = True
        yield found


@pytest.fixture
def run(tmp_path: Path) -> RecordingRun:
    pictures = {
        ref: make_image(tmp_path / f"{place}.png", width=400 + 8 * place, height=304)
        for place, ref in enumerate((FIRST, SECOND))
    }
    return RecordingRun(tmp_path, inputs={**pictures, VIDEO: make_video(tmp_path / "video.mp4", seconds=3)})


def options(server: InferenceServer, **more: object) -> dict[str, Any]:
    asked = {"dialect": "vllm-omni", "replicas": [server.origin], "profile": "minimax-h3", "model": MODEL}
    return {**asked, "accept_licence": True, **SMALL, **more}


def made(server: InferenceServer, run: RecordingRun, prompt: str, **more: Any) -> Clip:
    asked = {"mode": Mode.STD, "duration": 5, "aspect_ratio": AspectRatio.WIDE, **more}
    request = VideoRequest("kling/kling-video-o1", prompt, **asked)
    engine = make_engine("h3", EngineSpec(KIND, options(server)), threads=1)
    return engine.generate(Job(request, direct(request)), run)


def told(server: InferenceServer) -> dict[str, Any]:
    params: dict[str, Any] = json.loads(server.forms[-1]["extra_params"])
    return params


def test_words_are_a_clip_of_the_exact_length_with_the_sound_asked_for(
    server: InferenceServer, run: RecordingRun
) -> None:
    clip = made(server, run, "a cat", sound=True, negative_prompt="dogs")

    assert (clip.duration, clip.fps, clip.has_audio) == (5.0, Fraction(24), True)
    assert told(server) == {"task": "t2va", "duration": 5.0}
    assert "negative_prompt" not in server.forms[0]
    assert "MiniMax-H3 knows no negative prompt; it was not used." in run.warnings


def test_its_sound_is_dropped_where_nobody_asked_for_it(server: InferenceServer, run: RecordingRun) -> None:
    assert not made(server, run, "a cat").has_audio


def test_a_clip_shorter_than_it_can_make_is_cut_from_one_that_it_can(
    server: InferenceServer, run: RecordingRun
) -> None:
    clip = made(server, run, "Make it rain", videos=(VIDEO,), duration=None, aspect_ratio=None)

    assert clip.duration == 3
    assert told(server) == {"task": "ref2va", "duration": 4.0}


def test_a_picture_is_the_first_frame_and_gives_the_shape(server: InferenceServer, run: RecordingRun) -> None:
    made(server, run, "It starts to move", images=(FIRST,), aspect_ratio=None)

    assert told(server) == {"task": "fl2va", "duration": 5.0, "frame_indices": [0]}
    assert "size" not in server.forms[0]


def test_frames_go_along_in_the_order_they_are_seen(server: InferenceServer, run: RecordingRun) -> None:
    roles = (ImageRole.LAST_FRAME, ImageRole.FIRST_FRAME)
    made(server, run, "From one to the other", images=(FIRST, SECOND), image_types=roles)

    assert told(server)["frame_indices"] == [0, -1]
    sent = [content for _, content in server.uploads[0]]
    assert sent == [run.inputs[SECOND].read_bytes(), run.inputs[FIRST].read_bytes()]


def test_a_last_frame_alone_is_landed_on(server: InferenceServer, run: RecordingRun) -> None:
    made(server, run, "It arrives", images=(FIRST,), image_types=(ImageRole.LAST_FRAME,))

    assert told(server)["frame_indices"] == [-1]


def test_references_are_called_what_it_was_taught(server: InferenceServer, run: RecordingRun) -> None:
    roles = (ImageRole.REFERENCE, ImageRole.REFERENCE)
    prompt = "<<<image_1>>> meets <<<image_2>>> in the snow"
    made(server, run, prompt, images=(FIRST, SECOND), image_types=roles)

    assert told(server) == {"task": "ref2va", "duration": 5.0}
    assert server.forms[0]["prompt"] == "<Picture 1> meets <Picture 2> in the snow"


def test_it_does_not_start_before_its_licence_is_accepted(server: InferenceServer) -> None:
    with pytest.raises(CannotStart, match=r"European Union.*accept_licence = true"):
        make_engine("h3", EngineSpec(KIND, options(server, accept_licence=False)), threads=1)


def test_only_the_server_that_has_both_its_halves_is_asked(server: InferenceServer) -> None:
    with pytest.raises(CannotStart, match="dialect must be vllm-omni"):
        make_engine("h3", EngineSpec(KIND, options(server, dialect="sglang", pictures=1)), threads=1)
