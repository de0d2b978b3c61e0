"""Which maker does which job. Nothing heavy is imported until a clip is made."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from omnireel.engines.base import Capabilities, Run
from omnireel.errors import EngineUnavailable
from omnireel.models import Clip, Job, JobKind, VideoRequest

_ROOM = "omnireel.engines.studio"
_MAKERS = {
    JobKind.EDIT: "restyle",
    JobKind.REFERENCE: "reference",
    JobKind.ANIMATE: "animate",
    JobKind.TEXT: "scene",
    JobKind.SUBJECTS: "scene",
}
_NEEDS = ("cv2", "numpy", "numba", "av")

Make = Callable[..., Clip]


class StudioEngine:
    """Makes clips on the CPU, the same bytes for the same job and seed. `threads` of 2 or more overlaps
    decoding, painting and encoding; it changes how long a clip takes, not what is in it."""

    name = "studio"
    capabilities = Capabilities(kinds=frozenset(JobKind), sound=True, multi_shot=True, cpus=2.0)

    def __init__(self, *, threads: int = 2) -> None:
        missing = [name for name in _NEEDS if find_spec(name) is None]
        if missing:
            raise EngineUnavailable(
                f"the studio engine needs {', '.join(missing)}: pip install 'omnireel[server]'"
            )
        self._threads = max(1, threads)

    def check(self, request: VideoRequest) -> None:
        """Every request on the wire is within this engine's means; what it must leave out, it says."""

    def prepare(self, scratch: Path) -> None:
        """Compile the kernels of every maker into numba's cache, so that first frames come at once."""
        for name in sorted(set(_MAKERS.values())):
            cast("Callable[[], None]", _part(name, "warm"))()

    def generate(self, job: Job, run: Run) -> Clip:
        """Make the clip inside `run.scratch`. Raises AttemptError when it cannot or may not go on."""
        _settle_opencv()
        make = cast("Make", _part(_MAKERS[job.storyboard.kind], "make"))
        return make(job, run, threads=self._threads)

    def close(self) -> None:
        """Nothing outlives a clip."""


def _part(module: str, name: str) -> object:
    return vars(import_module(f"{_ROOM}.{module}"))[name]


def _settle_opencv() -> None:
    # Optical flow depends on how many stripes OpenCV cuts a picture into, and the bytes must not.
    import cv2

    cv2.setNumThreads(1)
