"""Engines for tests: with options, a slot, a graphics card, something to call off, and without a director."""

from __future__ import annotations

import os
import time

from pydantic import Field, SecretStr

from omnireel.engines.base import Capabilities, Run
from omnireel.engines.spec import Options
from omnireel.errors import EngineFailed, EngineUnavailable
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


class RecallingEngine(FakeEngine):
    """Calls off every note but one that it is to fail on, to be slow over or to die of."""

    def recall(self, note: str) -> None:
        match note:
            case "fail":
                raise EngineUnavailable("nobody answers")
            case "hang":
                time.sleep(3600)
            case "die":
                os._exit(3)


class UndirectedEngine(FakeEngine):
    """Goes by the request alone."""

    capabilities = Capabilities(kinds=frozenset(JobKind), directed=False)


class CardEngine(FakeEngine):
    """Says which graphics cards it may use."""

    capabilities = Capabilities(kinds=frozenset(JobKind), gpus=1.0)

    def generate(self, job: Job, run: Run) -> Clip:
        run.warn(f"cards {os.environ.get('CUDA_VISIBLE_DEVICES')}")
        return super().generate(job, run)
