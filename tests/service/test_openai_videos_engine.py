"""Clips ordered over OpenAI's routes: a second Omnireel speaks them, and checks them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.media_files import make_image
from tests.service.house import House
from tests.service.upstream import Upstream, upstream

from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.engines.upstream.openai_videos import OpenAIVideosEngine
from omnireel.errors import (
    Canceled,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    HandedOver,
    InvalidRequest,
    OutcomeUnknown,
)
from omnireel.models import AspectRatio, Job, MediaKind, MediaRef, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

KIND = "omnireel.engines.upstream.openai_videos:OpenAIVideosEngine"
PICTURE = MediaRef(MediaKind.IMAGE, "blob:picture")

Open = Callable[..., AbstractContextManager[Upstream]]


@pytest.fixture
def opened(standing: House, port: int, tmp_path: Path) -> Open:
    return partial(upstream, standing, port, tmp_path / "there")


@pytest.fixture
def there(opened: Open) -> Iterator[Upstream]:
    with opened() as found:
        yield found


@dataclass
class StubbornRun(RecordingRun):
    raised: type[Canceled] = Canceled

    def report(self, progress: float, note: str = "") -> None:
        super().report(progress, note)
        if "upstream" in note:
            raise self.raised("the test stopped the run")


def engine(there: Upstream, **more: object) -> OpenAIVideosEngine:
    options = {"base_url": there.origin, "api_key": there.key, **more}
    made = make_engine("openai", EngineSpec(KIND, options), threads=1)
    assert isinstance(made, OpenAIVideosEngine)
    return made


def job(prompt: str = "a cat", **more: Any) -> Job:
    asked = {"mode": Mode.STD, "aspect_ratio": AspectRatio.TALL, "duration": 3, **more}
    request = VideoRequest("kling/kling-v3-omni-video", prompt, **asked)
    return Job(request, direct(request))


def test_the_next_longer_clip_is_ordered_and_brought_to_length(there: Upstream, tmp_path: Path) -> None:
    clip = engine(there).generate(job(), RecordingRun(tmp_path))
    [order] = there.orders
    assert (order.request.duration, order.request.aspect_ratio) == (4, AspectRatio.TALL)
    assert clip.duration == 3


def test_a_picture_goes_along(there: Upstream, tmp_path: Path) -> None:
    path = make_image(tmp_path / "picture.png", width=720, height=1280)
    run = RecordingRun(tmp_path, inputs={PICTURE: path})
    engine(there).generate(job(images=(PICTURE,)), run)
    assert len(there.orders[0].request.images) == 1


def test_a_failure_there_is_told(there: Upstream, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"the upstream failed: .*told to fail"):
        engine(there).generate(job("a cat fake:fail"), RecordingRun(tmp_path))


def test_another_attempt_goes_on_with_the_same_order(there: Upstream, tmp_path: Path) -> None:
    first = StubbornRun(tmp_path, raised=HandedOver)
    with pytest.raises(HandedOver):
        engine(there).generate(job("a cat fake:seconds=1"), first)
    engine(there).generate(job("a cat fake:seconds=1"), RecordingRun(tmp_path, note=first.note))
    assert len(there.orders) == 1


def test_what_an_attempt_that_is_gone_ordered_is_called_off(opened: Open, tmp_path: Path) -> None:
    with opened() as there:
        run = RecordingRun(tmp_path)
        engine(there).generate(job(), run)
        for note in ("", run.notes[0], run.note, run.note):
            engine(there).recall(note)
        assert there.orders == ()
    with pytest.raises(EngineUnavailable, match="cannot be called off now"):
        engine(there).recall(run.note)


@pytest.mark.parametrize("promises", [True, False])
def test_an_attempt_that_died_while_it_ordered(opened: Open, tmp_path: Path, promises: bool) -> None:
    until = 1e12 if promises else 0
    note = json.dumps({"key": "a key of ours", "until": until, "order_id": ""})
    with opened(promises=promises) as there:
        if not promises:
            with pytest.raises(OutcomeUnknown):
                engine(there).generate(job(), RecordingRun(tmp_path, note=note))
            assert there.orders == ()
            return
        for _ in range(2):
            engine(there).generate(job(), RecordingRun(tmp_path, note=note))
        assert len(there.orders) == 1


def test_a_key_that_is_not_taken_and_a_server_that_is_gone(opened: Open, tmp_path: Path) -> None:
    with opened() as there, pytest.raises(EngineUnavailable, match="does not take this server's key"):
        engine(there, api_key="omr_live_nobodys").generate(job(), RecordingRun(tmp_path))
    with pytest.raises(EngineUnavailable, match="takes no orders now"):
        engine(there).generate(job(), RecordingRun(tmp_path))
    note = json.dumps({"key": "k", "until": 0, "order_id": "video_gone"})
    with pytest.raises(EngineLost, match="away for too long"):
        engine(there, patience_seconds=0).generate(job(), RecordingRun(tmp_path, note=note))


@pytest.mark.parametrize(
    "more", [{"images": (PICTURE, PICTURE)}, {"duration": 15}, {"aspect_ratio": AspectRatio.SQUARE}]
)
def test_what_cannot_be_said_there_is_refused_at_once(more: dict[str, object]) -> None:
    nowhere = make_engine("openai", EngineSpec(KIND, {"api_key": "a key"}), threads=1)
    with pytest.raises(InvalidRequest, match="the upstream"):
        nowhere.check(job("a cat", **more).request)
