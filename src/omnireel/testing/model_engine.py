"""An engine for tests that works with a model in a process of its own, and misbehaves on request."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import closing

import numpy as np

from omnireel.engines.base import Capabilities, Run
from omnireel.engines.link import Message, ask
from omnireel.errors import DeviceBroken, EngineFailed
from omnireel.models import Clip, Job, JobKind
from omnireel.testing.fake_engine import FakeEngine

STEP_SECONDS = 0.05


class CountingModel:
    """Doubles what it is sent. The prompt says what goes wrong: `model:crash`, `model:break`, `model:fail`,
    `model:bug`, `model:slow`. Before it crashes it tells its prompt.
    """

    def __init__(self) -> None:
        self._answered = 0

    def answer(self, asked: Message, step: Callable[[float, str], None]) -> Message:
        """Reports ten steps, for an hour when it is to be slow."""
        prompt = str(asked.head["prompt"])
        self._answered += 1
        if "model:crash" in prompt:
            sys.stderr.write(f"cannot make sense of {prompt[4:]!r}\n")
            sys.stderr.flush()
            os.abort()
        if "model:break" in prompt:
            raise DeviceBroken("the device gives errors")
        if "model:fail" in prompt:
            raise EngineFailed("the model was told to fail")
        if "model:bug" in prompt:
            raise ZeroDivisionError
        steps = 72_000 if "model:slow" in prompt else 10
        for number in range(steps):
            step(number / 10 if steps == 10 else 0.5, "doubling")
            time.sleep(STEP_SECONDS if steps > 10 else 0)
        doubled = asked.arrays["frames"] * np.uint8(2)
        return Message({"pid": os.getpid(), "answered": self._answered}, {"frames": doubled})

    def close(self) -> None:
        """Has nothing that would have to be given back."""


class ModelEngine(FakeEngine):
    """Warns of its model's process and how many answers that model gave."""

    capabilities = Capabilities(kinds=frozenset(JobKind), model="here")

    @staticmethod
    def model(*, threads: int) -> CountingModel:
        return CountingModel()

    def generate(self, job: Job, run: Run) -> Clip:
        with closing(run.model()) as link:
            frames = np.arange(3 * 360 * 640, dtype=np.uint8).reshape(3, 360, 640)
            answer = ask(link, Message({"prompt": job.request.prompt}, {"frames": frames}), run.report)
        if not np.array_equal(answer.arrays["frames"], frames * np.uint8(2)):
            raise EngineFailed("the answer is not what it should be")
        run.warn(f"model {answer.head['pid']} {answer.head['answered']}")
        return super().generate(job, run)


class OtherModelEngine(ModelEngine):
    """A second one, which does not fit beside the first."""


class ElsewhereModelEngine(ModelEngine):
    """A third one, on a device of its own."""

    capabilities = Capabilities(kinds=frozenset(JobKind), model="there")
