"""Repaints a source video: its own rate and length to the frame, edited, reframed and in another look."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from omnireel.engines.base import Run
from omnireel.engines.studio.edits.changes import Changes, plan_changes, tiny_looks
from omnireel.engines.studio.edits.direction import direct_camera
from omnireel.engines.studio.edits.pace import Pace
from omnireel.engines.studio.edits.reel import Direction, Source, in_shots, reel
from omnireel.engines.studio.edits.shooting import Take, takes_of
from omnireel.engines.studio.edits.soundtrack import Soundtrack
from omnireel.engines.studio.looks.clay.rehearsal import rehearse
from omnireel.engines.studio.looks.lent import style_pictures
from omnireel.engines.studio.looks.look import Look
from omnireel.engines.studio.looks.plan import Plan, looks_to_warm, plan_looks, style_names, through
from omnireel.engines.studio.picture.crop import Crop, cover
from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.pipeline import ahead, beside
from omnireel.engines.studio.tracker import Moment, tracked
from omnireel.errors import EngineFailed
from omnireel.media.canvas import canvas, canvas_like
from omnireel.media.frames import Frame
from omnireel.media.poster import write_poster
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.writer import ClipWriter
from omnireel.media.x264 import PAINTED
from omnireel.models import Clip, Job, ShotReport, VideoRequest

_SAMPLES = 6
_REPORT_EVERY = 3
_WARM_SIZE = (96, 64)


@dataclass(frozen=True)
class _Work:
    """Everything that is decided before the first frame is made."""

    source: Source
    takes: Sequence[Take]
    direction: Direction
    looks: Sequence[Look]
    hold: int


def make(job: Job, run: Run, *, threads: int) -> Clip:
    """Repaint the request's video into `run.scratch`; seed and inputs alone decide the bytes.

    Raises InvalidMedia when the source cannot be decoded, EngineFailed when there is none, and whatever
    `run.report` raises; no file is left half written.
    """
    if not job.request.videos:
        raise EngineFailed("repainting needs a source video, and the request has none")
    run.report(0.0, "reading")
    with beside(lambda: _rehearse(job), threads=threads):
        source, samples = _opened(job, run)
    fps, board = float(source.fps), job.storyboard
    changes = plan_changes(board.edits, samples, fps, run.seed)
    plan = plan_looks(
        board,
        changes.shown_on(samples),
        source.crop.size,
        fps,
        run.seed,
        references=style_pictures(job, run),
        frames=source.frames,
    )
    takes = takes_of(board, source.frames)
    direction = direct_camera(job, source, takes, run)
    _say_what_is_left_out(job, run, plan, changes, direction, source)
    looks = (*changes.looks(source.crop.size), *plan.looks)
    work = _Work(source, takes, direction, looks, 2 if board.on_twos else 1)
    return _produce(job, run, work, threads)


def warm() -> None:
    """Compile every kernel that repainting uses, by repainting a few tiny frames."""
    random = np.random.default_rng(0)
    still = random.integers(0, 255, (_WARM_SIZE[1], _WARM_SIZE[0], 3), np.uint8)
    frames = [np.roll(still, step, axis=1) for step in range(3)]
    for look in (*looks_to_warm(frames, _WARM_SIZE), *tiny_looks(_WARM_SIZE)):
        for _ in look.apply(tracked(frames, _WARM_SIZE), threads=1):
            pass


def _rehearse(job: Job) -> None:
    if "clay" in job.storyboard.styles:
        rehearse()


def _opened(job: Job, run: Run) -> tuple[Source, list[Frame]]:
    """The source, and a few of its frames as far as the canvas shows them."""
    path = run.open(job.request.videos[0])
    file_format = sniff(path).format
    with VideoReader(path, file_format, limits=run.limits) as reader:
        samples, facts = reader.sample(_SAMPLES), reader.facts
        size = _canvas(job.request, facts.width, facts.height)
        crop = cover((facts.width, facts.height), size, samples)
        source = Source(
            path,
            file_format,
            (facts.width, facts.height),
            reader.frames,
            reader.fps,
            facts.start,
            facts.has_audio,
            crop,
            run.limits,
        )
    return source, _cropped(samples, crop)


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


def _say_what_is_left_out(
    job: Job, run: Run, plan: Plan, changes: Changes, direction: Direction, source: Source
) -> None:
    if plan.unknown:
        known = ", ".join(style_names())
        run.warn(f"The studio engine has no style called {', '.join(plan.unknown)}; it has {known}.")
    for warning in changes.warnings:
        run.warn(warning)
    edited = changes.makers or direction.changes or len(job.storyboard.shots) > 1
    if not plan.looks and not edited:
        run.warn("The prompt names no look the studio engine can give, so the picture was left as it is.")
    if note := _about_length(direction.pace):
        run.warn(note)
    if job.request.keep_original_sound and not source.has_audio:
        run.warn("There is no original sound to keep: the source video is silent.")


def _about_length(pace: Pace) -> str:
    """A clip is as long as its source, whatever its pace; what that means for what is seen."""
    if pace.factor < 1:
        part = f"{pace.factor:.0%}"
        return f"The clip is as long as its source; slowed down, it shows {part} of it."
    if pace.factor > 1:
        return "The clip is as long as its source; sped up, the source ends early and begins again."
    return ""


def _produce(job: Job, run: Run, work: _Work, threads: int) -> Clip:
    source = work.source
    size, sound = source.crop.size, job.request.keep_original_sound and source.has_audio
    clip, poster = run.scratch / "clip.mp4", run.scratch / "poster.jpg"
    painted = _painted(work, threads=threads)
    soundtrack = Soundtrack(source, work.direction.pace) if sound else None
    with (
        closing(painted),
        ClipWriter(
            clip,
            width=size[0],
            height=size[1],
            fps=source.fps,
            audio=sound,
            threads=threads,
            coding=PAINTED,
        ) as writer,
    ):
        for moment in painted:
            _write(moment, writer, soundtrack)
            if moment.index <= source.frames // 3 < moment.index + moment.hold:
                write_poster(moment.frame, poster)
            if moment.index % _REPORT_EVERY < moment.hold:
                run.report(writer.frames / source.frames, "painting")
        run.report(1.0, "finishing")
    shots = tuple(ShotReport(take.start, take.frames, take.shot.prompt) for take in work.takes)
    return Clip(clip, poster, *size, source.fps, source.frames, sound, shots)


def _painted(work: _Work, *, threads: int) -> Generator[Moment, None, None]:
    with closing(reel(work.source, work.direction)) as frames:
        moments = in_shots(frames, work.source.crop.size, work.takes, work.hold)
        yield from through(work.looks, ahead(moments, threads=threads), threads=threads)


def _write(moment: Moment, writer: ClipWriter, soundtrack: Soundtrack | None) -> None:
    if soundtrack is not None:
        for samples in soundtrack.up_to(moment.index + moment.hold):
            writer.write_audio(samples)
    for _ in range(moment.hold):
        writer.write(moment.frame)
