"""Clips made by open-weight diffusion models, one model to an engine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final

from omnireel.engines.base import Capabilities, Model, Run
from omnireel.engines.diffusers.call import Conditioning
from omnireel.engines.diffusers.mapping import conditionings, kinds_of, longest_seconds
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.spec import Options
from omnireel.errors import EngineFailed, EngineUnavailable, InvalidRequest
from omnireel.models import Clip, Job, VideoRequest

NEEDS: Final = ("torch", "diffusers", "transformers", "accelerate", "ftfy")


class DiffusersEngine:
    """Same job, seed and machine: same bytes. The weights are in a process of their own; see `model`."""

    name = "diffusers"
    Options: ClassVar[type[Options]] = DiffusersOptions

    def __init__(self, *, threads: int, options: DiffusersOptions) -> None:
        missing = [name for name in NEEDS if find_spec(name) is None]
        if missing:
            raise EngineUnavailable(
                f"the diffusers engine needs {', '.join(missing)}: pip install 'omnireel[diffusers]'"
            )
        self._threads, self._options = threads, options
        self.capabilities = Capabilities(
            kinds=kinds_of(options.model),
            sound=options.model.sound,
            multi_shot=True,
            gpus=0.0 if options.device == "cpu" else 1.0,
            model=options.place,
            reads_prompt=True,
            files=options.files,
        )

    @staticmethod
    def model(*, threads: int, options: DiffusersOptions) -> Model:
        """The side that has the weights."""
        from omnireel.engines.diffusers.resident import ResidentModel

        return ResidentModel(options, threads=threads)

    def check(self, request: VideoRequest) -> None:
        """Refuses what the model can never make."""
        profile = self._options.model
        longest = longest_seconds(profile)
        goes_on = Conditioning.KEYFRAMES in conditionings(profile)
        if request.duration is not None and request.duration > longest and not goes_on:
            raise InvalidRequest(
                f"{profile.title} makes {longest:g} seconds at most, got {request.duration}", field="duration"
            )
        if request.videos and request.images and not profile.references:
            raise InvalidRequest(
                f"{profile.title} takes no pictures beside a video, got {len(request.images)}", field="images"
            )

    def prepare(self, scratch: Path) -> None:
        """Weights are loaded by the first attempt; whether one comes, nobody knows."""

    def generate(self, job: Job, run: Run) -> Clip:
        """Raises EngineUnavailable for what is not installed, EngineFailed, and WorkerLost when the process
        with the weights dies.
        """
        # Decoders and arrays are no business of those who only ask what it can do.
        from omnireel.engines.diffusers.attempt import make

        if job.storyboard.kind not in self.capabilities.kinds:
            raise EngineFailed(f"{self._options.model.title} cannot do {job.storyboard.kind}")
        return make(job, run, self._options, threads=self._threads)

    def close(self) -> None:
        """Holds nothing itself."""
