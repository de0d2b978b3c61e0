"""An engine for Omnireel: coloured waves, whatever the prompt says."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from omnireel.engines.base import Capabilities, Run
from omnireel.errors import InvalidRequest
from omnireel.media.canvas import canvas
from omnireel.media.poster import write_poster
from omnireel.media.writer import ClipWriter
from omnireel.models import AspectRatio, Clip, Job, JobKind, ShotReport, VideoRequest

FPS = Fraction(24)


class WavesEngine:
    name = "waves"
    capabilities = Capabilities(kinds=frozenset({JobKind.TEXT}))

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads

    def check(self, request: VideoRequest) -> None:
        if request.inputs:
            raise InvalidRequest("the waves engine takes a prompt alone", field="images")

    def prepare(self, scratch: Path) -> None:
        """Nothing to compile or load ahead of the first request."""

    def generate(self, job: Job, run: Run) -> Clip:
        width, height = canvas(job.request.mode, job.request.aspect_ratio or AspectRatio.WIDE)
        frames = int((job.request.duration or 5) * FPS)
        path, poster = run.scratch / "waves.mp4", run.scratch / "waves.jpg"
        across, down = np.meshgrid(*(np.linspace(0, 7, side, dtype=np.float32) for side in (width, height)))
        phases = np.random.default_rng(run.seed).uniform(0, 6.28, 3).tolist()
        with ClipWriter(path, width=width, height=height, fps=FPS, threads=self._threads) as writer:
            for number in range(frames):
                run.report(number / frames, "waving")  # raises Canceled when the caller has had enough
                waves = [np.sin(across + np.sin(down + number / 20) + phase) for phase in phases]
                frame = (127.5 + 127.5 * np.dstack(waves)).astype(np.uint8)
                writer.write(frame)
        write_poster(frame, poster)
        run.warn("the waves engine does not read the prompt")
        run.report(1.0, "done")
        return Clip(
            path, poster, width, height, FPS, frames, shots=(ShotReport(0, frames, job.request.prompt),)
        )

    def close(self) -> None:
        """Nothing outlives a clip."""
