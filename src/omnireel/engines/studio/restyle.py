"""Repaints a source video: the same motion, rate and length to the frame, in another look."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from omnireel.engines.base import Run
from omnireel.engines.studio.looks.plan import Plan, looks_to_warm, plan_looks, style_names, through
from omnireel.engines.studio.picture.crop import Crop, cover
from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, tracked
from omnireel.errors import EngineFailed
from omnireel.media.canvas import canvas, canvas_like
from omnireel.media.frames import SAMPLE_RATE, Frame, Samples
from omnireel.media.poster import write_poster
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.sound import read_audio
from omnireel.media.writer import ClipWriter
from omnireel.models import Clip, Job, JobKind, MediaLimits, ShotReport, VideoRequest

_SAMPLES = 6
_REPORT_EVERY = 3
_PRESET = "superfast"
"""A third less work than veryfast for half as many bytes again; painted pictures are small either way."""
_WARM_SIZE = (96, 64)


@dataclass(frozen=True)
class _Source:
    path: Path
    format: str
    frames: int
    fps: Fraction
    start: Fraction
    has_audio: bool
    crop: Crop
    limits: MediaLimits


def make(job: Job, run: Run, *, threads: int) -> Clip:
    """Repaint the request's video into `run.scratch`; seed and inputs alone decide the bytes.

    Raises InvalidMedia when the source cannot be decoded, EngineFailed when there is none, and whatever
    `run.report` raises; no file is left half written.
    """
    if not job.request.videos:
        raise EngineFailed("repainting needs a source video, and the request has none")
    path = run.open(job.request.videos[0])
    run.report(0.0, "reading")
    file_format = sniff(path).format
    with VideoReader(path, file_format, limits=run.limits) as reader:
        samples = reader.sample(_SAMPLES)
        facts = reader.facts
        size = _canvas(job.request, facts.width, facts.height)
        crop = cover((facts.width, facts.height), size, samples)
        source = _Source(
            path, file_format, reader.frames, reader.fps, facts.start, facts.has_audio, crop, run.limits
        )
    plan = plan_looks(job.storyboard, _cropped(samples, crop), size, float(source.fps), run.seed)
    _say_what_is_left_out(job, run, plan, source)
    return _produce(job, run, plan, source, threads)


def warm() -> None:
    """Compile every kernel that repainting uses, by repainting a few tiny frames."""
    random = np.random.default_rng(0)
    still = random.integers(0, 255, (_WARM_SIZE[1], _WARM_SIZE[0], 3), np.uint8)
    frames = [np.roll(still, step, axis=1) for step in range(3)]
    for look in looks_to_warm(frames, _WARM_SIZE):
        for _ in look.apply(tracked(frames, _WARM_SIZE), threads=1):
            pass


def _canvas(request: VideoRequest, width: int, height: int) -> Size:
    if request.aspect_ratio is None:
        return canvas_like(width, height, request.mode)
    return canvas(request.mode, request.aspect_ratio)


def _cropped(samples: list[Frame], crop: Crop) -> list[Frame]:
    """The part of small sample frames that the canvas will show."""
    kept = []
    for frame in samples:
        height, width = frame.shape[:2]
        left, top = crop.left * width // crop.scaled[0], crop.top * height // crop.scaled[1]
        right = left + max(1, crop.size[0] * width // crop.scaled[0])
        bottom = top + max(1, crop.size[1] * height // crop.scaled[1])
        kept.append(np.ascontiguousarray(frame[top:bottom, left:right]))
    return kept


def _say_what_is_left_out(job: Job, run: Run, plan: Plan, source: _Source) -> None:
    if plan.unknown:
        known = ", ".join(style_names())
        run.warn(f"The studio engine has no style called {', '.join(plan.unknown)}; it has {known}.")
    if not plan.looks:
        run.warn("The prompt names no look the studio engine can give, so the picture was left as it is.")
    if job.storyboard.kind is JobKind.REFERENCE:
        run.warn(
            "The studio engine cannot film something new with a video's camera work; "
            "it repainted the video itself."
        )
    if job.request.images:
        run.warn("The studio engine does not bring pictures into a source video; the images were not used.")
    if job.request.keep_original_sound and not source.has_audio:
        run.warn("There is no original sound to keep: the source video is silent.")


def _produce(job: Job, run: Run, plan: Plan, source: _Source, threads: int) -> Clip:
    size, sound = source.crop.size, job.request.keep_original_sound and source.has_audio
    clip, poster = run.scratch / "clip.mp4", run.scratch / "poster.jpg"
    painted = _painted(plan, source, hold=2 if job.storyboard.on_twos else 1, threads=threads)
    soundtrack = _Soundtrack(source) if sound else None
    with (
        closing(painted),
        _writer(clip, source, sound=sound, threads=threads) as writer,
    ):
        for moment in painted:
            _write(moment, writer, soundtrack)
            if moment.index <= source.frames // 3 < moment.index + moment.hold:
                write_poster(moment.frame, poster)
            if moment.index % _REPORT_EVERY < moment.hold:
                run.report(writer.frames / source.frames, "painting")
        run.report(1.0, "finishing")
    whole = ShotReport(0, source.frames, job.request.prompt)
    return Clip(clip, poster, *size, source.fps, source.frames, sound, (whole,))


def _writer(path: Path, source: _Source, *, sound: bool, threads: int) -> ClipWriter:
    width, height = source.crop.size
    return ClipWriter(
        path, width=width, height=height, fps=source.fps, audio=sound, threads=threads, preset=_PRESET
    )


def _painted(plan: Plan, source: _Source, *, hold: int, threads: int) -> Generator[Moment, None, None]:
    with VideoReader(
        source.path, source.format, source.crop.scaled, source.fps, limits=source.limits
    ) as reader:
        frames = (source.crop.cut(frame) for frame in reader)
        moments = ahead(tracked(frames, source.crop.size, hold=hold), threads=threads)
        yield from through(plan.looks, moments, threads=threads)


def _write(moment: Moment, writer: ClipWriter, soundtrack: _Soundtrack | None) -> None:
    if soundtrack is not None:
        for samples in soundtrack.up_to(moment.index + moment.hold):
            writer.write_audio(samples)
    for _ in range(moment.hold):
        writer.write(moment.frame)


class _Soundtrack:
    """The source's own sound, handed out in step with the frames so that the file interleaves."""

    def __init__(self, source: _Source) -> None:
        self._blocks = read_audio(source.path, source.format, start=source.start, limits=source.limits)
        self._fps, self._given = source.fps, 0

    def up_to(self, frames: int) -> Iterator[Samples]:
        """The blocks still missing for the first `frames` frames of the clip."""
        while (
            self._given < frames / self._fps * SAMPLE_RATE and (block := next(self._blocks, None)) is not None
        ):
            self._given += len(block)
            yield block
