"""Text, and pictures of subjects, as a composed scene: a place, its light, a cast and a camera, shot by
shot."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, tee
from typing import TypeVar

import cv2
import numpy as np

from omnireel.engines.base import Run
from omnireel.engines.studio.known import KnownMotion
from omnireel.engines.studio.looks.lent import style_pictures
from omnireel.engines.studio.looks.plan import plan_looks, style_names, through
from omnireel.engines.studio.picture.enlarging import enlarged, painted_size
from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.scenery.camera import Ride
from omnireel.engines.studio.scenery.script import Scene, ShotScript, read_scene
from omnireel.engines.studio.scenery.shot import FPS, ShotPainter
from omnireel.engines.studio.sound.listener import Listener
from omnireel.engines.studio.tracker import Moment, tracked
from omnireel.media.canvas import canvas
from omnireel.media.frames import Frame
from omnireel.media.poster import write_poster
from omnireel.media.writer import ClipWriter
from omnireel.media.x264 import PAINTED
from omnireel.models import AspectRatio, Clip, Job, Shot, ShotReport, Storyboard, Subject, Transition, Weather

T = TypeVar("T")

_USUAL_SECONDS = 5
_DISSOLVE = 12
"""Frames in which one shot gives way to the next."""
_REPORT_EVERY = 4
_SAMPLES = 5


@dataclass(frozen=True)
class _Take:
    """A shot ready to be painted, and where it lies in the clip."""

    script: ShotScript
    start: int
    frames: int
    ride: Ride | None = None


def make(job: Job, run: Run, *, threads: int) -> Clip:
    """Compose the storyboard into `run.scratch`. Request, pictures and seed decide the bytes, `threads` not.

    Raises InvalidMedia when a subject's picture cannot be decoded, and whatever `run.report` raises; no file
    is left half written.
    """
    size = canvas(job.request.mode, job.request.aspect_ratio or AspectRatio.WIDE)
    return compose(job, run, size, threads=threads)


def compose(
    job: Job, run: Run, size: Size, *, threads: int, frames: int | None = None, ride: Ride | None = None
) -> Clip:
    """The clip of a job on a canvas of `size`, both sides even.

    `frames` long where the request does not say how long; seen by a borrowed camera where there is a `ride`.
    """
    run.report(0.0, "setting the scene")
    scene = read_scene(job, run)
    total = frames or (job.request.duration or _USUAL_SECONDS) * FPS
    takes = [replace(take, ride=ride) for take in _takes(scene, job.storyboard, total)]
    return _produce(job, run, takes, size, threads)


def warm() -> None:
    """Compile every kernel that scenes use, by painting tiny frames of a fair beach and a rainy lake."""
    cast = (Subject("dog", action="run"), Subject("sailboat"))
    shot = Shot("", place="beach", subjects=cast)
    for seen in (shot, replace(shot, place="lake", weather=Weather.RAIN)):
        script = ShotScript.of(seen, lambda _: None, lambda _: None)
        ShotPainter(script, size=(96, 64), frames=24, seed=0).paint(3)


def _takes(scene: Scene, storyboard: Storyboard, total: int) -> list[_Take]:
    counts = storyboard.frame_counts(total)
    starts = [0, *accumulate(counts)]
    return [
        _Take(script, start, count)
        for script, start, count in zip(scene.shots, starts, counts, strict=False)
        if count > 0
    ]


def _produce(job: Job, run: Run, takes: list[_Take], size: Size, threads: int) -> Clip:
    total = sum(take.frames for take in takes)
    clip, poster = run.scratch / "clip.mp4", run.scratch / "poster.jpg"
    fps, (width, height), sound = Fraction(FPS), size, job.request.sound
    with (
        Listener(run, len(takes), threads=threads) as listener,
        closing(_finished(job, run, takes, size, threads, listener if sound else None)) as moments,
        ClipWriter(
            clip, width=width, height=height, fps=fps, threads=threads, audio=sound, coding=PAINTED
        ) as writer,
    ):
        for moment in moments:
            for _ in range(moment.hold):
                writer.write(moment.frame)
            if moment.index <= total // 3 < moment.index + moment.hold:
                write_poster(moment.frame, poster)
            if moment.index % _REPORT_EVERY < moment.hold:
                run.report(writer.frames / total, "painting")
        if sound:
            writer.write_audio(listener.samples())
    run.report(1.0, "finished")
    shots = tuple(ShotReport(take.start, take.frames, take.script.shot.prompt) for take in takes)
    return Clip(clip, poster, width, height, fps, total, sound, shots)


@dataclass(frozen=True)
class _Plain:
    """A frame on its way to the file when no style needs its motion."""

    index: int
    hold: int
    frame: Frame


def _finished(
    job: Job, run: Run, takes: list[_Take], size: Size, threads: int, listener: Listener | None
) -> Generator[_Plain | Moment, None, None]:
    """Every picture of the clip in order, in the storyboard's styles; the listener is told of every shot."""
    storyboard = job.storyboard
    hold = 2 if storyboard.on_twos else 1
    if not (storyboard.styles or storyboard.invented or storyboard.style_images):
        with closing(_frames(takes, size, run.seed, threads, hold, listener)) as frames:
            for index, frame in enumerate(frames):
                yield _Plain(
                    index * hold, min(hold, takes[-1].start + takes[-1].frames - index * hold), frame
                )
        return
    samples = [_sample(take, size, run.seed) for take in _spread(takes)]
    references = style_pictures(job, run)
    plan = plan_looks(_styles_only(storyboard), samples, size, FPS, run.seed, references=references)
    if plan.unknown:
        run.warn(
            f"The studio engine has no style called {', '.join(plan.unknown)}; "
            f"it has {', '.join(style_names())}."
        )
    with closing(_told(takes, size, run.seed, threads, listener)) as told:
        painted, moved = tee(told)
        pictures, known = (frame for frame, _ in painted), (motion for _, motion in moved)
        yield from through(plan.looks, tracked(pictures, size, hold=hold, known=known), threads=threads)


