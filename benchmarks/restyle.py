"""What repainting costs: the whole job against the clip's length and against decoding and encoding alone.

    python benchmarks/restyle.py [VIDEO] [--style clay --style sci-fi] [--mode std|pro]

Everything is measured in one run on one machine, the bare transcode before and after each style, so that the
ratios mean something on a busy machine too. Wall time includes opening the file and finding the palette.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2

from omnireel.engines.studio import StudioEngine
from omnireel.engines.studio.looks.clay.clay import Clay
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.restyle import warm
from omnireel.engines.studio.tracker import tracked
from omnireel.media.canvas import canvas_like
from omnireel.media.reader import VideoReader
from omnireel.media.writer import ClipWriter
from omnireel.models import Job, JobKind, MediaKind, MediaRef, Mode, Shot, Storyboard, VideoRequest
from omnireel.testing.engine import RecordingRun

_DEMO = Path(__file__).parents[1] / "src" / "omnireel" / "demo" / "pond.mp4"
_STAGE_FRAMES = 48
_SOURCE = MediaRef(MediaKind.VIDEO, "blob:source")


class TimedRun(RecordingRun):
    """A run that notes when the first painted frame was reported."""

    began: float = 0.0
    first_frame: float = 0.0

    def report(self, progress: float, note: str = "") -> None:
        if progress > 0 and not self.first_frame:
            self.first_frame = time.perf_counter() - self.began


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and processor time."""

    wall: float
    cpu: float


def main() -> None:
    arguments = _arguments()
    cv2.setNumThreads(1)
    warm()
    mode, source = Mode(arguments.mode), arguments.video
    with VideoReader(source, "mp4") as reader:
        frames, seconds = reader.frames, float(reader.frames / reader.fps)
        size = canvas_like(reader.facts.width, reader.facts.height, mode)
    print(f"{_machine()}; {source.name}: {frames} frames, {seconds:.2f} s, canvas {size[0]}x{size[1]}")
    with tempfile.TemporaryDirectory() as folder:
        rows = [_measure(style, source, Path(folder), mode) for style in arguments.style]
    print(
        f"{'style':14}{'wall s':>8}{'x real time':>13}{'x transcode':>13}{'CPU ms/frame':>14}{'first s':>9}"
    )
    for style, cost, bare, first in rows:
        ratios = f"{seconds / cost.wall:13.2f}{cost.cpu / bare.cpu:13.2f}{cost.cpu / frames * 1e3:14.1f}"
        print(f"{style:14}{cost.wall:8.2f}{ratios}{first:9.2f}")
    bare_ms = rows[-1][2].cpu / frames * 1e3
    print(
        f"{'transcode':14}{rows[-1][2].wall:8.2f}{seconds / rows[-1][2].wall:13.2f}{1:13.2f}{bare_ms:14.1f}"
    )
    for stage, milliseconds in _clay_stages(source, size):
        print(f"  clay {stage:12}{milliseconds:8.1f} CPU ms/frame")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what repainting a video costs.")
    parser.add_argument("video", nargs="?", type=Path, default=_DEMO, help="an MP4 file")
    parser.add_argument("--style", action="append", help="a style name; may be given several times")
    parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.STD.value)
    arguments = parser.parse_args()
    arguments.style = arguments.style or ["clay", "clay on twos", "sci-fi", "noir"]
    return arguments


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {sys.version.split()[0]}"


def _measure(style: str, source: Path, folder: Path, mode: Mode) -> tuple[str, Cost, Cost, float]:
    before = _timed(lambda: _transcode(source, folder / "bare.mp4", mode))
    run = TimedRun(folder, 7, {_SOURCE: source})
    name, _, twos = style.partition(" on ")
    job = _job(name, mode, on_twos=bool(twos))
    run.began = time.perf_counter()
    cost = _timed(lambda: StudioEngine(threads=2).generate(job, run))
    after = _timed(lambda: _transcode(source, folder / "bare.mp4", mode))
    return style, cost, min(before, after, key=lambda bare: bare.cpu), run.first_frame


def _job(style: str, mode: Mode, *, on_twos: bool) -> Job:
    request = VideoRequest("kling/kling-video-o1", style, videos=(_SOURCE,), mode=mode, duration=None)
    return Job(request, Storyboard(JobKind.EDIT, (Shot(style),), (style,), on_twos))


def _timed(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _transcode(source: Path, target: Path, mode: Mode) -> None:
    """Decode and encode at the same size with the same threads, and nothing between."""
    with VideoReader(source, "mp4") as facts:
        width, height = canvas_like(facts.facts.width, facts.facts.height, mode)
    with (
        VideoReader(source, "mp4", (width, height)) as reader,
        ClipWriter(target, width=width, height=height, fps=reader.fps, threads=2) as writer,
    ):
        for frame in ahead(reader, threads=2):
            writer.write(frame)


def _clay_stages(source: Path, size: tuple[int, int]) -> Iterator[tuple[str, float]]:
    with VideoReader(source, "mp4", size) as reader:
        look = Clay(reader.sample(6), size, 7)
        spent = {"track": 0.0, "model": 0.0, "paint": 0.0}
        moments, count = tracked(islice(reader, _STAGE_FRAMES), size), 0
        mark = time.thread_time()
        for moment in moments:
            mark = _spend(spent, "track", mark)
            sculpture = look.model(look.sketch(moment))
            mark = _spend(spent, "model", mark)
            look.paint(sculpture)
            mark = _spend(spent, "paint", mark)
            count += 1
    for stage, seconds in spent.items():
        yield "decode+track" if stage == "track" else stage, seconds / count * 1e3


def _spend(spent: dict[str, float], stage: str, since: float) -> float:
    now = time.thread_time()
    spent[stage] += now - since
    return now


if __name__ == "__main__":
    main()
