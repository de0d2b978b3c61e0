"""An engine for tests: makes a small real MP4 quickly and misbehaves on request.

What it does is said in the prompt, in words such as `fake:seconds=2` or `fake:crash`, so that a test can
steer an engine that runs in another process. See `FakePlan` for the words.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from omnireel.engines.base import Capabilities, Run
from omnireel.errors import EngineFailed, InvalidRequest
from omnireel.media.x264 import Coding
from omnireel.models import Clip, Job, JobKind, ShotReport, VideoRequest

WIDTH, HEIGHT = 64, 36
FPS = Fraction(24)
PREFIX = "fake:"


@dataclass(frozen=True)
class FakePlan:
    """The words a prompt may hold, each as `fake:word=value` or `fake:word` for 1. What goes wrong does so
    half-way.
    """

    seconds: float = 0.0
    """How long the work takes."""
    steps: int = 4
    """How often it reports."""
    frames: int = 24
    """How long the clip is."""
    crash: int = 0
    """Dies by its own hand (SIGABRT)."""
    leave: int = 0
    """Exits with this status and no result."""
    hang: int = 0
    """Sleeps for an hour and reports nothing; ends on SIGTERM only when it can be interrupted."""
    deaf: int = 0
    """Ignores SIGTERM, starts a child of its own that does too, and hangs."""
    fail: int = 0
    """Raises EngineFailed."""
    refuse: int = 0
    """Refuses the request in `check`."""
    bug: int = 0
    """Raises something that is not ours."""
    blab: int = 0
    """Tells its prompt and its inputs to standard error, then raises them."""
    allocate: int = 0
    """Takes so many MiB of memory."""
    spam: int = 0
    """Writes so many MiB to standard error."""
    fill: int = 0
    """Writes files of so many MiB together."""
    burn: int = 0
    """Computes for this many seconds without pause."""
    lie: int = 0
    """Hands back a clip outside its scratch folder."""
    warn: int = 0
    """Gives a warning."""
    remember: int = 0
    """Remembers a note."""
    read: int = 0
    """Opens every input and reads it."""
    board: int = 0
    """Gives the prompt of every shot as a warning."""


def fake_plan(prompt: str) -> FakePlan:
    """The plan in a prompt. Raises InvalidRequest for a word that does not exist."""
    known = {field.name for field in fields(FakePlan)}
    words = [word.removeprefix(PREFIX).partition("=") for word in prompt.split() if word.startswith(PREFIX)]
    unknown = [name for name, _, _ in words if name not in known]
    if unknown:
        raise InvalidRequest(f"the fake engine knows no {unknown[0]!r}", field="prompt")
    given = {name: value or "1" for name, _, value in words}
    whole = {name: int(value) for name, value in given.items() if name != "seconds"}
    return FakePlan(**whole, seconds=float(given.get("seconds", "0")))


class FakeEngine:
    """Deterministic for a seed. Loads nothing heavier than PyAV."""

    name = "fake"
    capabilities = Capabilities(kinds=frozenset(JobKind), multi_shot=True)

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads

    def check(self, request: VideoRequest) -> None:
        """Refuses what the prompt tells it to."""
        if fake_plan(request.prompt).refuse:
            raise InvalidRequest("the fake engine was told to refuse", field="prompt")

    def prepare(self, scratch: Path) -> None:
        """Leaves a file where compiled kernels would go."""
        folder = Path(os.environ["NUMBA_CACHE_DIR"]) if "NUMBA_CACHE_DIR" in os.environ else scratch
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "fake.nbi").write_bytes(b"prepared")

    def generate(self, job: Job, run: Run) -> Clip:
        plan = fake_plan(job.request.prompt)
        for step in range(plan.steps):
            run.report(step / plan.steps, f"step {step + 1} of {plan.steps}")
            if step == plan.steps // 2:
                _misbehave(plan, job, run)
            time.sleep(plan.seconds / plan.steps)
        clip = _clip(plan, job, run)
        run.report(1.0, "done")
        return clip

    def close(self) -> None:
        """Holds nothing."""


def _misbehave(plan: FakePlan, job: Job, run: Run) -> None:
    _talk(plan, job, run)
    if plan.read:
        for ref in job.request.inputs:
            run.open(ref).read_bytes()
    if plan.crash:
        os.abort()
    if plan.leave:
        os._exit(plan.leave)
    if plan.fail:
        raise EngineFailed("the fake engine was told to fail")
    if plan.blab:
        told = f"{job.request.prompt!r} {[ref.uri for ref in job.request.inputs]}"
        sys.stderr.write(f"{told}\n")
        raise ValueError(told)
    if plan.bug:
        raise ZeroDivisionError("the fake engine was told to break")
    for number in range(plan.fill):
        (run.scratch / f"fill-{number}").write_bytes(bytes(1024 * 1024))
    if plan.allocate:
        bytearray(plan.allocate * 1024 * 1024)
    _linger(plan)


def _talk(plan: FakePlan, job: Job, run: Run) -> None:
    if plan.warn:
        run.warn("the fake engine was told to warn")
    if plan.remember:
        run.remember(f"note {plan.remember}")
    if plan.board:
        run.warn(" | ".join(shot.prompt for shot in job.storyboard.shots))
    for _ in range(plan.spam * 1024):
        sys.stderr.write("spam" * 255 + "\n")


def _linger(plan: FakePlan) -> None:
    if plan.deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # The tightest boxes allow no child processes; then there is nothing to leave behind.
        with suppress(OSError):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    if plan.hang or plan.deaf:
        time.sleep(3600)
    end = time.process_time() + plan.burn
    while plan.burn and time.process_time() < end:
        sum(range(10_000))


def _clip(plan: FakePlan, job: Job, run: Run) -> Clip:
    path, poster = run.scratch / "clip.mp4", run.scratch / "poster.jpg"
    frames = [_frame(run.seed, index) for index in range(plan.frames)]
    _encode(path, "libx264", "yuv420p", frames, container="mp4")
    _encode(poster, "mjpeg", "yuvj420p", frames[:1], container="mjpeg")
    return Clip(
        path=Path("/etc/hostname") if plan.lie else path,
        poster=poster,
        width=WIDTH,
        height=HEIGHT,
        fps=FPS,
        frames=plan.frames,
        shots=(ShotReport(start=0, frames=plan.frames, prompt=job.request.prompt),),
    )


def _frame(seed: int, index: int) -> VideoFrame:
    """A flat colour that drifts; the colour depends on the seed."""
    start = random.Random(seed).randrange(256)
    frame = VideoFrame(WIDTH, HEIGHT, "rgb24")
    colour = bytes(((start + 3 * index) % 256, (start * 7) % 256, (255 - start) % 256))
    row = (colour * WIDTH).ljust(frame.planes[0].line_size, b"\0")
    frame.planes[0].update(row * HEIGHT)
    frame.pts = index
    return frame


def _encode(path: Path, codec: str, pixels: str, frames: list[VideoFrame], *, container: str) -> None:
    with av.open(str(path), "w", format=container) as output:
        options = {"threads": "1"} | (Coding("medium").options if codec == "libx264" else {})
        stream = cast("VideoStream", output.add_stream(codec, rate=FPS, options=options))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
        for frame in frames:
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