def _styles_only(storyboard: Storyboard) -> Storyboard:
    # The scene is already lit for its hour and weather; graded again it would be night twice.
    shots = tuple(replace(shot, time_of_day=None, weather=None) for shot in storyboard.shots)
    return replace(storyboard, shots=shots)


def _spread(takes: list[_Take]) -> list[_Take]:
    step = max(1, len(takes) // _SAMPLES)
    return takes[::step][:_SAMPLES]


def _sample(take: _Take, size: Size, seed: int) -> Frame:
    painter = _painter(take, painted_size(size), seed)
    return enlarged(painter.paint(take.frames // 2)[0], size)


def _painter(take: _Take, size: Size, seed: int) -> ShotPainter:
    ride = take.ride
    within = None if ride is None else lambda number: ride(take.start + number)
    return ShotPainter(take.script, size=size, frames=take.frames, seed=seed, ride=within)


def _frames(
    takes: list[_Take], size: Size, seed: int, threads: int, step: int, listener: Listener | None
) -> Generator[Frame, None, None]:
    """Every `step`-th frame of the clip in order, painted on as many threads."""
    yield from _made(_jobs(takes, size, seed, step, listener), threads)


def _told(
    takes: list[_Take], size: Size, seed: int, threads: int, listener: Listener | None
) -> Generator[tuple[Frame, KnownMotion], None, None]:
    """Every frame of the clip with its motion."""
    yield from _made((job.told for job in _jobs(takes, size, seed, 1, listener)), threads)


def _made(jobs: Iterable[Callable[[], T]], threads: int) -> Generator[T, None, None]:
    """What the jobs make, in order, on as many threads."""
    workers = ThreadPoolExecutor(max(1, threads), "painter")
    waiting: deque[Future[T]] = deque()
    try:
        for job in jobs:
            waiting.append(workers.submit(job))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        workers.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Paint:
    """One frame to paint: of a shot, perhaps still mixed with the last one's."""

    painter: ShotPainter
    number: int
    size: Size
    before: ShotPainter | None = None
    before_number: int = 0
    share: float = 1.0

    def __call__(self) -> Frame:
        frame = self.painter.paint(self.number)[0]
        if self.before is not None:
            past = self.before.paint(self.before_number)[0]
            frame = cv2.addWeighted(frame, self.share, past, 1 - self.share, 0).astype(np.uint8)
        return enlarged(frame, self.size)

    def told(self) -> tuple[Frame, KnownMotion]:
        """The frame, and how it follows from the one before it."""
        return self(), self.painter.motion(self.number)


def _jobs(
    takes: list[_Take], size: Size, seed: int, step: int, listener: Listener | None
) -> Iterator[_Paint]:
    """The frames to paint, in order. At most two shots' sets stand at a time."""
    painted = painted_size(size)
    before: tuple[_Take, ShotPainter] | None = None
    for take in takes:
        painter = _painter(take, painted, seed)
        if listener is not None:
            listener.hear(painter.heard(take.start / FPS))
        dissolves = take.script.shot.transition is Transition.DISSOLVE and before is not None
        length = min(_DISSOLVE, take.frames // 2) if dissolves else 0
        first = -take.start % step
        for number in range(first, take.frames, step):
            if before is not None and number < length:
                share = (number + 1) / (length + 1)
                yield _Paint(painter, number, size, before[1], before[0].frames + number, share)
            else:
                yield _Paint(painter, number, size)
        before = take, painter
