"""From a request to a file, through the door that attempts use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.media_files import make_image, make_video
from tests.torch_or_skip import torch

from omnireel.director.direct import direct
from omnireel.engines.diffusers.attempt import make
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.resident import ResidentModel
from omnireel.media.probe import probe
from omnireel.models import Job, MediaKind, MediaLimits, MediaRef, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

PICTURE, VIDEO = MediaRef(MediaKind.IMAGE, "blob:p"), MediaRef(MediaKind.VIDEO, "blob:v")
SWAP = VideoRequest(
    "kling/kling-video-o1",
    "Replace the square with <<<image_1>>>",
    images=(PICTURE,),
    videos=(VIDEO,),
    mode=Mode.STD,
)


@pytest.fixture
def options(folder: Path, tiny_profile_path: Path) -> DiffusersOptions:
    return DiffusersOptions(profile=str(tiny_profile_path), folder=folder.parent, device="cpu")


@pytest.fixture
def resident(options: DiffusersOptions) -> Iterator[ResidentModel]:
    model = ResidentModel(options, threads=torch.get_num_threads())
    yield model
    model.close()


def test_an_edit_with_a_picture_is_as_long_as_its_source(
    tmp_path: Path, options: DiffusersOptions, resident: ResidentModel
) -> None:
    source = make_video(tmp_path / "v.mp4", seconds=1.0)
    picture = make_image(tmp_path / "p.png", width=300, height=300)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    run = RecordingRun(scratch, seed=5, inputs={VIDEO: source, PICTURE: picture}, kept=resident)
    clip = make(Job(SWAP, direct(SWAP)), run, options, threads=1)
    facts, before = (probe(path, "mp4", MediaLimits()) for path in (clip.path, source))
    assert (facts.frames, facts.fps) == (before.frames, before.fps)
    assert (facts.width, facts.height) == (clip.width, clip.height)
    assert [value for value, _ in run.reports][-1] == 1.0
