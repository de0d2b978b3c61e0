"""The studio engine keeps every promise an engine makes, for every kind of job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import cv2
import pytest
from tests.footage import filmed, painting, save

from omnireel.engines.base import Engine
from omnireel.engines.studio import StudioEngine
from omnireel.models import (
    AspectRatio,
    Job,
    JobKind,
    MediaKind,
    MediaRef,
    Mode,
    Shot,
    Storyboard,
    Subject,
    VideoRequest,
)
from omnireel.testing.engine import EngineCase, EngineContract

_PHOTO = MediaRef(MediaKind.IMAGE, "blob:photo")
_VIDEO = MediaRef(MediaKind.VIDEO, "blob:video")
_PROMPT = "a dog runs along a beach"
_DOG = (Subject("dog", action="run"),)


def _with_video(kind: JobKind, video: Path, *styles: str) -> EngineCase:
    request = VideoRequest("kling/kling-video-o1", _PROMPT, (), (_VIDEO,), mode=Mode.STD, duration=None)
    board = Storyboard(kind, (Shot(_PROMPT, place="beach", subjects=_DOG),), styles)
    return EngineCase(Job(request, board), {_VIDEO: video})


def _with_words(kind: JobKind, shot: Shot, photo: Path | None = None) -> EngineCase:
    request = VideoRequest(
        "kling/kling-video-o1",
        _PROMPT,
        () if photo is None else (_PHOTO,),
        sound=True,
        mode=Mode.STD,
        aspect_ratio=AspectRatio.SQUARE,
        duration=1,
    )
    return EngineCase(Job(request, Storyboard(kind, (shot,))), {} if photo is None else {_PHOTO: photo})


@pytest.mark.slow
class TestStudioEngine(EngineContract):
    cases: ClassVar[Sequence[EngineCase]] = ()

    @pytest.fixture(autouse=True)
    def inputs(self, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
        if self.cases:
            return
        folder = tmp_path_factory.mktemp("inputs")
        photo = folder / "photo.png"
        cv2.imwrite(str(photo), painting(480, 360))
        video = save(filmed(painting(500, 320), (384, 216), 12), folder / "video.mp4")
        request.cls.cases = (
            _with_video(JobKind.EDIT, video, "clay"),
            _with_video(JobKind.REFERENCE, video),
            _with_words(JobKind.TEXT, Shot(_PROMPT, place="beach", subjects=_DOG)),
            _with_words(JobKind.ANIMATE, Shot(_PROMPT, images=(1,)), photo),
            _with_words(
                JobKind.SUBJECTS,
                Shot(_PROMPT, place="beach", subjects=(Subject("dog", image=1),), images=(1,)),
                photo,
            ),
        )

    @pytest.fixture
    def engine(self) -> Engine:
        return StudioEngine(threads=2)
