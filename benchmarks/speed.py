"""What videos cost to make: whole jobs against the clip's length, against decoding and encoding alone, and
against other people's filters, in one run.

    python -m benchmarks.speed [VIDEO] [--mode std|pro] [--style clay …] [--peers] [--scenes]

Wall time is of the whole job as an attempt runs it, opening the file and finding the palette included, on two
threads. The bare transcode is timed before and after each row, so the ratios mean something on a busy machine
too. The stages are CPU milliseconds a frame on one thread. A peer gets our reader, our writer, two threads.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

import cv2
from benchmarks.peers import Filter, ffmpeg_peers, opencv_peers

from omnireel.director.direct import direct
from omnireel.engines.studio import StudioEngine, scene
from omnireel.engines.studio.looks.plan import plan_looks, style_names, through
from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.pipeline import ahead, fanned
from omnireel.engines.studio.restyle import warm
from omnireel.engines.studio.tracker import tracked
from omnireel.media.canvas import canvas_like
from omnireel.media.reader import VideoReader
from omnireel.media.writer import ClipWriter
from omnireel.media.x264 import PAINTED
from omnireel.models import Job, JobKind, MediaKind, MediaRef, Mode, Shot, Storyboard, VideoRequest
from omnireel.testing.engine import RecordingRun

T = TypeVar("T")

_DEMO = Path(__file__).parents[1] / "src" / "omnireel" / "demo" / "pond.mp4"
_SOURCE = MediaRef(MediaKind.VIDEO, "blob:source")
_THREADS = 2
_STAGE_FRAMES = 48
_FILTERED_FRAMES = 24
"""Frames of a clip that a slow peer is given; its time is scaled to the whole."""
_PATIENCE = 300
"""Seconds an ffmpeg command may take."""
_ON_TWOS = " on twos"
PROMPTS = (
    "A dog running along the beach at golden hour, slow push-in",
    "Two cats playing in a garden full of flowers",
    "A red car drives through a rainy street at night",
    "Three penguins walking on a snowfield, pan right",
    "一艘纸船漂在雨后的水洼上，镜头缓缓推近",
)


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and processor time."""

    wall: float
    cpu: float

    def scaled(self, share: float) -> Cost:
        """The same for `share` times the work."""
        return Cost(self.wall * share, self.cpu * share)


@dataclass(frozen=True)
class Clip:
    """The video that is repainted."""

    path: Path
    size: Size
    frames: int
    seconds: float


class TimedRun(RecordingRun):
    """A run that notes when the first painted frame was reported."""

    began: float = 0.0
    first_frame: float = 0.0

    def report(self, progress: float, note: str = "") -> None:
        if progress > 0 and not self.first_frame:
            self.first_frame = time.perf_counter() - self.began


