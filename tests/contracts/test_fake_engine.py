from __future__ import annotations

from collections.abc import Iterator

import pytest

from omnireel.engines.base import Engine
from omnireel.errors import EngineFailed, InvalidRequest
from omnireel.models import Job, JobKind, Shot, Storyboard, VideoRequest
from omnireel.testing.engine import EngineCase, EngineContract, RecordingRun
from omnireel.testing.fake_engine import FakeEngine, FakePlan, fake_plan


def case(kind: JobKind, prompt: str = "a cat fake:frames=12") -> EngineCase:
    request = VideoRequest(model="kling/kling-video-o1", prompt=prompt)
    return EngineCase(Job(request, Storyboard(kind, (Shot(prompt),))))


class TestFakeEngine(EngineContract):
    cases = tuple(case(kind) for kind in JobKind)

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        engine = FakeEngine()
        yield engine
        engine.close()

    def test_the_prompt_steers_it(self) -> None:
        assert fake_plan("a cat fake:seconds=0.5 fake:steps=9 fake:crash") == FakePlan(
            seconds=0.5, steps=9, crash=1
        )

    def test_an_unknown_word_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="cash"):
            FakeEngine().check(case(JobKind.TEXT, "fake:cash").job.request)

    def test_it_fails_when_told_to(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        run = RecordingRun(tmp_path_factory.mktemp("scratch"))
        with pytest.raises(EngineFailed):
            FakeEngine().generate(case(JobKind.TEXT, "fake:fail").job, run)
