"""Engines for tests: with options, with a single slot, without a director, with a graphics card."""

from __future__ import annotations

import os

from pydantic import Field, SecretStr

from omnireel.engines.base import Capabilities, Run
from omnireel.engines.spec import Options
from omnireel.errors import EngineFailed
from omnireel.models import Clip, Job, JobKind
from omnireel.testing.fake_engine import FakeEngine


class Told(Options):
    api_key: SecretStr
    greeting: str = Field(default="hello", max_length=20)


class ToldEngine(FakeEngine):
    """Tells everything it was told, to everybody."""

    Options = Told

    def __init__(self, *, threads: int, options: Told) -> None:
        super().__init__(threads=threads)
        self.options = options

    def generate(self, job: Job, run: Run) -> Clip:
        said = f"{self.options.greeting} {self.options.api_key.get_secret_value()}"
        run.report(0.5, said)
        run.warn(said)
        if "fail" in job.request.prompt:
            raise EngineFailed(said)
        return super().generate(job, run)


class Easy(Options):
    greeting: str = "hello"


class EasyEngine(FakeEngine):
    Options = Easy

    def __init__(self, *, threads: int, options: Easy) -> None:
        super().__init__(threads=threads)
        self.options = options


class HoldingEngine(FakeEngine):
    """Says whether it has its only slot."""

    capabilities = Capabilities(kinds=frozenset(JobKind), slots=("the only one",))

    def generate(self, job: Job, run: Run) -> Clip:
        run.warn("held" if run.hold(0) else "busy")
        return super().generate(job, run)


class UndirectedEngine(FakeEngine):
    """Goes by the request alone."""

    capabilities = Capabilities(kinds=frozenset(JobKind), directed=False)


class CardEngine(FakeEngine):
    """Says which graphics cards it may use."""

    capabilities = Capabilities(kinds=frozenset(JobKind), gpus=1.0)

    def generate(self, job: Job, run: Run) -> Clip:
        run.warn(f"cards {os.environ.get('CUDA_VISIBLE_DEVICES')}")
        return super().generate(job, run)