class Clocked(Generic[T]):
    """An iterator that adds up the processor time its items take to make, what they are made of included."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items, self.spent = iter(items), 0.0

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        mark = time.thread_time()
        try:
            return next(self._items)
        finally:
            self.spent += time.thread_time() - mark


def main() -> None:
    arguments = _arguments()
    cv2.setNumThreads(1)
    mode = Mode(arguments.mode)
    clip = _clip(arguments.video, mode)
    print(f"{_machine()}; {clip.path.name}: {clip.frames} frames, {clip.seconds:.2f} s, canvas {clip.size}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _print_styles(arguments.style, clip, folder, mode)
        if arguments.peers:
            _print_peers(clip, folder)
        if arguments.scenes:
            _print_scenes(folder, mode)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what videos cost to make.")
    parser.add_argument("video", nargs="?", type=Path, default=_DEMO, help="an MP4 file")
    parser.add_argument("--style", action="append", help="a style name; may be given several times")
    parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.STD.value)
    parser.add_argument("--peers", action="store_true", help="other people's filters too: some are slow")
    parser.add_argument("--scenes", action="store_true", help="scenes from words too")
    arguments = parser.parse_args()
    arguments.style = arguments.style or ["clay", f"clay{_ON_TWOS}", *sorted(set(style_names()) - {"clay"})]
    return arguments


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {sys.version.split()[0]}"


def _clip(path: Path, mode: Mode) -> Clip:
    with VideoReader(path, "mp4") as reader:
        size = canvas_like(reader.facts.width, reader.facts.height, mode)
        return Clip(path, size, reader.frames, float(reader.frames / reader.fps))


def _print_styles(styles: Sequence[str], clip: Clip, folder: Path, mode: Mode) -> None:
    warm()
    print(
        f"\n{'style':18}{'wall s':>8}{'x real time':>13}{'x transcode':>13}"
        f"{'decode':>8}{'track':>7}{'look':>7}{'encode':>8}{'first s':>9}{'MB':>7}"
    )
    for style in styles:
        bare, cost, first = _job_cost(style, clip, folder, mode)
        stages = "".join(
            f"{spent:{width}.1f}"
            for spent, width in zip(_stages(style, clip, folder), (8, 7, 7, 8), strict=True)
        )
        size = (folder / "clip.mp4").stat().st_size / 1e6
        print(f"{style:18}{_ratios(cost, bare, clip)}{stages}{first:9.2f}{size:7.1f}", flush=True)
    bare = _timed(lambda: _transcode(clip, folder))
    print(f"{'transcode':18}{_ratios(bare, bare, clip)}")


def _ratios(cost: Cost, bare: Cost, clip: Clip) -> str:
    return f"{cost.wall:8.2f}{clip.seconds / cost.wall:13.2f}{cost.cpu / bare.cpu:13.2f}"


def _job_cost(style: str, clip: Clip, folder: Path, mode: Mode) -> tuple[Cost, Cost, float]:
    """The cheaper of two bare transcodes, the whole job, and when its first frame was there."""
    before = _timed(lambda: _transcode(clip, folder))
    run = TimedRun(folder, 7, {_SOURCE: clip.path})
    run.began = time.perf_counter()
    cost = _timed(lambda: StudioEngine(threads=_THREADS).generate(_job(style, mode), run))
    after = _timed(lambda: _transcode(clip, folder))
    return min(before, after, key=lambda bare: bare.cpu), cost, run.first_frame


def _job(style: str, mode: Mode) -> Job:
    request = VideoRequest("kling/kling-video-o1", style, videos=(_SOURCE,), mode=mode, duration=None)
    return Job(request, replace(_board(style), on_twos=style.endswith(_ON_TWOS)))


def _board(style: str) -> Storyboard:
    return Storyboard(JobKind.EDIT, (Shot(style),), (style.removesuffix(_ON_TWOS),))


def _timed(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _transcode(clip: Clip, folder: Path) -> None:
    """Decode and encode at the same size with the same threads, and nothing between."""
    _filtered(clip, folder, lambda frame: frame, clip.frames)


def _filtered(clip: Clip, folder: Path, change: Filter, count: int) -> None:
    """Decode, change each of the first frames by itself on every thread there is, encode."""
    with (
        VideoReader(clip.path, "mp4", clip.size) as reader,
        _writer(folder / "bare.mp4", clip, reader) as writer,
    ):
        for frame in fanned(islice(ahead(reader, threads=_THREADS), count), change, threads=2 * _THREADS):
            writer.write(frame)


def _writer(path: Path, clip: Clip, reader: VideoReader, threads: int = _THREADS) -> ClipWriter:
    width, height = clip.size
    return ClipWriter(path, width=width, height=height, fps=reader.fps, threads=threads, coding=PAINTED)


def _stages(style: str, clip: Clip, folder: Path) -> tuple[float, float, float, float]:
    """CPU milliseconds a frame of decoding, tracking, the look and encoding."""
    hold = 2 if style.endswith(_ON_TWOS) else 1
    with VideoReader(clip.path, "mp4", clip.size) as reader:
        looks = plan_looks(_board(style), reader.sample(6), clip.size, float(reader.fps), 7).looks
        frames = Clocked(islice(reader, _STAGE_FRAMES))
        moments = Clocked(tracked(frames, clip.size, hold=hold))
        painted = Clocked(through(looks, moments, threads=1))
        with _writer(folder / "stages.mp4", clip, reader, threads=1) as writer:
            mark = time.thread_time()
            for moment in painted:
                for _ in range(moment.hold):
                    writer.write(moment.frame)
            whole = time.thread_time() - mark
    spent = (frames.spent, moments.spent - frames.spent, painted.spent - moments.spent, whole - painted.spent)
    decode, track, look, encode = (seconds / _STAGE_FRAMES * 1e3 for seconds in spent)
    return decode, track, look, encode


def _print_peers(clip: Clip, folder: Path) -> None:
    print(f"\n{'peer':28}{'wall s':>8}{'x real time':>13}{'x transcode':>13}  our style for it")
    bare = _timed(lambda: _transcode(clip, folder))
    count = min(clip.frames, _FILTERED_FRAMES)
    for peer in opencv_peers():
        cost = _timed(partial(_filtered, clip, folder, peer.apply, count)).scaled(clip.frames / count)
        print(f"{peer.name:28}{_ratios(cost, bare, clip)}  {peer.answered_by}", flush=True)
    for name, graph, style in ffmpeg_peers() if shutil.which("ffmpeg") else ():
        filtered = _ffmpeg_cost(clip, folder, graph)
        row = f"{'not in this build':>34}" if filtered is None else _ratios(filtered, bare, clip)
        print(f"{name:28}{row}  {style}", flush=True)


def _ffmpeg_cost(clip: Clip, folder: Path, graph: str) -> Cost | None:
    """What the ffmpeg command takes to filter the clip; None where it lacks the filter."""
    width, height = clip.size
    command = [
        *("ffmpeg", "-v", "error", "-y", "-threads", str(_THREADS), "-i", str(clip.path)),
        *("-vf", f"scale={width}:{height},{graph},format=yuv420p", "-an", "-c:v", "libx264"),
        *(part for name, value in PAINTED.options.items() for part in (f"-{name}", value)),
        *("-crf", "20", "-threads", str(_THREADS), str(folder / "peer.mp4")),
    ]
    before, mark = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    wall, after = time.perf_counter() - mark, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return None
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _print_scenes(folder: Path, mode: Mode) -> None:
    """Five seconds of a scene for each prompt, in a process in which the kernels are compiled already."""
    scene.warm()
    print(f"\n{'scene':60}{'wall s':>8}{'CPU s':>8}{'MB':>7}")
    for prompt in PROMPTS:
        request = VideoRequest("kling/kling-video-o1", prompt, mode=mode, duration=5)
        job, run = Job(request, direct(request)), RecordingRun(folder, 7, {})
        cost = _timed(partial(StudioEngine(threads=_THREADS).generate, job, run))
        size = (folder / "clip.mp4").stat().st_size / 1e6
        print(f"{prompt:60}{cost.wall:8.2f}{cost.cpu:8.2f}{size:7.1f}", flush=True)


if __name__ == "__main__":
    main()
